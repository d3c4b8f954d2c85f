import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../platform/process/config.ts";
import { readModel } from "../../scorer/serving/registry.ts";
import { type OwnGiven, readOwnGiven } from "../cli/own-training.ts";
import { averagePrecision } from "../evaluate/ranking.ts";
import { type Matrix, newMatrix, takeRows } from "../features/matrix.ts";
import { scale } from "../features/transform.ts";
import { madeUpPayments } from "../handbook/made-up.ts";
import { randomForest } from "../learners/forest.ts";
import type { Learner, TrainingSet } from "../learners/learner.ts";
import { logisticRegression } from "../learners/logistic.ts";
import type { OwnPayments } from "../own/own-payments.ts";
import { ownRecipes } from "../own/own-recipes.ts";
import { knownRows, moment } from "../own/own-split.ts";
import { looksBefore, noteLook } from "../protocol/looks.ts";
import { WALK_FORWARD } from "../protocol/train.ts";
import { summarise } from "./choose.ts";
import type { Field } from "./field.ts";
import { fitRows, rowsAt } from "./fit-rows.ts";
import { ownField } from "./own-field.ts";
import { claimOwn, ownWalk } from "./own-walk.ts";
import { momentsOver, spanOf } from "./span.ts";
import { describeWalk } from "./table.ts";
import { judgeOn, type Walk, walkForward } from "./walk.ts";
import { apart, CLAIM_FIRST_SHARE, windowsOf } from "./windows.ts";

const run = promisify(execFile);
const DAY = 86_400;
const SCHEMA = join(projectRoot, "models/handbook/published.yaml");

let folder: string;
let file: string;
let given: OwnGiven;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "own-walk-"));
  file = join(folder, "payments.csv");
  await writeFile(file, madeUpPayments(60, { customers: 60 }));
  given = await readOwnGiven({
    ...{ schemaFile: SCHEMA, file, columns: [], zone: "UTC", labelDelay: undefined },
  });
});
afterAll(() => rm(folder, { recursive: true }));

/** What learners were given. */
interface Seen {
  readonly sets: TrainingSet[];
  readonly scored: Matrix[];
}

/** Kinds of model that tell what they were given. */
function spies(seen: Seen, make: Readonly<Record<string, () => Learner>>): Field {
  const spied = (learner: Learner): Learner => ({
    ...learner,
    async fit(set, options) {
      seen.sets.push(set);
      const model = await learner.fit(set, options);
      return Object.assign(Object.create(model), {
        predict(features: Matrix) {
          seen.scored.push(features);
          return model.predict(features);
        },
      });
    },
  });
  return {
    candidates: Object.fromEntries(
      Object.entries(make).map(([name, learner]) => [name, { title: name, make: () => spied(learner()) }]),
    ),
  };
}

const smallForest = () => randomForest({ trees: 10, maxDepth: 6 });
const logistic = () => logisticRegression({ classWeight: "none" });
const newSeen = (): Seen => ({ sets: [], scored: [] });
const walked = async (payments: OwnPayments, field: Field, labelDelay = 7 * DAY): Promise<Walk> =>
  await walkForward(ownWalk(payments, labelDelay, field).rows, {
    ...{ names: Object.keys(field.candidates), seeds: 1, threads: 1, labelDelay },
  });
const latest = ({ times }: Pick<TrainingSet, "times">): number => times.reduce((a, b) => Math.max(a, b));

