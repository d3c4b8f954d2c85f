import { expect, test } from "vitest";
import type { Learner } from "../learners/learner.ts";
import { logisticRegression } from "../learners/logistic.ts";
import { syntheticSet } from "../learners/synthetic-set.ts";
import { crossValidate, mean, validationParts } from "./cross-validation.ts";

const set = syntheticSet(3_000);
const end = 86_400;

test("windows learn from what lies before them, blocks judge every fraud of the span once", () => {
  const parts = validationParts(set, end);
  const frauds = (rows: Uint32Array) => rows.filter((r) => set.labels[r] === 1).length;
  const latest = (rows: Uint32Array) => rows.reduce((time, r) => Math.max(time, set.times[r]!), 0);
  const earliest = (rows: Uint32Array) => rows.reduce((time, r) => Math.min(time, set.times[r]!), end);
  const windows = parts.filter((part) => part.kind === "window");
  expect(windows).toHaveLength(4);
  for (const { train, validation } of windows) expect(latest(train)).toBeLessThan(earliest(validation));
  const blocks = parts.filter((part) => part.kind === "block");
  expect(blocks).toHaveLength(6);
  expect(blocks.reduce((sum, { validation }) => sum + frauds(validation), 0)).toBe(
    set.labels.reduce((a, b) => a + b, 0),
  );
  for (const { train, validation } of blocks)
    expect(train.length + validation.length).toBe(set.labels.length);
});

test("a learner that learns is judged better than one that does not, whatever the number of threads", async () => {
  const parts = validationParts(set, end);
  const judge = (learner: Learner, threads: number) =>
    crossValidate(learner, set, parts, { seeds: [1, 2], threads });
  const learned = await judge(logisticRegression(), 1);
  expect(learned.windows).toHaveLength(4);
  // Forward in time alone: what is fitted with hindsight has no say.
  expect(learned.score).toBe(mean(learned.windows));
  expect(learned.score).not.toBe(mean(learned.blocks));
  expect(await judge(logisticRegression(), 2)).toEqual(learned);
  const indifferent: Learner = {
    ...logisticRegression(),
    fit: async (...args) => ({
      ...(await logisticRegression().fit(...args)),
      predict: ({ rows }) => new Float64Array(rows),
    }),
  };
  expect(learned.score).toBeGreaterThan(3 * (await judge(indifferent, 1)).score);
});
