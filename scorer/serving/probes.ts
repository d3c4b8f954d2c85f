import { CONTRACT_INPUTS } from "../../domain/transaction.ts";
import { DomainError } from "../../platform/process/errors.ts";

/**
 * What a model is tried on before it may answer anybody: corners of what the doors let in, which training rows seldom
 * hold. A model that gives no probability there would fail a real payment.
 */

/** Amounts: nothing, the smallest, sums seen seldom, and powers of ten up to the largest that the doors let in. */
const amounts = [0, 0.01, 0.5, 99.99, 1234.56, ...Array.from({ length: 13 }, (_, power) => 10 ** power)];
/** Seconds: the first, the ends of days, a year, times that count from 1970, the last that the doors let in. */
const times = [0, 1, 86_399, 86_400, 172_792, 31_536_000, 1_800_000_000, 2 ** 32];
/** All else: the public set's components reach ±120. */
const components = [1, 15, 120, 1_000];

/** Runs a model over `count` rows of its inputs and gives their probabilities. */
export type ScoreRows = (rows: Float32Array, count: number) => Promise<ArrayLike<number>>;

/** Where a model's inputs have the time and the amount; -1 where it reads none. */
function placesOf(inputs: readonly string[]): { readonly time: number; readonly amount: number } {
  const place = (name: string): number => inputs.findIndex((input) => input.toLowerCase() === name);
  return { time: place("time"), amount: place("amount") };
}

/**
 * Rows at the corners, [m × width] row after row: every amount with every time, and each other input far off by itself
 * and all together.
 *
 * @param inputs what the model's card names, in order
 */
export function edgeRows(inputs: readonly string[] = CONTRACT_INPUTS): Float32Array {
  const places = placesOf(inputs);
  const others = inputs.flatMap((_, i) => (i === places.time || i === places.amount ? [] : [i]));
  const rows: Float32Array[] = [];
  const row = (time: number, amount: number): Float32Array => {
    const made = new Float32Array(inputs.length);
    if (places.time >= 0) made[places.time] = time;
    if (places.amount >= 0) made[places.amount] = amount;
    rows.push(made);
    return made;
  };
  for (const time of places.time >= 0 ? times : [0]) {
    for (const amount of places.amount >= 0 ? amounts : [0]) row(time, amount);
  }
  for (const size of components) {
    for (const value of [size, -size]) {
      const all = row(86_400, 50);
      for (const other of others) all[other] = value;
      for (const other of others) row(86_400, 50)[other] = value;
    }
  }
  const all = new Float32Array(rows.length * inputs.length);
  for (const [r, made] of rows.entries()) all.set(made, r * inputs.length);
  return all;
}

/**
 * Scores rows and proves that every answer is a probability.
 *
 * @param rows n × width inputs
 * @param inputs what they are, in order
 * @throws DomainError `invalid_argument` naming the first row that has none
 */
export async function requireProbabilities(
  rows: Float32Array,
  score: ScoreRows,
  inputs: readonly string[] = CONTRACT_INPUTS,
): Promise<void> {
  const width = inputs.length;
  const count = rows.length / width;
  const answers = await score(rows, count);
  let wrong = 0;
  let first = -1;
  for (let r = 0; r < count; r++) {
    const p = answers[r];
    if (p !== undefined && p >= 0 && p <= 1) continue;
    wrong++;
    if (first < 0) first = r;
  }
  if (wrong === 0) return;
  const row = rows.subarray(first * width, (first + 1) * width);
  throw new DomainError(
    "invalid_argument",
    `it gives no probability from 0 to 1 for ${wrong} of ${count} rows it was tried on: ${answers[first]} for the one with ${described(row, inputs)}`,
  );
}

/** The time, the amount, and of the others the one that is farthest off. */
function described(row: Float32Array, inputs: readonly string[]): string {
  const { time, amount } = placesOf(inputs);
  let farthest = -1;
  for (let i = 0; i < row.length; i++) {
    if (i === time || i === amount) continue;
    if (farthest < 0 || Math.abs(row[i]!) > Math.abs(row[farthest]!)) farthest = i;
  }
  const named = [time, amount].filter((i) => i >= 0).map((i) => `${inputs[i]} ${shown(row[i])}`);
  const components = inputs.includes("V1");
  if (farthest < 0) return named.join(" and ");
  const last = components
    ? `the farthest V ${shown(row[farthest])}`
    : `${inputs[farthest]} ${shown(row[farthest])}`;
  return named.length === 0 ? last : `${named.join(", ")} and ${last}`;
}

/** Inputs are float32: more digits than that would be made up. */
function shown(value = 0): string {
  return String(Number(value.toPrecision(7)));
}