test("no row of the test stretch is handed to a learner or a judge; labels come as late as they do", async () => {
  const { payments, labelDelay } = given;
  expect(labelDelay).toBe(7 * DAY);
  const seen = newSeen();
  const { split } = ownWalk(payments, labelDelay);
  const honest = await walked(payments, spies(seen, { logistic }));
  expect(honest.windows.length).toBeGreaterThan(3);
  expect(seen.sets).toHaveLength(honest.windows.length);
  for (const [w, set] of seen.sets.entries()) {
    // One seed and one candidate: fits come in the order of the windows.
    expect(latest(set)).toBeLessThan(honest.windows[w]!.start - labelDelay);
    expect(set.features.rows).toBe(honest.windows[w]?.train.length);
    expect(seen.scored[w]?.rows).toBe(honest.windows[w]?.judged.length);
    expect(honest.windows[w]?.frauds).toBeGreaterThanOrEqual(25);
  }
  // Whoever reads a feature of it finds no number, whoever reads a label the wrong one.
  const poisoned = (from: number): OwnPayments => ({
    ...payments,
    features: {
      ...payments.features,
      values: payments.features.values.map((value, i) =>
        payments.times[Math.floor(i / payments.features.columns)]! >= from ? Number.NaN : value,
      ),
    },
    labels: payments.labels.map((label, r) => (payments.times[r]! >= from ? 1 - label : label)),
  });
  const again = newSeen();
  const blind = await walked(poisoned(split.trainEnd), spies(again, { logistic }));
  expect(blind.walked).toEqual(honest.walked);
  expect(again.scored.every(({ values }) => values.every(Number.isFinite))).toBe(true);
  // The test can tell: a day earlier it is seen.
  await expect(walked(poisoned(split.trainEnd - DAY), spies(newSeen(), { logistic }))).rejects.toThrow();
});

test("the table has a row for every window and candidate, the simplest first, in moments of the file", async () => {
  const { payments, labelDelay } = given;
  const field = spies(newSeen(), { logistic, forest: smallForest });
  const walk = await walked(payments, field);
  const { trainEnd, testStart } = ownWalk(payments, labelDelay).split;
  const lines = describeWalk(walk, {
    field,
    end: trainEnd,
    testStart,
    labelDelay,
    seeds: 1,
    moment: momentsOver(60 * DAY),
  });
  const [last, stretch] = [momentsOver(60 * DAY)(trainEnd), momentsOver(60 * DAY)(testStart)];
  expect(lines[0]).toBe(
    `walk forward: rows before ${last} alone, labels 7 d late (the test stretch begins ${stretch}), one seed`,
  );
  expect(lines.filter((line) => line.startsWith("  window "))).toHaveLength(walk.windows.length);
  expect(lines[2]).toMatch(
    /^ {2}window 1: 2018-04-2\d \d\d:\d\d UTC to 2018-04-2\d \d\d:\d\d UTC, fitted on \d+ rows, judged on \d+ with \d+ frauds$/,
  );
  expect(lines.join("\n")).not.toContain("Time ");
  const rows = lines.filter((line) => /^(logistic|forest) /.test(line));
  expect(rows.map((line) => line.split(" ")[0])).toEqual(["logistic", "forest"]);
  for (const [c, line] of rows.entries()) {
    const figures = walk.walked[c]!.windows.map((value) => value.toFixed(3)).join(" ");
    expect(line).toContain(figures);
    expect(line.includes("← chosen")).toBe(walk.walked[c]?.name === walk.chosen.name);
  }
  expect(lines).toContain(`chosen: ${walk.chosen.name}, the simplest within one standard error of the best`);
});

