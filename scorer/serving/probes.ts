import { DomainError } from "../../platform/process/errors.ts";

/**
 * What a model is tried on before it may answer anybody: corners of what the doors let in, which training rows seldom
 * hold. A model that gives no probability there would fail a real payment.
 */

/** Time, V1 to V28, Amount. */
const WIDTH = 30;
const AMOUNT = WIDTH - 1;

/** Amounts: nothing, the smallest, sums seen seldom, and powers of ten up to the largest that the doors let in. */
const amounts = [0, 0.01, 0.5, 99.99, 1234.56, ...Array.from({ length: 13 }, (_, power) => 10 ** power)];
/** Seconds: the first, the ends of days, a year, times that count from 1970, the last that the doors let in. */
const times = [0, 1, 86_399, 86_400, 172_792, 31_536_000, 1_800_000_000, 2 ** 32];
/** Components: the public set's reach ±120. */
const components = [1, 15, 120, 1_000];

/** Runs a model over `count` rows of 30 inputs and gives their probabilities. */
export type ScoreRows = (rows: Float32Array, count: number) => Promise<ArrayLike<number>>;

/**
 * Rows at the corners, [m × 30] row after row: every amount with every time, and each component far off by itself and all
 * together.
 */
export function edgeRows(): Float32Array {
  const rows: Float32Array[] = [];
  const row = (time: number, amount: number): Float32Array => {
    const made = new Float32Array(WIDTH);
    made[0] = time;
    made[AMOUNT] = amount;
    rows.push(made);
    return made;
  };
  for (const time of times) for (const amount of amounts) row(time, amount);
  for (const size of components) {
    for (const value of [size, -size]) {
      row(86_400, 50).fill(value, 1, AMOUNT);
      for (let v = 1; v < AMOUNT; v++) row(86_400, 50)[v] = value;
    }
  }
  const all = new Float32Array(rows.length * WIDTH);
  for (const [r, made] of rows.entries()) all.set(made, r * WIDTH);
  return all;
}

/**
 * Scores rows and proves that every answer is a probability.
 *
 * @param rows n × 30 inputs
 * @throws DomainError `invalid_argument` naming the first row that has none
 */
export async function requireProbabilities(rows: Float32Array, score: ScoreRows): Promise<void> {
  const count = rows.length / WIDTH;
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
  const [time, amount] = [rows[first * WIDTH], rows[first * WIDTH + AMOUNT]];
  const v = rows.subarray(first * WIDTH + 1, first * WIDTH + AMOUNT);
  const farthest = v.reduce((far, value) => (Math.abs(value) > Math.abs(far) ? value : far), 0);
  throw new DomainError(
    "invalid_argument",
    `it gives no probability from 0 to 1 for ${wrong} of ${count} rows it was tried on: ${answers[first]} for the one with Time ${shown(time)}, Amount ${shown(amount)} and the farthest V ${shown(farthest)}`,
  );
}

/** Inputs are float32: more digits than that would be made up. */
function shown(value = 0): string {
  return String(Number(value.toPrecision(7)));
}
