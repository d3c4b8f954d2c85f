import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { syntheticSet } from "../learners/synthetic-set.ts";
import { expandingWindows } from "./folds.ts";
import { Journal } from "./journal.ts";
import { search } from "./search.ts";
import { drawParameters, searchSpaces } from "./space.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "search-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("expanding windows", () => {
  const { times, labels } = syntheticSet(2_000);

  test("train on everything before, validate on what follows, and never see the rows from the end on", () => {
    const folds = expandingWindows(times, labels, { folds: 3, firstStart: 20_000, end: 50_000 });
    expect(folds.map(({ start, end }) => [start, end])).toEqual([
      [20_000, 30_000],
      [30_000, 40_000],
      [40_000, 50_000],
    ]);
    for (const { train, validation, start, end } of folds) {
      expect(Math.max(...Array.from(train, (r) => times[r]!))).toBeLessThan(start);
      for (const r of validation) expect(times[r]! >= start && times[r]! < end).toBe(true);
      expect(train.length + validation.length).toBe(times.filter((t) => t < end).length);
    }
  });

  test("says which window has no fraud", () => {
    const calm = labels.map((label, r) => (times[r]! >= 30_000 && times[r]! < 40_000 ? 0 : label));
    expect(() => expandingWindows(times, calm, { folds: 3, firstStart: 20_000, end: 50_000 })).toThrow(
      /fold 2 \(Time 30000 to 40000\): \d+ rows to validate on, 0 of them frauds/,
    );
  });
});

test("a trial's parameters depend on seed and number alone, and stay in their ranges", () => {
  for (const space of Object.values(searchSpaces)) {
    for (let trial = 0; trial < 20; trial++) {
      const drawn = drawParameters(space, 5, trial);
      expect(drawParameters(space, 5, trial)).toEqual(drawn);
      expect(drawParameters(space, 6, trial)).not.toEqual(drawn);
      for (const [name, range] of Object.entries(space.ranges)) {
        if (range.kind === "choice") expect(range.values).toContain(drawn[name]);
        else expect(Math.min(range.high, Math.max(range.low, Number(drawn[name])))).toBe(drawn[name]);
      }
      expect(() => space.make(drawn)).not.toThrow();
    }
  }
});

describe("the journal", () => {
  const header = { learner: "logistic", dataSha256: "d", seed: 1, folds: 2, space: "s" };

  test("cuts off a half-written last line and goes on", async () => {
    const path = join(folder, "torn.jsonl");
    const trial = { trial: 0, parameters: { c: 1 }, folds: [0.5, 0.6], score: 0.55 };
    const journal = await Journal.open(path, header);
    await journal.add(trial);
    await journal.close();
    await appendFile(path, '{"trial":1,"param');
    const again = await Journal.open(path, header);
    expect(again.finished).toEqual([trial]);
    await again.add({ ...trial, trial: 1 });
    await again.close();
    expect((await readFile(path, "utf8")).trim().split("\n").length).toBe(3);
  });

  test("refuses the journal of another search, and a file that is none", async () => {
    const path = join(folder, "other.jsonl");
    await (await Journal.open(path, header)).close();
    await expect(Journal.open(path, { ...header, seed: 2 })).rejects.toThrow("its seed is 1, not 2");
    await writeFile(path, "Time,V1\n");
    await expect(Journal.open(path, header)).rejects.toThrow("line 1: not a line of a search journal");
  });
});

test("a search that was cut short ends as one that ran through, with any number of threads", async () => {
  const set = syntheticSet(600);
  const folds = expandingWindows(set.times, set.labels, { folds: 2, firstStart: 40_000, end: 86_400 });
  const run = (journal: string, trials: number, threads: number) =>
    search(set, { learner: "logistic", trials, seed: 3, threads, folds, dataSha256: "d", journal });
  const whole = join(folder, "whole.jsonl");
  const through = await run(whole, 5, 2);
  expect(through.map((t) => t.trial).sort()).toEqual([0, 1, 2, 3, 4]);
  expect(through[0]!.score).toBe(Math.max(...through.map((t) => t.score)));
  // As after kill -9: the header, two trials and half of a third.
  const cut = join(folder, "cut.jsonl");
  const lines = (await readFile(whole, "utf8")).split("\n");
  await writeFile(cut, `${lines.slice(0, 3).join("\n")}\n${lines[3]!.slice(0, 20)}`);
  expect(await run(cut, 5, 1)).toEqual(through);
});