test("a claim is the mean of a walk through every payment whose label is known, beside one figure of the test stretch", async () => {
  const { payments, labelDelay, schema } = given;
  const seen = newSeen();
  const field = spies(seen, { forest: smallForest });
  const own = ownWalk(payments, labelDelay, field);
  const walk = await walked(payments, field);
  seen.sets.length = 0;
  const options = { name: "own", labelDelay, seeds: 1, threads: 1, libraries: {}, looks: [] };
  const { card } = await claimOwn(payments, own, walk, { ...options, schema: schema.schema });
  const { end, rows } = knownRows(payments, labelDelay);
  // The one that is judged knows what was known when the stretch began; what is served, all that is known now.
  const [judged, served, ...windowed] = seen.sets;
  expect(latest(judged!)).toBeLessThan(own.split.trainEnd);
  expect(served?.labels).toHaveLength(rows.length);
  expect(latest(served!)).toBeLessThanOrEqual(end);

  const all = ownWalk(payments, labelDelay, { candidates: { forest: { title: "", make: smallForest } } });
  const whole = { ...all.rows, ...rowsOf(payments) };
  const known = rowsAt(whole, rows);
  const windows = windowsOf(known, labelDelay, CLAIM_FIRST_SHARE);
  expect(windowed).toHaveLength(windows.length);
  const [{ windows: figures } = { windows: [] }] = await judgeOn(known, windows, {
    ...{ names: ["forest"], seeds: 1, threads: 1 },
  });
  const { mean, low, high } = summarise(figures, apart(windows).length);
  expect(card.metrics[0]).toEqual({ name: "auprc", protocol: WALK_FORWARD, value: mean, low, high });
  // The other figure is of the test stretch, by a model of the rows before it.
  const other = card.metrics.filter(({ name }) => name === "auprc");
  expect(other).toHaveLength(2);
  const fit = await fitRows(whole, own.split.train, smallForest(), { seed: 1, threads: 1 });
  const scores = fit.model.predict(scale(takeRows(whole.derived, own.split.test), fit.features));
  const labels = Uint8Array.from(own.split.test, (r) => payments.labels[r]!);
  expect(other[1]?.value).toBeCloseTo(averagePrecision({ scores, labels }), 3);
  expect(card.measured_on?.rows).toBe(own.split.test.length);

  expect(card.inputs).toEqual(payments.features.names);
  expect(card["refit"]).toMatchObject({ rows: rows.length, until: moment(end) });
  expect(card["walk_forward"]).toMatchObject({ chosen: "forest", label_delay_seconds: 7 * DAY });
  expect(card.split).toMatchObject({ train_rows: own.split.train.length, label_delay_seconds: 7 * DAY });
  expect(card.limits.join()).not.toMatch(/2013|V1|looked at/);
  expect(card.parity.max_abs_diff).toBeLessThan(1e-5);
});

/** Every row as a walk sees rows. */
function rowsOf({ features, labels, times }: OwnPayments) {
  const derived = newMatrix(features.rows, features.names);
  derived.values.set(features.values);
  return { derived, labels, times, weights: new Float64Array(labels.length).fill(1) };
}

test("the command: who won by windows of the schema's payments, a version with its schema, and no second look", async () => {
  const registry = join(folder, "registry");
  const walk = (...args: string[]) =>
    run(process.execPath, [
      ...["--import", "tsx", join(projectRoot, "models/walk-forward/cli.ts"), file, "--schema", SCHEMA],
      ...["--zone", "UTC", "--candidates", "logistic", "--seeds", "1", "--registry", registry, ...args],
    ]);
  const { stdout } = await walk("--claim", "own", "--label-delay", "10d");
  expect(stdout).toContain("7,200 labelled payments × 15 columns");
  expect(stdout).toMatch(/rows before 2018-05-0[89] \S+ UTC alone, labels 10 d late/);
  expect(stdout).toContain("chosen: logistic, the simplest within one standard error of the best\n");
  expect(stdout).toMatch(/claim: AUPRC 0\.\d+ \(0\.\d+ to [01]\.?\d*\), walk-forward\n/);
  expect(stdout).toContain("looks at the test stretch: 1; wrote own@1");
  const { card } = await readModel(registry, { name: "own", version: "1" });
  expect(card.metrics[0]).toMatchObject({ name: "auprc", protocol: WALK_FORWARD });
  expect(await readFile(join(registry, "own/1/schema.yaml"), "utf8")).toBe(await readFile(SCHEMA, "utf8"));
  const looks = JSON.parse(await readFile(join(registry, "looks.json"), "utf8"));
  expect(looks).toMatchObject([{ data: card.data.sha256, count: 1 }]);
  await expect(walk("--claim", "own")).rejects.toMatchObject({
    code: 2,
    stdout: expect.not.stringContaining("window 1"),
    stderr: expect.stringContaining("the test stretch of this file was looked at 1 time"),
  });
  await expect(walk("--until", "5")).rejects.toMatchObject({
    stderr: expect.stringContaining("--until is the public data set's: leave it out with --schema"),
  });
  await expect(walk("--store")).rejects.toMatchObject({
    stderr: expect.stringContaining("--store reads no file: leave FILE, --column, --zone and --decimal out"),
  });
}, 240_000);

