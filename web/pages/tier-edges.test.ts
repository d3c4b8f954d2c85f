import { expect, test, vi } from "vitest";
import { fakeScorer } from "../testing/scorer.ts";
import { tierEdgesOf } from "./tier-edges.ts";

const MODEL = { modelName: "m", modelVersion: "2" };

test("the edges are those of the version that scored, asked for once", async () => {
  const described = await fakeScorer().getModel();
  const thresholds = { medium: 0.05, high: 0.2, critical: 0.9 };
  const getModel = vi.fn(async () => ({ ...described, thresholds }));
  const scorer = { getModel };
  expect(await tierEdgesOf(scorer, MODEL)).toEqual(thresholds);
  expect(await tierEdgesOf(scorer, MODEL)).toEqual(thresholds);
  expect(getModel.mock.calls).toEqual([["m@2", { deadlineMs: expect.any(Number) }]]);
});

test("a scorer that is away costs the edges, not the page, and is asked again", async () => {
  const described = await fakeScorer().getModel();
  const getModel = vi.fn(async () => described);
  getModel.mockRejectedValueOnce(new Error("away"));
  const scorer = { getModel };
  expect(await tierEdgesOf(scorer, MODEL)).toBeNull();
  expect(await tierEdgesOf(scorer, MODEL)).toEqual(described.thresholds);
});
