import { candidates, mayBeChosen } from "./candidates.ts";
import { nestedChoice, type Summary, summarise } from "./choose.ts";
import type { Walk } from "./walk.ts";
import { apart } from "./windows.ts";

/** A walk forward as lines for a terminal: the windows, each candidate on them, who was chosen, what the choice is worth. */
export function describeWalk(
  { windows, walked, chosen }: Walk,
  {
    testStart,
    labelDelay,
    seeds,
  }: { readonly testStart: number; readonly labelDelay: number; readonly seeds: number },
): string[] {
  const nested = nestedChoice(walked.filter(mayBeChosen), windows);
  const count = apart(windows).length;
  const seedsRead = seeds === 1 ? "one seed" : `mean of ${seeds} seeds, one fit each`;
  return [
    `walk forward: rows before Time ${testStart} alone, labels ${labelDelay} s late, ${seedsRead}`,
    `weighted AUPRC by window, each fitted on the rows before it; windows overlap by two thirds, and the 95 % interval of the mean is by Student's t as of the ${count} that share no row`,
    ...windows.map(
      ({ start, end, train, judged, frauds }, w) =>
        `  window ${w + 1}: Time ${start} to ${Number.isFinite(end) ? end : testStart}, fitted on ${train.length} rows, judged on ${judged.length} with ${frauds} frauds`,
    ),
    `${"".padEnd(16)} ${windows.map((_, w) => `   w${w + 1}`).join(" ")}   mean  (95 %)`,
    ...walked.map(
      ({ name, windows: values }) =>
        `${name.padEnd(16)} ${values.map((v) => v.toFixed(3)).join(" ")}  ${interval(summarise(values, count))}  ${candidates[name].title}${name === chosen.name ? "  ← chosen" : mayBeChosen({ name }) ? "" : " (rival)"}`,
    ),
    `chosen: ${chosen.name}, the simplest within one standard error of the best; rivals were put together while test rows were looked at, and are not chosen`,
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