/** Payments in equal steps of so many seconds, every tenth a fraud that its one input half gives away. */
function stepped(count: number, step: number): OwnPayments {
  const features = newMatrix(count, ["amount"]);
  const labels = Uint8Array.from({ length: count }, (_, r) => Number(r % 10 === 3));
  for (let r = 0; r < count; r++) features.values[r] = (r % 7) + 3 * labels[r]!;
  return {
    ...{ file: "stepped.csv", sha256: "0", features, labels, amounts: new Float64Array(count).fill(1) },
    times: Float64Array.from({ length: count }, (_, r) => 1.5e9 + r * step),
    ...{ unlabelled: 0, refused: 0, firstRefused: undefined },
  };
}

test("a file of a second, of days or of years is cut alike", async () => {
  const cuts = await Promise.all(
    [0.000_5, 60, DAY].map(async (step) => {
      const walk = await walked(stepped(2_000, step), spies(newSeen(), { logistic }), 0);
      return {
        rows: walk.windows.map(({ train, judged }) => [train.length, judged.length]),
        figures: walk.chosen.windows,
      };
    }),
  );
  expect(cuts[0]?.rows).toHaveLength(7);
  expect(cuts[1]).toEqual(cuts[0]);
  expect(cuts[2]).toEqual(cuts[0]);
  const [second, hours, years] = [1, 7_200, 1e8].map((span) => momentsOver(span)(1.5e9 + 0.25));
  expect(second).toBe("2017-07-14 02:40:00.250 UTC");
  expect(hours).toBe("2017-07-14 02:40:00 UTC");
  expect(years).toBe("2017-07-14 02:40 UTC");
  expect([0, 45, 5_400, 7 * DAY, 0.5].map(spanOf)).toEqual(["0 s", "45 s", "90 min", "7 d", "0.5 s"]);
});

test("too few frauds, or labels that come too late, are said in words, with what can still be said", async () => {
  const seen = newSeen();
  const few = walked(stepped(500, 3_600), spies(seen, { logistic }), 0);
  await expect(few).rejects.toThrow(
    /too few frauds to choose a model by: 40 frauds, the last 24 .* What can still be said: .*npm run train.* ±15 points/,
  );
  const late = walked(stepped(2_000, 3_600), spies(seen, { logistic }), 60 * DAY);
  await expect(late).rejects.toThrow(/too few frauds to choose a model by: .*/);
  await expect(walked(stepped(2_000, 3_600), spies(seen, { logistic }), 90 * DAY)).rejects.toThrow(
    "both kinds are needed",
  );
  expect(seen.sets).toEqual([]);
});

test("every kind that is trained on own payments takes part, the slow one when it is asked for", () => {
  expect(Object.keys(ownField.candidates)).toEqual(["logistic", "forest", "boosting", "mlp"]);
  expect(Object.keys(ownField.candidates).sort()).toEqual(Object.keys(ownRecipes).sort());
  expect(Object.entries(ownField.candidates).flatMap(([name, { slow }]) => (slow ? [name] : []))).toEqual([
    "mlp",
  ]);
});

test("of payments that go on, a look at what had ended before is none at what came since", async () => {
  const registry = join(folder, "going-on");
  const look = { at: "2026-11-27T12:00:00.000Z", by: "ann", count: 1, data: "store" };
  await noteLook(registry, { ...look, test_start: 80, test_end: 100 }, false);
  await expect(looksBefore(registry, { data: "store", test_start: 100 }, false)).rejects.toThrow("1 time");
  expect(await looksBefore(registry, { data: "store", test_start: 101 }, false)).toEqual([]);
});
