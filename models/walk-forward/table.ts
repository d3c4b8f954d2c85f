import { nestedChoice, type Summary, summarise } from "./choose.ts";
import { candidateOf, type Field, isEligible } from "./field.ts";
import { spanOf } from "./span.ts";
import type { Walk } from "./walk.ts";
import { apart } from "./windows.ts";

/** What a table says beside the figures. */
export interface TableWords {
  readonly field: Pick<Field, "candidates">;
  /** Seconds: where the rows end that were walked through. */
  readonly end: number;
  /** Where the test stretch begins, when labels that were not known then part the two. */
  readonly testStart?: number;
  readonly labelDelay: number;
  readonly seeds: number;
  /** A moment of the rows in words; what stands before one or two of them. */
  readonly moment: (seconds: number) => string;
  readonly before?: string;
}

/** A walk forward as lines for a terminal: the windows, each candidate on them, who was chosen, what the choice is worth. */
export function describeWalk(
  { windows, walked, chosen }: Walk,
  { field, end: last, testStart, labelDelay, seeds, moment, before = "" }: TableWords,
): string[] {
  const eligible = (name: string) => isEligible(field, name);
  const nested = nestedChoice(
    walked.filter(({ name }) => eligible(name)),
    windows,
  );
  const rivals = Object.keys(field.candidates).some((name) => !eligible(name));
  const count = apart(windows).length;
  const seedsRead = seeds === 1 ? "one seed" : `mean of ${seeds} seeds, one fit each`;
  const stretch = testStart === undefined ? "" : ` (the test stretch begins ${before}${moment(testStart)})`;
  return [
    `walk forward: rows before ${before}${moment(last)} alone, labels ${spanOf(labelDelay)} late${stretch}, ${seedsRead}`,
    `weighted AUPRC by window, each fitted on the rows before it; windows overlap by two thirds, and the 95 % interval of the mean is by Student's t as of the ${count} that share no row`,
    ...windows.map(
      ({ start, end, train, judged, frauds }, w) =>
        `  window ${w + 1}: ${before}${moment(start)} to ${moment(Number.isFinite(end) ? end : last)}, fitted on ${train.length} rows, judged on ${judged.length} with ${frauds} frauds`,
    ),
    `${"".padEnd(16)} ${windows.map((_, w) => `w${w + 1}`.padStart(5)).join(" ")}   mean  (95 %)`,
    ...walked.map(
      ({ name, windows: values }) =>
        `${name.padEnd(16)} ${values.map((v) => v.toFixed(3)).join(" ")}  ${interval(summarise(values, count))}  ${candidateOf(field, name).title}${name === chosen.name ? "  ← chosen" : eligible(name) ? "" : " (rival)"}`,
    ),
    `chosen: ${chosen.name}, the simplest within one standard error of the best${rivals ? "; rivals were put together while test rows were looked at, and are not chosen" : ""}`,
    ...(nested.length < 2
      ? []
      : [
          `choosing so by earlier windows alone: ${nested.map(({ name, value }) => `${name} ${value.toFixed(3)}`).join(", ")}: ${interval(summarise(nested.map(({ value }) => value)))}`,
        ]),
  ];
}

function interval({ mean, low, high }: Summary): string {
  return `${mean.toFixed(4)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}
