import { describe, expect, test } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { rocAuc } from "../evaluate/ranking.ts";
import type { TrainingSet } from "./learner.ts";
import { type MlpModel, type MlpParameters, multilayerPerceptron } from "./mlp.ts";
import { Adam, Network, newLayers, parametersOf } from "./mlp-network.ts";
import { syntheticSet } from "./synthetic-set.ts";

async function fitted(set: TrainingSet, parameters: Partial<MlpParameters>, seed = 1) {
  return (await multilayerPerceptron(parameters).fit(set, { seed })) as MlpModel;
}

test("back-propagation gives the gradients of finite differences", () => {
  const layers = newLayers([3, 5, 4, 1], new Random(3));
  const network = new Network(layers);
  const x = Float64Array.of(0.4, -1.2, 2.1);
  network.forward(x, 0);
  network.backward(1);
  for (const [k, parameters] of parametersOf(layers).entries()) {
    for (let i = 0; i < parameters.length; i++) {
      const kept = parameters[i]!;
      parameters[i] = kept + 1e-6;
      const above = network.forward(x, 0);
      parameters[i] = kept - 1e-6;
      const below = network.forward(x, 0);
      parameters[i] = kept;
      expect(network.gradients[k]![i]).toBeCloseTo((above - below) / 2e-6, 6);
    }
  }
});

test("Adam walks to the bottom of a bowl", () => {
  const point = Float64Array.of(3, -2);
  const adam = new Adam([point], 0.05, 0);
  for (let i = 0; i < 500; i++) adam.step([Float64Array.of(2 * (point[0]! - 1), 20 * (point[1]! - 4))], 1);
  expect(point[0]).toBeCloseTo(1, 2);
  expect(point[1]).toBeCloseTo(4, 2);
});

describe("the network", () => {
  test("learns exclusive or, and the same seed gives the same weights", async () => {
    const set = syntheticSet(1_500, { columns: 3, shift: 0 });
    set.labels.forEach((_, r) => {
      const [x, y] = set.features.values.subarray(3 * r, 3 * r + 2);
      set.labels[r] = Number(x! > 0 !== y! > 0);
    });
    const parameters = {
      hidden: [16],
      epochs: 25,
      batch: 32,
      learningRate: 0.01,
      positiveWeight: "balanced",
    } as const;
    const model = await fitted(set, parameters);
    expect(rocAuc({ scores: model.predict(set.features), labels: set.labels })).toBeGreaterThan(0.98);
    expect((await fitted(set, parameters)).layers).toEqual(model.layers);
    expect((await fitted(set, parameters, 2)).layers).not.toEqual(model.layers);
  });

  test("stops early and keeps the best epoch", async () => {
    const set = syntheticSet(1_200, { shift: 0.7 });
    const model = await fitted(set, {
      epochs: 60,
      learningRate: 0.02,
      earlyStopping: { share: 0.3, rounds: 4, metric: "logloss" },
    });
    const best = model.history.indexOf(Math.max(...model.history));
    expect(model.history.length).toBeLessThan(60);
    expect(model.history.length - 1 - best).toBe(4);
  });

  test("is not carried away by a wild value", async () => {
    const set = syntheticSet(400);
    const model = await fitted(set, { epochs: 3 });
    const wild = { ...set.features, rows: 1, values: Float32Array.of(1e6, 0, 0, 0, 0, 0) };
    const edge = { ...set.features, rows: 1, values: Float32Array.of(100, 0, 0, 0, 0, 0) };
    expect(model.predict(wild)[0]).toBe(model.predict(edge)[0]);
  });

  test("copes with a constant feature, refuses NaN and one class", async () => {
    const set = syntheticSet(400, { columns: 3 });
    for (let r = 0; r < 400; r++) set.features.values[3 * r + 2] = 5;
    expect((await fitted(set, { epochs: 2 })).predict(set.features).every(Number.isFinite)).toBe(true);
    set.features.values[4] = Number.NaN;
    await expect(fitted(set, {})).rejects.toThrow("row 1, x2: NaN is not a finite number");
    await expect(fitted(syntheticSet(100, { fraudShare: 0 }), {})).rejects.toThrow("there is no fraud");
  });
});
