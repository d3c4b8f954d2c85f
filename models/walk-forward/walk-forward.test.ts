import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadCsv } from "../data/csv.ts";
import type { Dataset } from "../data/dataset.ts";
import { takeDataset } from "../data/splits.ts";
import { syntheticCsv } from "../data/synthetic.ts";
import { averagePrecision } from "../evaluate/ranking.ts";
import { scoreOnnx } from "../onnx/parity.ts";
import { countOf, looksBefore, noteLook } from "../protocol/looks.ts";
import { WALK_FORWARD } from "../protocol/train.ts";
import { type CandidateName, candidates, mayBeChosen } from "./candidates.ts";
import { nestedChoice, simplestWithinOneError, summarise } from "./choose.ts";
import { claim, measuredModel } from "./claim.ts";
import { rowsBefore, splitAt, testStartOf } from "./rows.ts";
import { judgeOn, walkForward } from "./walk.ts";
import { apart, CLAIM_FIRST_SHARE, windowsOf } from "./windows.ts";

let folder: string;
let data: Dataset;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "walk-"));
  data = await load("data.csv", syntheticCsv(2_000, 150, { weight: true }));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(name: string, csv: string): Promise<Dataset> {
  const path = join(folder, name);
  await writeFile(path, csv);
  return await loadCsv(path);
}

const walk = (of: Dataset, testStart: number, threads = 1) =>
  walkForward(rowsBefore(of, testStart), { names: ["logistic"], seeds: 2, threads, labelDelay: 600 });

test("windows learn from what was known before them, of files of any span", async () => {
  const month = await load("month.csv", syntheticCsv(3_000, 200, { lastTime: 30 * 86_400, weight: true }));
  const start = testStartOf(month);
  expect(start).toBeGreaterThan(20 * 86_400);
  const rows = rowsBefore(month, start);
  const windows = windowsOf(rows, 3_600);
  expect(windows.length).toBeGreaterThanOrEqual(3);
  for (const { train, judged, start: begin, frauds } of windows) {
    expect(Math.max(...train.map((r) => rows.times[r]!))).toBeLessThan(begin - 3_600);
    expect(Math.min(...judged.map((r) => rows.times[r]!))).toBeGreaterThanOrEqual(begin);
    expect(frauds).toBeGreaterThanOrEqual(10);
  }
});

test("nothing at or after the test stretch changes the choice, whatever is planted there", async () => {
  const start = testStartOf(data);
  expect(start).toBe(100_000);
  const leak = (from: number): Dataset => ({
    ...data,
    inputs: {
      ...data.inputs,
      // V5 gives the label away.
      values: data.inputs.values.map((value, i) => {
        const row = Math.floor(i / data.inputs.columns);
        return i % data.inputs.columns === 5 && data.times[row]! >= from ? 99 * data.labels[row]! : value;
      }),
    },
  });
  const honest = await walk(data, start);
  const { walked } = await walk(leak(start), start, 2);
  expect(walked).toEqual(honest.walked);
  // The same leak before it is seen: the test can tell.
  expect((await walk(leak(0), start)).walked).not.toEqual(honest.walked);
});

test("windows begin a third of one apart; those side by side share no row and leave none out", async () => {
  const windows = windowsOf(rowsBefore(data, testStartOf(data)), 0);
  const side = apart(windows);
  expect(windows).toHaveLength(3 * side.length - 2);
  expect(side).toEqual(side.map((_, i) => 3 * i));
  const judged = side.flatMap((w) => Array.from(windows[w]!.judged));
  expect(new Set(judged).size).toBe(judged.length);
  expect(judged).toEqual(Array.from(judged.keys(), (i) => i + judged[0]!));
});

test("the simplest within one standard error of the best wins", () => {
  const simple = { name: "simple", windows: [0.5, 0.7, 0.6, 0.8] };
  const complex = { name: "complex", windows: [0.53, 0.68, 0.62, 0.79] };
  const better = { name: "better", windows: [0.6, 0.8, 0.7, 0.9] };
  expect(simplestWithinOneError([simple, complex]).name).toBe("simple");
  // Its standard error is 0.0645, and the simple one is 0.1 behind.
  expect(simplestWithinOneError([simple, complex, better]).name).toBe("better");
  // As many windows, two of them apart: an error of 0.0913 does not tell 0.09 from nothing.
  const near = { name: "near", windows: better.windows.map((value) => value - 0.01) };
  expect(simplestWithinOneError([simple, near]).name).toBe("near");
  expect(simplestWithinOneError([simple, near], 2).name).toBe("simple");
  // t of 3 degrees of freedom is 3.182.
  const { mean, error, high } = summarise([0.5, 0.7, 0.6, 0.8]);
  expect((high - mean) / error).toBeCloseTo(3.182, 3);
});

test("a choice by earlier windows knows nothing of those that had not ended", () => {
  const windows = [0, 1, 2, 3, 4, 5, 6].map((start) => ({ start, end: start + 3 }));
  const early = { name: "early", windows: [0.9, 0.2, 0.2, 0.9, 0.2, 0.2, 0.1] };
  const late = { name: "late", windows: [0.2, 0.9, 0.9, 0.2, 0.9, 0.9, 0.8] };
  // By the windows up to the fourth, which ends when the seventh begins; the fifth and sixth have not.
  expect(nestedChoice([early, late], windows)).toEqual([{ name: "early", value: 0.1 }]);
});

