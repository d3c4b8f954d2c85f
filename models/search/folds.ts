import { DomainError } from "../../platform/process/errors.ts";

/** One step of time-series cross-validation. */
export interface Fold {
  /** Rows before the fold's start. */
  readonly train: Uint32Array;
  /** Rows from its start to before its end. */
  readonly validation: Uint32Array;
  readonly start: number;
  readonly end: number;
}

/**
 * Expanding windows: the span from `firstStart` to `end` is cut into folds of equal time; each validates on its own
 * window and trains on everything before. Rows from `end` on are in none: the test part is never seen.
 *
 * @param end exclusive, seconds
 * @throws DomainError `invalid_argument` when a window has no fraud, or no legitimate row, to train or validate on
 */
export function expandingWindows(
  times: Float64Array,
  labels: Uint8Array,
  { folds, firstStart, end }: { readonly folds: number; readonly firstStart: number; readonly end: number },
): Fold[] {
  const rows = Uint32Array.from(times.keys());
  const width = (end - firstStart) / folds;
  return Array.from({ length: folds }, (_, f) => {
    const start = firstStart + f * width;
    const stop = f === folds - 1 ? end : start + width;
    const train = rows.filter((r) => times[r]! < start);
    const validation = rows.filter((r) => times[r]! >= start && times[r]! < stop);
    for (const [part, of] of Object.entries({ train, validation })) {
      const frauds = of.filter((r) => labels[r] === 1).length;
      if (frauds === 0 || frauds === of.length) {
        throw new DomainError(
          "invalid_argument",
          `fold ${f + 1} (Time ${start} to ${stop}): ${of.length} rows to ${part === "train" ? "train" : "validate"} on, ${frauds} of them frauds; at least one fraud and one legitimate row are needed`,
        );
      }
    }
    return { train, validation, start, end: stop };
  });
}
