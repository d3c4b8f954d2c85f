import type { ModelCard } from "../../scorer/serving/registry.ts";
import type { Dataset } from "../data/dataset.ts";

/** A 95 % interval's half-width in standard deviations. */
const Z = 1.96;

/** How far, at most, chance alone moves a share of so many cases to either side: 1.96 · √(¼ ÷ n). */
export function chanceOf(cases: number): number {
  return Z * Math.sqrt(0.25 / cases);
}

/**
 * For a card: what its figures come from, and how much so few or many frauds are worth.
 *
 * @param labels of the rows they were computed on, 1 is fraud
 */
export function measuredOn(
  { file, sha256 }: Pick<Dataset, "file" | "sha256">,
  labels: ArrayLike<number>,
): NonNullable<ModelCard["measured_on"]> {
  const frauds = Array.from(labels).reduce((sum, label) => sum + label, 0);
  const note = `by chance alone a share of ${frauds} frauds, such as recall, moves by up to ±${chanceOf(frauds).toFixed(2)}`;
  return { file, sha256, rows: labels.length, frauds, note };
}

/** A line for a terminal. */
export function describeMeasuredOn({
  file,
  rows,
  frauds,
  note,
}: NonNullable<ModelCard["measured_on"]>): string {
  return `measured on ${rows} rows of ${file}, ${frauds} of them frauds: ${note}`;
}
