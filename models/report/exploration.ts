import { type Dataset, type StreamDay, streamDay } from "../data/dataset.ts";
import { correlations } from "../evaluate/correlation.ts";

/** Counts of one hour since the data began; legitimate ones weighted. */
export interface HourCount {
  readonly hour: number;
  readonly legitimate: number;
  readonly frauds: number;
}

/** Share of a class's transactions in a step of amounts. */
export interface AmountStep {
  readonly label: string;
  readonly legitimate: number;
  readonly frauds: number;
}

/** What one sees before any model. */
export interface Exploration {
  readonly legitimate: { readonly rows: number; readonly transactions: number; readonly meanAmount: number };
  readonly frauds: { readonly rows: number; readonly transactions: number; readonly meanAmount: number };
  readonly hours: readonly HourCount[];
  readonly amounts: readonly AmountStep[];
  /** Fraud rate from midnight to six o'clock, and over the rest of the day. */
  readonly nightFraudRate: number;
  readonly dayFraudRate: number;
  /** Share of the frauds of less than two euros. */
  readonly tinyFrauds: number;
  /** Of the rows as they are, unweighted, as the original drew it. */
  readonly correlation: { readonly names: readonly string[]; readonly values: Float64Array };
  /** A day of the stream: the one source of every figure a day in the report. */
  readonly day: StreamDay;
}

const AMOUNT_EDGES = [0, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, Number.POSITIVE_INFINITY];

/** Looks at a dataset. */
export function explore(data: Dataset): Exploration {
  const perClass = [0, 1].map((label) => {
    let [rows, transactions, amount] = [0, 0, 0];
    for (let i = 0; i < data.rows; i++) {
      if (data.labels[i] !== label) continue;
      rows++;
      transactions += data.weights[i]!;
      amount += data.weights[i]! * data.amounts[i]!;
    }
    return { rows, transactions, meanAmount: amount / transactions };
  });
  const hours = hourCounts(data);
  return {
    legitimate: perClass[0]!,
    frauds: perClass[1]!,
    hours,
    nightFraudRate: rateOf(hours.filter(({ hour }) => hour % 24 < 6)),
    dayFraudRate: rateOf(hours.filter(({ hour }) => hour % 24 >= 6)),
    tinyFrauds: tinyShare(data),
    amounts: amountSteps(data, perClass[0]!.transactions, perClass[1]!.transactions),
    correlation: correlationOf(data),
    day: streamDay(data),
  };
}

function hourCounts({ rows, times, labels, weights }: Dataset): HourCount[] {
  const counts: { hour: number; legitimate: number; frauds: number }[] = [];
  for (let i = 0; i < rows; i++) {
    const hour = Math.floor(times[i]! / 3_600);
    while (counts.length <= hour) counts.push({ hour: counts.length, legitimate: 0, frauds: 0 });
    counts[hour]![labels[i] === 1 ? "frauds" : "legitimate"] += weights[i]!;
  }
  return counts;
}

function rateOf(hours: readonly HourCount[]): number {
  const frauds = hours.reduce((sum, hour) => sum + hour.frauds, 0);
  const all = hours.reduce((sum, hour) => sum + hour.frauds + hour.legitimate, 0);
  return all > 0 ? frauds / all : 0;
}

function tinyShare({ rows, amounts, labels, weights }: Dataset): number {
  let [tiny, all] = [0, 0];
  for (let i = 0; i < rows; i++) {
    if (labels[i] !== 1) continue;
    all += weights[i]!;
    if (amounts[i]! < 2) tiny += weights[i]!;
  }
  return all > 0 ? tiny / all : 0;
}

function amountSteps(
  { rows, amounts, labels, weights }: Dataset,
  legitimate: number,
  frauds: number,
): AmountStep[] {
  return AMOUNT_EDGES.slice(0, -1).map((from, step) => {
    const to = AMOUNT_EDGES[step + 1]!;
    const share = [0, 0];
    for (let i = 0; i < rows; i++) {
      if (amounts[i]! >= from && amounts[i]! < to) share[labels[i]!]! += weights[i]!;
    }
    const label = Number.isFinite(to) ? `${from}–${to}` : `${from}+`;
    return { label, legitimate: share[0]! / legitimate, frauds: share[1]! / frauds };
  });
}

function correlationOf({ rows, inputs, labels }: Dataset): Exploration["correlation"] {
  const names = [...inputs.names, "Class"];
  const table = new Float32Array(rows * names.length);
  for (let r = 0; r < rows; r++) {
    table.set(inputs.values.subarray(r * inputs.columns, (r + 1) * inputs.columns), r * names.length);
    table[(r + 1) * names.length - 1] = labels[r]!;
  }
  return { names, values: correlations(table, names.length) };
}
