import { expect, test } from "vitest";
import { describeModel } from "./describe-model.ts";

test("a model is described in words, an ensemble as the sum of its parts", () => {
  const boosting = {
    algorithm: "gradient-boosting",
    parameters: { trees: 100, ignore: ["hour"], growth: "leaf" },
  };
  expect(describeModel(boosting)).toBe("gradient-boosting: trees 100, ignore hour, growth leaf");
  const parts = [
    { ...boosting, weight: 0.7 },
    { algorithm: "logistic-regression", weight: 0.2, parameters: { c: 1 } },
  ];
  expect(describeModel({ algorithm: "ensemble", parameters: { parts } })).toBe(
    "ensemble: 0.7 × (gradient-boosting: trees 100, ignore hour, growth leaf) + 0.2 × (logistic-regression: c 1)",
  );
});
