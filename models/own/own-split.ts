import type { ModelSchema } from "../../domain/features/definition.ts";
import { labelDelayMs } from "../../domain/features/label-delay.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { OwnPayments } from "./own-payments.ts";

/** Rows to learn from and later ones to judge on, by time. */
export interface OwnSplit {
  /** Seconds since 1970. */
  readonly trainEnd: number;
  readonly testStart: number;
  readonly train: Int32Array;
  readonly test: Int32Array;
  /** Whether what is learned from was known before the first payment that is judged on. */
  readonly knownInTime: boolean;
}

/** The last fifth of the labelled payments is judged on. */
const TEST_SHARE = 0.2;

/** How long labels take, by the schema's own word; seconds. */
export function labelDelay(schema: Pick<ModelSchema, "features">): number {
  return labelDelayMs(schema) / 1_000;
}

/**
 * The payments by time: the last fifth to judge on, and those before it, but for the span in which labels were not known
 * yet when the first of the fifth came. Where it is known when each label came and most came later than that (a backlog
 * judged in one go), the split is by the payments' time alone, and says so.
 *
 * @throws DomainError `invalid_argument` when a part has no fraud, or nothing else
 */
export function splitOwn(
  { times, labels, knownAt }: Pick<OwnPayments, "times" | "labels" | "knownAt">,
  delay: number,
): OwnSplit {
  const sorted = times.slice().sort();
  const testStart = sorted[Math.floor(sorted.length * (1 - TEST_SHARE))] as number;
  const trainEnd = testStart - delay;
  const rows = Int32Array.from(times.keys());
  const earlier = rows.filter((r) => (times[r] as number) < trainEnd);
  const known = knownAt ? earlier.filter((r) => (knownAt[r] as number) < testStart) : earlier;
  const knownInTime = known.length * 2 >= earlier.length;
  const train = knownInTime ? known : earlier;
  const test = rows.filter((r) => (times[r] as number) >= testStart);
  for (const [part, of] of [["to learn from", train] as const, ["to judge on", test] as const]) {
    const frauds = of.filter((r) => labels[r] === 1).length;
    if (frauds > 0 && frauds < of.length) continue;
    throw new DomainError(
      "invalid_argument",
      `of the labelled payments ${of.length} are ${part}, ${frauds} of them frauds: both kinds are needed ` +
        `(judged on from ${moment(testStart)}, learned from until ${moment(trainEnd)})`,
    );
  }
  return { trainEnd, testStart, train, test, knownInTime };
}

/** The rows whose labels are known when the last of the payments has come: what is served learns from them. */
export function knownRows(
  { times }: Pick<OwnPayments, "times">,
  delay: number,
): { readonly end: number; readonly rows: Int32Array } {
  const end = times.reduce((last, time) => Math.max(last, time), Number.NEGATIVE_INFINITY) - delay;
  const rows = Int32Array.from(times.keys()).filter((r) => (times[r] as number) <= end);
  return { end, rows };
}

/** Seconds since 1970 as a moment in words. */
export function moment(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
