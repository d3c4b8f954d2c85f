/** One measured figure and what it should be. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The figure must be at least, or at most, this. */
  readonly atLeast?: number;
  readonly atMost?: number;
  /** What it was made of, e.g. the rounds' values. */
  readonly note?: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The median of each round's ratio, with the rounds in the note. */
export function ratio(
  name: string,
  rounds: readonly number[],
  target: Pick<Figure, "atLeast" | "atMost">,
): Figure {
  const note = `rounds ${rounds.map((value) => show(value)).join(", ")}`;
  return { name, value: median(rounds), unit: "×", note, ...target };
}

export function meets({ value, atLeast, atMost }: Figure): boolean {
  return !(atLeast !== undefined && !(value >= atLeast)) && !(atMost !== undefined && !(value <= atMost));
}

/** Prints a figure as one line. */
export function print(figure: Figure): void {
  const { name, value, unit, atLeast, atMost, note } = figure;
  const target =
    atLeast !== undefined ? ` (≥ ${show(atLeast)})` : atMost !== undefined ? ` (≤ ${show(atMost)})` : "";
  const verdict =
    atLeast === undefined && atMost === undefined ? "      " : meets(figure) ? "ok    " : "MISSED";
  console.log(
    `${verdict} ${name}: ${show(value)} ${unit}${target}${note === undefined ? "" : `  [${note}]`}`,
  );
}

function show(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(size >= 10 ? 1 : 2);
}
