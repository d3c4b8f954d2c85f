import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../platform/process/config.ts";
import { readModel } from "../../scorer/serving/registry.ts";
import { trainOnOwn } from "../cli/own-training.ts";
import { computeFeatures } from "../handbook/features-task.ts";
import { madeUpPayments } from "../handbook/made-up.ts";
import { randomForest } from "../learners/forest.ts";
import { scoreOnnx } from "../onnx/parity.ts";
import type { Recipe } from "../protocol/recipes.ts";
import { labelDelay, splitOwn } from "./own-split.ts";

const run = promisify(execFile);
const DAY = 86_400;
const SCHEMA = join(projectRoot, "models/handbook/published.yaml");

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "own-"));
  file = join(folder, "payments.csv");
  await writeFile(file, madeUpPayments(60));
});
afterAll(() => rm(folder, { recursive: true }));

const recipe: Recipe = { learner: randomForest({ trees: 20 }), calibration: { method: "platt", blocks: 3 } };
const asked = {
  schemaFile: SCHEMA,
  columns: [],
  zone: "UTC",
  labelDelay: undefined,
  name: "own",
  recipe,
  seed: 1,
  threads: 1,
};

test("a model of a team's own payments: trained, judged on later ones, written with its schema, let in by the gate", async () => {
  const registry = join(folder, "registry");
  const cli = join(projectRoot, "models/cli/train.ts");
  const { stdout } = await run(process.execPath, [
    ...["--import", "tsx", cli, "--data", file, "--schema", SCHEMA, "--zone", "UTC", "--name", "own"],
    ...["--learner", "forest", "--trees", "20", "--registry", registry, "--promote", "champion"],
  ]);
  expect(stdout).toContain("18,000 labelled payments × 15 columns");
  expect(stdout).toContain("champion is now own@1, there was none");
  // Whoever trains sees figures of the test stretch: npm run walk-forward -- --claim counts that look.
  expect(stdout).toContain("test rows of this file looked at 1 time by now");
  const { card, bytes } = await readModel(registry, { name: "own", version: "1" });
  expect(await readFile(join(registry, "own/1/schema.yaml"), "utf8")).toBe(await readFile(SCHEMA, "utf8"));
  expect(card.inputs).toHaveLength(15);
  expect(card.split).toMatchObject({
    protocol: "honest: time-ordered, true base rate",
    label_delay_seconds: 7 * DAY,
  });
  // What is served learned from all that was known at the end, and says so; its inputs are told by what they mean.
  const refit = card["refit"] as { readonly until: string; readonly rows: number };
  expect(refit.until).toMatch(/^2018-05-23 2\d:\d\d UTC$/);
  expect(refit.rows).toBeGreaterThan(15_800);
  expect(refit.rows).toBeGreaterThan((card.split as unknown as { train_rows: number }).train_rows);
  expect(card["importance"]).toContainEqual({
    ...{ feature: "amount", title: "Amount", gain: expect.any(Number) },
  });
  expect(card["drift"]).toHaveLength(15);
  expect(stdout).toContain("it looks most at\n");
  const figures = new Map(card.metrics.map(({ name, value }) => [name, value]));
  expect(figures.get("auc")).toBeGreaterThan(0.7);
  // Served as trained: the graph takes the engine's rows as they are.
  const inputs = await computeFeatures({ path: file, schema: "published", from: 17_000, to: 17_100 });
  const scores = await scoreOnnx(bytes, inputs);
  expect(scores.every((p) => p >= 0 && p <= 1)).toBe(true);
});

test("what cannot be is said", async () => {
  const unlabelled = join(folder, "unlabelled.csv");
  await writeFile(unlabelled, madeUpPayments(1).replace("is_fraud", "known"));
  for (const [wrong, message] of [
    [
      { zone: undefined },
      "payments.csv: no labelled payment could be read: row 2: event_time: has no time zone",
    ],
    [{ zone: "Mars" }, "--zone Mars: is no time zone"],
    [{ labelDelay: "soon" }, "--label-delay soon: must be a whole number and d, h, m or s"],
    [{ columns: ["label=frauds"] }, 'there is no column "frauds"'],
    [{ columns: ["label"] }, "--column label: must be e.g. amount=TX_AMOUNT"],
    [{ schemaFile: "none.yaml" }, "none.yaml: cannot be read (ENOENT)"],
    [{ file: unlabelled }, "unlabelled.csv: no column says what was fraud"],
  ] as const) {
    await expect(trainOnOwn({ ...asked, file, ...wrong })).rejects.toThrow(message);
  }
});

test("the last fifth is judged on; what was not known yet when it began is not learned from", () => {
  const n = 100;
  const times = Float64Array.from({ length: n }, (_, i) => i * DAY);
  const labels = Uint8Array.from({ length: n }, (_, i) => Number(i % 5 === 0));
  const { train: learned, test: judged } = splitOwn({ times, labels }, 7 * DAY);
  expect([learned.length, judged.length]).toEqual([73, 20]);
  expect(() => splitOwn({ times, labels: labels.fill(0, 73) }, 7 * DAY)).toThrow(
    "of the labelled payments 20 are to judge on, 0 of them frauds: both kinds are needed",
  );
});

test("labels come as late as the schema says", () => {
  const shared = { by: ["a"], windowMs: DAY * 1_000, current: false, empty: 0 };
  const features = {
    a: { kind: "aggregate", aggregate: "fraud_share", delayMs: 14 * DAY * 1_000, ...shared },
    b: { kind: "aggregate", aggregate: "fraud_count", delayMs: 3 * DAY * 1_000, ...shared },
    c: { kind: "aggregate", aggregate: "count", delayMs: 0, ...shared },
  } as const;
  expect(labelDelay({ features })).toBe(3 * DAY);
  expect(labelDelay({ features: { c: features.c } })).toBe(7 * DAY);
});
