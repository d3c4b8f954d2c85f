import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { QueuedTransaction } from "../queues.ts";
import { replay } from "./replay.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-replay-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const COLUMNS = ["Time", ...Array.from({ length: 28 }, (_, i) => `V${i + 1}`), "Amount", "Class"];
const row = (time: number, label: number): string =>
  [time, ...Array(28).fill(time / 2), 9.5, label].join(",");
const file = async (name: string, lines: readonly string[]): Promise<string> => {
  const path = join(folder, name);
  const text = `${lines.join("\n")}\n`;
  await writeFile(path, name.endsWith(".gz") ? gzipSync(text) : text);
  return path;
};

async function collect(path: string, speed = Number.POSITIVE_INFINITY): Promise<QueuedTransaction[][]> {
  const chunks: QueuedTransaction[][] = [];
  for await (const chunk of replay({ path, speed, runId: "r", stopping: new AbortController().signal })) {
    chunks.push(chunk);
  }
  return chunks;
}

test("rows become transactions in order, with their truth, packed or not, at most 200 together", async () => {
  const lines = [COLUMNS.join(","), ...Array.from({ length: 450 }, (_, i) => row(i, i % 10 === 0 ? 1 : 0))];
  for (const name of ["a.csv", "a.csv.gz"]) {
    const chunks = await collect(await file(name, lines));
    expect(chunks.map((c) => c.length)).toEqual([200, 200, 50]);
    const all = chunks.flat();
    expect(all.map((t) => t.time)).toEqual(Array.from({ length: 450 }, (_, i) => i));
    expect(all[10]).toMatchObject({ transactionId: "replay-r-12", amount: 9.5, truth: true });
    expect(all[11]?.truth).toBe(false);
  }
});

test("columns may stand in any order, in quotes; without Class nobody knows the truth", async () => {
  const columns = ["Amount", ...COLUMNS.slice(0, 29)].map((name) => `"${name}"`);
  const path = await file("b.csv", [columns.join(","), [7, 100, ...Array(28).fill(1)].join(",")]);
  expect((await collect(path)).flat()).toMatchObject([{ time: 100, amount: 7, truth: null }]);
});

test("a comma in quotes parts nothing, and columns that nobody asked for may hold anything", async () => {
  const columns = [...COLUMNS, "Merchant", "Merchant", ""];
  const path = await file("h.csv", [columns.join(","), `${row(3, 1)},"Meyer, Sons","a",`]);
  expect((await collect(path)).flat()).toMatchObject([{ time: 3, amount: 9.5, truth: true }]);
  const short = await file("i.csv", [columns.join(","), `${row(3, 1)},Meyer`]);
  await expect(collect(short)).rejects.toThrow("i.csv: line 2 has 32 fields, the header has 34");
});

test("speed: what is far apart in the file is handed out apart", async () => {
  const path = await file("c.csv", [COLUMNS.join(","), row(0, 0), row(100, 0), row(4_000, 0)]);
  expect((await collect(path, 10_000)).map((c) => c.length)).toEqual([2, 1]);
});

test("what is wrong is named with its line", async () => {
  const header = COLUMNS.join(",");
  await expect(collect(await file("d.csv", [header.replace(",V7", "")]))).rejects.toThrow(
    "line 1: column V7 missing",
  );
  await expect(
    collect(await file("e.csv", [header, row(0, 0), row(1, 0).replace("9.5", "x")])),
  ).rejects.toThrow('e.csv: line 3, column Amount: "x" is not a number');
  await expect(collect(await file("f.csv", [header, row(0, 3)]))).rejects.toThrow(
    "line 2, column Class: 3 is neither 0 nor 1 (1 is fraud)",
  );
  await expect(collect(join(folder, "none.csv"))).rejects.toMatchObject({ code: "invalid_argument" });
  const broken = join(folder, "g.csv.gz");
  await writeFile(broken, "no gzip");
  await expect(collect(broken)).rejects.toMatchObject({ code: "invalid_argument" });
});
