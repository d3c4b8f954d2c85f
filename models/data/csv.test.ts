import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCsv } from "./csv.ts";
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

/** A good file with one cell of line 3 replaced. */
function withCell(column: string, value: string): string {
  const lines = syntheticCsv(6, 2, { weight: true }).split("\n");
  const at = lines[0]!.split(",").indexOf(column);
  const cells = lines[2]!.split(",");
  cells[at] = value;
  lines[2] = cells.join(",");
  return lines.join("\n");
}

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

  test("quotes, carriage returns, a byte-order mark, no last line end, other column order", async () => {
    const lines = text.trim().split("\n");
    const turned = lines.map((line) =>
      line
        .split(",")
        .reverse()
        .map((cell) => `"${cell}"`)
        .join(","),
    );
    const data = await load(`\ufeff${turned.join("\r\n")}`);
    expect(data.inputs.values).toEqual((await load(text)).inputs.values);
  });

  test("without a Weight column every row counts once", async () => {
    const data = await load(syntheticCsv(50, 5));
    expect(data.weighted).toBe(false);
    expect(data.quality.weightedRows).toBe(50);
  });

  test("duplicates share a group, and a contradiction is counted", async () => {
    const lines = syntheticCsv(6, 2).trim().split("\n");
    const other = lines[2]!.replace(/,([01])$/, (_, label) => `,${1 - Number(label)}`);
    const data = await load([...lines, lines[1], other].join("\n"));
    expect(Array.from(data.groups)).toEqual([0, 1, 2, 3, 4, 5, 0, 1]);
    expect(data.quality).toMatchObject({ duplicates: 2, contradictions: 1, timeOrdered: false });
  });
});

describe("what is refused, and how it is named", () => {
  const header = syntheticCsv(1, 0).split("\n")[0]!;
  test.each([
    ["an empty file", "", "given.csv: the file is empty"],
    ["a header alone", `${header}\n`, "has a header but no rows"],
    ["missing columns", syntheticCsv(5, 1).replace(/V7,V8/, "V7"), "line 1: column V8 missing"],
    ["unknown column", syntheticCsv(5, 1).replace("Class", "Class,Name"), 'line 1: unknown column "Name"'],
    ["column twice", syntheticCsv(5, 1).replace("Class", "Class,V3"), "line 1: column V3 stands there twice"],
    ["text in a number", withCell("V5", "abc"), 'line 3, column V5: "abc" is not a number'],
    ["hexadecimal", withCell("V5", "0x10"), 'line 3, column V5: "0x10" is not a number'],
    ["NaN", withCell("V28", "NaN"), 'line 3, column V28: "NaN" is not a number'],
    ["infinity", withCell("V28", "1e999"), 'line 3, column V28: "1e999" is not a number'],
    ["a missing value", withCell("Amount", ""), "line 3, column Amount: has no value"],
    ["negative amount", withCell("Amount", "-1"), "line 3, column Amount: -1 is below 0"],
    ["negative time", withCell("Time", "-5"), "line 3, column Time: -5 is below 0"],
    ["out of range", withCell("V1", "1e10"), "line 3, column V1: 10000000000 is out of range"],
    ["class 2", withCell("Class", "2"), "line 3, column Class: 2 is neither 0 nor 1"],
    ["weight 0", withCell("Weight", "0"), "line 3, column Weight: 0 is not above 0"],
    ["a short line", `${syntheticCsv(5, 1)}1,2,3\n`, "line 7 has 3 fields, the header has 31"],
    ["an empty line", syntheticCsv(5, 1).replace("\n", "\n\n"), "line 2 is empty"],
    ["no fraud", syntheticCsv(5, 0), "no fraud at all"],
    ["frauds only", syntheticCsv(5, 5), "one class only"],
  ])("%s", async (_, text, message) => {
    await expect(load(text)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(message),
    });
  });

  test("a file that is not there, and a gzip that ends early", async () => {
    await expect(loadCsv(join(folder, "none.csv"))).rejects.toThrow("none.csv: cannot be read");
    const packed = gzipSync(syntheticCsv(500, 20));
    await expect(load(packed.subarray(0, packed.length / 2), "cut.csv.gz")).rejects.toThrow(
      "cut.csv.gz: cannot be read: unexpected end of file",
    );
  });
});