test("too few frauds and labels the wrong way round are said in words", async () => {
  const few = await load("few.csv", syntheticCsv(500, 20, { weight: true }));
  expect(() => windowsOf(few, 0)).toThrow(/too few frauds to choose a model by: .* What can still be said/);
  const flipped = { ...data, labels: data.labels.map((label) => 1 - label) };
  expect(() => rowsBefore(flipped, 100_000)).toThrow("are the labels the wrong way round?");
});

test("a second look is refused unless it is asked for, and counted then", async () => {
  const look = { data: "a", test_start: 5, at: "2026-11-27T12:00:00.000Z", by: "ann", count: 1 };
  const registry = join(folder, "looks");
  expect(await noteLook(registry, look, false)).toHaveLength(1);
  await expect(noteLook(registry, look, false)).rejects.toThrow(/was looked at 1 time, .* --look-again/);
  await expect(noteLook(registry, { ...look, test_start: 6 }, false)).rejects.toThrow("--look-again");
  expect(await noteLook(registry, look, true)).toHaveLength(2);
  expect(await noteLook(registry, { ...look, data: "b" }, false)).toHaveLength(1);
  // Those of before there was this list stand in it as one, with their number.
  await noteLook(registry, { ...look, data: "c", count: 300 }, false);
  await expect(looksBefore(registry, "c", false)).rejects.toThrow("was looked at 300 times");
  expect(countOf(await noteLook(registry, { ...look, data: "c" }, true))).toBe(301);
});

test("what was put together while test rows were looked at is compared and never chosen", async () => {
  const rows = rowsBefore(data, testStartOf(data));
  const names = ["version-4"] as const;
  await expect(walkForward(rows, { names, seeds: 1, threads: 1, labelDelay: 0 })).rejects.toThrow(
    /version-4 can be chosen: .* rivals alone/,
  );
  expect(Object.keys(candidates).filter((name) => mayBeChosen({ name: name as CandidateName }))).toEqual([
    "logistic",
    "forest",
    "boosting",
    "forest-logistic",
  ]);
});

test("the model that a claim's test figures are of is made again, to the byte", async () => {
  const start = testStartOf(data);
  const rows = rowsBefore(data, start);
  const options = { name: "made", testStart: start, labelDelay: 600, seeds: 2, threads: 1, libraries: {} };
  const { card } = await claim(data, rows, await walk(data, start), { ...options, looks: [] });
  const judged = await measuredModel(data, { name: "made", card }, 1);
  const test = takeDataset(data, splitAt(data, start).test);
  const scores = await scoreOnnx(judged?.bytes ?? new Uint8Array(), test.inputs);
  const said = card.metrics.find(({ name, protocol }) => name === "auprc" && protocol !== WALK_FORWARD);
  const { labels, weights } = test;
  expect(averagePrecision({ scores, labels, weights })).toBeCloseTo(said?.value ?? 0, 6);
  const others = { ...data, sha256: "another file" };
  expect(await measuredModel(others, { name: "made", card }, 1)).toBe(undefined);
});

test("a claim is the mean of windows to the end of the file, fitted on half of the frauds at least; the model learned from every row, and the bytes are the same again", async () => {
  const start = testStartOf(data);
  const rows = rowsBefore(data, start);
  const walked = await walk(data, start);
  const options = {
    name: "made",
    testStart: start,
    labelDelay: 600,
    seeds: 2,
    threads: 1,
    libraries: {},
    looks: [],
  };
  const { card, bytes } = await claim(data, rows, walked, options);
  const all = rowsBefore(data, Number.POSITIVE_INFINITY);
  const windows = windowsOf(all, options.labelDelay, CLAIM_FIRST_SHARE);
  const frauds = (at: Uint32Array): number => at.filter((r) => all.labels[r] === 1).length;
  // Labels that had not come are not learned from.
  expect(frauds(windows[0]!.train)).toBeGreaterThan(0.45 * frauds(Uint32Array.from(all.labels.keys())));
  expect(windows.at(-1)?.judged.at(-1)).toBe(data.rows - 1);
  const judge = { names: ["logistic"], seeds: 2, threads: 1 } as const;
  const [{ windows: figures } = { windows: [] }] = await judgeOn(all, windows, judge);
  const { mean, low, high } = summarise(figures, apart(windows).length);
  const auprc = { name: "auprc", protocol: WALK_FORWARD };
  expect(card.metrics[0]).toMatchObject({ ...auprc, value: mean, low, high });
  expect(card["refit"]).toMatchObject({ rows: data.rows });
  expect(card.measured_on?.rows).toBe(splitAt(data, start).test.length);
  expect(card.parity.max_abs_diff).toBeLessThan(1e-5);
  expect(Buffer.from((await claim(data, rows, walked, options)).bytes).equals(bytes)).toBe(true);
});
