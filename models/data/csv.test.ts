import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCsv } from "./csv.ts";
import { describeQuality } from "./dataset.ts";
import { syntheticCsv } from "./synthetic.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "csv-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(content: string | Buffer, name = "given.csv") {
  const path = join(folder, name);
  await writeFile(path, content);
  return await loadCsv(path);
}

/** Dialects, quirks and refusals are in models/imports. */
describe("what is read", () => {
  const text = syntheticCsv(500, 20, { weight: true });

  test("values, labels and weights land where they belong", async () => {
    const data = await load(text);
    const cells = text.split("\n")[401]!.split(",").map(Number);
    expect(data.rows).toBe(500);
    expect(Array.from(data.inputs.values.subarray(400 * 30, 401 * 30))).toEqual(
      cells.slice(0, 30).map(Math.fround),
    );
    expect([data.times[400], data.amounts[400], data.labels[400], data.weights[400]]).toEqual([
      cells[0],
      cells[29],
      cells[30],
      cells[31],
    ]);
    expect(data.quality).toMatchObject({
      rows: 500,
      frauds: 20,
      weightedRows: 480 * 4 + 20,
      timeOrdered: true,
    });
    expect(data.quality.fraudRate).toBeCloseTo(20 / 1940, 12);
  });

  test("gzip gives the same rows, and the hash of the file as it lies there", async () => {
    const packed = gzipSync(text);
    const [plain, gzipped] = [await load(text), await load(packed, "given.csv.gz")];
    expect(gzipped.inputs.values).toEqual(plain.inputs.values);
    expect(gzipped.sha256).toBe(createHash("sha256").update(packed).digest("hex"));
    expect(plain.sha256).toBe(createHash("sha256").update(text).digest("hex"));
  });

  test("without a Weight column every row counts once", async () => {
    const data = await load(syntheticCsv(50, 5));
    expect(data.weighted).toBe(false);
    expect(data.quality.weightedRows).toBe(50);
  });

  test("a file that holds more fraud than not, as judged cases may, is read with the question", async () => {
    const { quality } = await load(syntheticCsv(50, 30));
    expect(describeQuality(quality).join("\n")).toContain(
      "most of it is fraud: are the labels the wrong way round?",
    );
  });

  test("duplicates share a group, and a contradiction is counted", async () => {
    const lines = syntheticCsv(6, 2).trim().split("\n");
    const other = lines[2]!.replace(/,([01])$/, (_, label) => `,${1 - Number(label)}`);
    const data = await load([...lines, lines[1], other].join("\n"));
    expect(Array.from(data.groups)).toEqual([0, 1, 2, 3, 4, 5, 0, 1]);
    expect(data.quality).toMatchObject({ duplicates: 2, contradictions: 1, timeOrdered: false });
  });
});

test("a file that is not there", async () => {
  await expect(loadCsv(join(folder, "none.csv"))).rejects.toThrow("none.csv: cannot be read");
});
