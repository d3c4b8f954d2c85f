import { expect, test } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { newMatrix } from "../features/matrix.ts";
import { type GateInput, gate } from "./gate.ts";

const ROWS = 2_000;
/** A champion that ranks well, and a candidate that is its equal, on payments of which one in twenty is fraud. */
function equals(change: (input: GateInput) => GateInput = (input) => input) {
  const random = new Random(5, 1);
  const labels = Uint8Array.from({ length: ROWS }, (_, r) => Number(r % 20 === 0));
  const inputs = newMatrix(ROWS, ["a", "b"]);
  const scores = Float32Array.from(labels, (label) => {
    const risk = label === 1 ? 0.3 + 0.7 * random.next() : 0.32 * random.next() ** 6;
    return Math.fround(risk * 0.8);
  });
  for (let r = 0; r < ROWS; r++) {
    inputs.values[2 * r] = scores[r]! + 0.5 * random.next();
    inputs.values[2 * r + 1] = random.next();
  }
  const earlierRows = Array.from(labels.keys()).filter((r) => labels[r] === 0);
  const earlier = newMatrix(earlierRows.length, inputs.names);
  for (const [i, r] of earlierRows.entries())
    earlier.values.set(inputs.values.subarray(2 * r, 2 * r + 2), 2 * i);
  const model = {
    ...{ scores, reviewEdge: 0.3, bytes: 1e6, micros: 10, fidelity: { named: 0.5, others: 0.1 } },
    looksAt: { a: 0.8, b: 0.2 },
  };
  const input: GateInput = {
    ...{ candidate: model, champion: model, labels, inputs, seed: 1 },
    earlier: { inputs: earlier, scores: Float32Array.from(earlierRows, (r) => scores[r]!) },
    weights: new Float64Array(ROWS).fill(1),
    slices: { country: Array.from({ length: ROWS }, (_, r) => (r % 80 === 0 ? "RO" : "FR")) },
    ...{ since: "2026-11-01T00:00:00Z", holdsFor: "all payments", knownInTime: true },
  };
  const report = gate(change(input));
  return { report, failed: report.checks.filter(({ passed }) => !passed).map(({ name }) => name) };
}

/** The candidate, but for something. */
const but = (what: Partial<GateInput["candidate"]>) => (input: GateInput) => ({
  ...input,
  candidate: { ...input.candidate, ...what },
});
const scored = (score: (old: number, row: number, label: number) => number) => (input: GateInput) =>
  but({ scores: input.candidate.scores.map((old, r) => score(old, r, input.labels[r]!)) })(input);

test("a candidate that is the champion's equal passes every question", () => {
  const { report, failed } = equals();
  expect(failed).toEqual([]);
  expect(report).toMatchObject({ passed: true, rows: ROWS, frauds: 100, holdsFor: "all payments" });
  expect(report.candidate).toEqual(report.champion);
});

test.each([
  ["figures", scored((old, r, label) => (label === 1 && r % 80 > 0 && r % 3 === 0 ? 0.01 : old))],
  ["calibration", scored((old) => old / 8 + 0.1)],
  ["load", but({ reviewEdge: 0 })],
  ["slices", scored((old, r, label) => (label === 1 && r % 80 === 0 && r % 240 > 0 ? 0.001 : old))],
  ["latency", but({ micros: 60 })],
  ["size", but({ bytes: 60e6 })],
  ["explanation", but({ fidelity: { named: 0.1, others: 0.2 } })],
  ["explanation", but({ fidelity: null })],
] as const)("%s: a candidate that is worse there alone is refused for it", (name, change) => {
  const { report, failed } = equals(change);
  expect(report.passed).toBe(false);
  expect(failed).toContain(name);
  if (!["figures", "slices", "calibration"].includes(name)) expect(failed).toEqual([name]);
});

test("an input that was written after the truth is found where the champion does not look at it", () => {
  const written = (input: GateInput): GateInput => {
    const inputs = { ...input.inputs, values: input.inputs.values.slice() };
    for (let r = 0; r < ROWS; r++) inputs.values[2 * r + 1] = input.labels[r]! + 0.001 * (r % 7);
    return { ...input, inputs };
  };
  // Known to the champion as well: it is how payments are.
  expect(equals(written).failed).not.toContain("leak");
  const relied = (input: GateInput) => but({ looksAt: { a: 0.1, b: 0.9 } })(written(input));
  expect(equals(relied).failed).toContain("leak");
});

test("what it looks at moved since it learned", () => {
  const moved = (input: GateInput): GateInput => ({
    ...input,
    earlier: {
      ...input.earlier,
      inputs: {
        ...input.earlier.inputs,
        values: input.earlier.inputs.values.map((value, i) => (i % 2 ? value + 2 : value)),
      },
    },
  });
  expect(equals(moved).failed).toEqual(["drift"]);
});

test("few frauds say nothing, and nothing counts as no", () => {
  const few = (input: GateInput): GateInput => ({
    ...input,
    labels: input.labels.map((label, r) => (r < 300 ? label : 0)),
  });
  const { report, failed } = equals(few);
  expect(failed).toEqual(["enough"]);
  expect(report.checks[0]?.found).toBe("15 frauds of 2000 payments that neither learned from");
});

test("a row that stands for many weighs as many", () => {
  const heavy = (input: GateInput): GateInput => ({
    ...input,
    weights: input.weights.map((_, r) => (input.labels[r] === 1 ? 1 : 50)),
  });
  const { report } = equals(heavy);
  expect(report.champion.load).toBeLessThan(equals().report.champion.load);
});
