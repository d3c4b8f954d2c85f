import { expect, test } from "vitest";
import { inputColumns, type ModelSchema } from "../../domain/features/definition.ts";
import { newMatrix } from "../features/matrix.ts";
import { describeInputs } from "./described.ts";
import { driftOfInputs, importanceOf } from "./own-words.ts";

const HOUR = 3_600_000;
const schema: ModelSchema = {
  name: "test",
  currency: "EUR",
  fields: {
    amount: { type: "number", required: true },
    channel: { type: "text", required: true, title: "Sales channel" },
  },
  entities: { customer: { required: true } },
  features: {
    fast: {
      ...{ kind: "aggregate", aggregate: "count", by: ["customer"], windowMs: HOUR, delayMs: 0 },
      ...{ current: true, empty: 0 },
    },
    how: { kind: "one_hot", field: "channel", values: ["chip", "online"] },
    risk: { kind: "target", field: "channel", windowMs: HOUR, delayMs: 0, prior: 0, smoothing: 1 },
  },
  inputs: ["amount", "fast", "how", "risk"],
};
const columns = inputColumns(schema);

test("importance is told of what the schema names: the columns of a category together", () => {
  expect(columns).toEqual(["amount", "fast", "how=chip", "how=online", "how=other", "risk"]);
  const told = importanceOf(columns, [0.1, 0.3, 0.125, 0.25, 0, 0.225], schema);
  expect(told).toEqual([
    { feature: "channel", title: "Sales channel", gain: 0.6 },
    { feature: "fast", title: "Payments of this customer in the last hour", gain: 0.3 },
    { feature: "amount", title: "Amount", gain: 0.1 },
  ]);
});

test("drift of a category is told by its field, by shares of its values", () => {
  const rows = 2_000;
  const inputs = newMatrix(rows, columns);
  for (let r = 0; r < rows; r++) {
    const late = r >= rows / 2;
    // From half of chip to a tenth of it; amounts stay as they are.
    const chip = r % 10 < (late ? 1 : 5);
    inputs.values.set([r % 100, 1, Number(chip), Number(!chip), 0, 0.5], r * columns.length);
  }
  const all = Int32Array.from({ length: rows }, (_, r) => r);
  const told = driftOfInputs(inputs, all.slice(0, rows / 2), all.slice(rows / 2), schema);
  expect(told.map(({ feature }) => feature)[0]).toBe("channel");
  expect(told).toHaveLength(3);
  const [channel, ...others] = told;
  expect(channel?.title).toBe("Sales channel");
  expect(channel?.psi).toBeCloseTo(-0.4 * Math.log(0.2) + 0.4 * Math.log(1.8), 6);
  expect(channel?.ks).toBeCloseTo(0.4, 9);
  for (const { psi } of others) expect(psi).toBeCloseTo(0, 9);

  const card = {
    importance: importanceOf(columns, [0.1, 0.3, 0.125, 0.25, 0, 0.225], schema),
    drift: told,
    refit: { until: "2026-11-01 00:00 UTC", rows: 1_234, sampled_rows: 1_000, frauds: 30 },
  };
  expect(describeInputs(card, schema)).toEqual([
    "it looks most at",
    "  60 %  Sales channel",
    "  30 %  Payments of this customer in the last hour",
    "  10 %  Amount",
    "moved between the rows learned from and those judged on (PSI from 0.1)",
    "  0.88  Sales channel",
    "what is served learned from 1,234 payments until 2026-11-01 00:00 UTC, 30 of them frauds; its figures are of the model before",
  ]);
  // As a walk forward writes it.
  expect(describeInputs({ refit: { note: "…", rows: 43_906 } }, undefined)).toEqual([
    "what is served learned from 43,906 payments; its figures are of the model before",
  ]);
});

test("a card of columns, as earlier versions wrote it, is told in the schema's words too", () => {
  const card = {
    importance: [
      { feature: "how=chip", gain: 0.7 },
      { feature: "fast", gain: 0.3 },
    ],
  };
  expect(describeInputs(card, schema)).toEqual([
    "it looks most at",
    "  70 %  Sales channel",
    "  30 %  Payments of this customer in the last hour",
  ]);
});
