import type { Matrix } from "../features/matrix.ts";
import { exactMoney } from "../impact/money.ts";
import { HONEST_TEST_END } from "./honest-stretches.ts";

/** The raw inputs of every model, in the order of the ONNX input. */
export const inputNames: readonly string[] = [
  "Time",
  ...Array.from({ length: 28 }, (_, i) => `V${i + 1}`),
  "Amount",
];

/** Labelled transactions in the order of their file. */
export interface Dataset {
  /** The file's name without its folder. */
  readonly file: string;
  /** SHA-256 of the file as it lies on disk (compressed or not), lower-case hex. */
  readonly sha256: string;
  readonly rows: number;
  /** n × 30 ({@link inputNames}), float32 as the scorer receives them. */
  readonly inputs: Matrix;
  /** n times in seconds and n amounts as the file has them: for splits and for money. */
  readonly times: Float64Array;
  readonly amounts: Float64Array;
  /** n labels, 1 is fraud. */
  readonly labels: Uint8Array;
  /** n weights: how many real transactions a row stands for; 1 without a Weight column. */
  readonly weights: Float64Array;
  readonly weighted: boolean;
  /** n group numbers: rows that are equal in all 30 inputs share the number of the first of them. */
  readonly groups: Int32Array;
  readonly quality: DataQuality;
  /** What is not plain in the file and how it was taken, in words; empty for most. */
  readonly form: readonly string[];
}

/** What a person wants to know of a file before trusting it. */
export interface DataQuality {
  readonly rows: number;
  readonly frauds: number;
  /** Sum of the weights: the transactions that the file stands for. */
  readonly weightedRows: number;
  /** Weighted share of fraud. */
  readonly fraudRate: number;
  /** Money of the frauds, weighted, in the data's currency. */
  readonly fraudAmount: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly timeOrdered: boolean;
  readonly duplicates: number;
  /** Duplicates whose labels disagree. */
  readonly contradictions: number;
  readonly zeroAmounts: number;
  readonly maxAmount: number;
  /** Rows, and frauds among them, too late for the honest protocol: it neither trains nor tests on them. */
  readonly laterRows: number;
  readonly laterFrauds: number;
}

/** Streams of card payments hold well under one fraud in a hundred. */
const HIGHEST_STREAM_RATE = 0.01;

/**
 * Whether a file's rate of fraud can be that of the stream it was taken from: its weights say so, or there are none and
 * the rate is one that streams have. A file without weights that holds more is a sample of frauds; what is measured on
 * it holds for that mixture.
 */
export function atTrueBaseRate({ rows, weightedRows, fraudRate }: DataQuality): boolean {
  return weightedRows !== rows || fraudRate <= HIGHEST_STREAM_RATE;
}

const DAY_S = 86_400;
const YEAR_S = 365 * DAY_S;
/** A file may be a later part of a longer one, but one that begins this late counts from elsewhere (or writes dates). */
export const LATEST_START_S = 120 * DAY_S;

export const TIME_UNIT = "Time is the seconds since the first transaction";

/** What to ask of a Time that does not look like seconds since the first transaction; undefined where it does. */
export function timeQuestion({
  firstTime,
  lastTime,
}: Pick<DataQuality, "firstTime" | "lastTime">): string | undefined {
  if (firstTime >= LATEST_START_S) return `is it counted from 1970, or a date? ${TIME_UNIT}`;
  if (lastTime < DAY_S) return `is it in hours or minutes? ${TIME_UNIT}`;
  if (lastTime >= YEAR_S) return `is it in milliseconds? ${TIME_UNIT}`;
  return undefined;
}

/** What to ask of labels that call most transactions fraud. */
export const LABEL_QUESTION = "are the labels the wrong way round? 1 is fraud, 0 is legitimate";

/** Lines for a terminal. */
export function describeQuality(quality: DataQuality): string[] {
  const { rows, frauds, weightedRows, fraudRate, laterRows, laterFrauds } = quality;
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  const lines = [
    `${whole(rows)} rows, ${whole(frauds)} frauds; they stand for ${whole(weightedRows)} transactions, ${(100 * fraudRate).toFixed(3)} % fraud`,
    `Time ${whole(quality.firstTime)} to ${whole(quality.lastTime)} s, ${quality.timeOrdered ? "in order" : "not in order"}; largest amount ${exactMoney(quality.maxAmount)}, ${whole(quality.zeroAmounts)} of zero`,
    `${whole(quality.duplicates)} exact duplicates, ${whole(quality.contradictions)} of them with another label`,
  ];
  if (laterRows > 0) {
    lines.push(
      `${whole(laterRows)} rows with ${whole(laterFrauds)} frauds from ${whole(HONEST_TEST_END)} s on: the honest protocol neither trains nor tests on them`,
    );
  }
  if (fraudRate > 0.5) lines.push(`most of it is fraud: ${LABEL_QUESTION}`);
  if (!atTrueBaseRate(quality)) {
    lines.push(
      `no weights, and more fraud than a stream of payments has: figures hold for this file's rate, not for the true one`,
    );
  }
  return lines;
}

/** A line for whoever reads a file that is not plain: what it was taken for. */
export function describeForm({ file, form }: Pick<Dataset, "file" | "form">): string[] {
  return form.length === 0 ? [] : [`${file} was taken so: ${form.join("; ")}`];
}

/** A day of the stream that a dataset stands for. */
export interface StreamDay {
  readonly transactions: number;
  readonly frauds: number;
  /** Money of the day's frauds, in the data's currency. */
  readonly fraudAmount: number;
}

/**
 * The one place where transactions, frauds and stolen money of a day come from: the whole file, weighted, over its span of
 * time. A test stretch of some hours has another rate of fraud than the day it is cut from.
 */
export function streamDay({ quality }: Pick<Dataset, "quality">): StreamDay {
  const { weightedRows, fraudRate, fraudAmount, firstTime, lastTime } = quality;
  const days = Math.max(1, lastTime - firstTime) / DAY_S;
  return {
    transactions: weightedRows / days,
    frauds: (weightedRows * fraudRate) / days,
    fraudAmount: fraudAmount / days,
  };
}
