import type { Progress } from "../learners/learner.ts";
import { type Candidate, WARM_UP_DAYS } from "./best.ts";
import { readDay } from "./calendar.ts";
import { publishedSplit } from "./protocol.ts";
import { handbookSchema, readHandbookRows } from "./rows.ts";
import { featuresOf, judgeCandidate } from "./run.ts";
import { type Figures, takeColumns } from "./training.ts";

/**
 * The starts that `best` is chosen on, a week apart: their test weeks follow each other from 2018-06-27 to 2018-07-31 and
 * do not overlap. None is later than 2018-07-11, whose test week is the last before that of the published table.
 */
export const CHOICE_STARTS: readonly string[] = [
  "2018-06-13",
  "2018-06-20",
  "2018-06-27",
  "2018-07-04",
  "2018-07-11",
];

/** A candidate on every start. */
export interface Judged {
  readonly candidate: Candidate;
  readonly figures: readonly Figures[];
}

/** Judges candidates on starts of a file. */
export async function judgeCandidates(
  path: string,
  starts: readonly string[],
  candidates: readonly Candidate[],
  {
    seed,
    threads,
    progress,
  }: { readonly seed: number; readonly threads: number; readonly progress?: Progress },
  told?: (judged: Judged) => void,
): Promise<Judged[]> {
  const rows = await readHandbookRows(path);
  const splits = starts.map((start) => publishedSplit(rows, readDay(start)));
  const firstStart = Math.min(...splits.map(({ start }) => start));
  const firstDay = Math.min(firstStart, rows.firstDay + WARM_UP_DAYS);
  const from = rows.days.findIndex((day) => day >= firstDay);
  const to = splits.reduce((most, { test }) => test.reduce((a, r) => Math.max(a, r), most), 0) + 1;
  const [own] = await featuresOf([{ path, schema: "best", from, to }], threads);
  const published = takeColumns(own!, (await handbookSchema("published")).inputs);
  const judged: Judged[] = [];
  for (const [c, candidate] of candidates.entries()) {
    const matrix = candidate.features === "best" ? own! : published;
    const figures: Figures[] = [];
    for (const [s, split] of splits.entries()) {
      figures.push(await judgeCandidate(candidate, rows, split, { from, matrix }, { seed, threads }));
      progress?.(c * splits.length + s + 1, candidates.length * splits.length, candidate.name);
    }
    judged.push({ candidate, figures });
    told?.(judged.at(-1)!);
  }
  return judged;
}

/** How a candidate stands to the one with the highest mean average precision. */
export interface Standing extends Judged {
  readonly ap: number;
  /** Mean of the differences to the highest, start by start. */
  readonly behind: number;
  /** Standard error of that mean. */
  readonly error: number;
}

/**
 * The simplest candidate that is behind the highest by no more than one standard error of their differences over the
 * starts (Breiman et al. 1984, for trees of several sizes).
 *
 * @param judged from simple to rich
 */
export function choose(judged: readonly Judged[]): { chosen: Standing; standings: readonly Standing[] } {
  const means = judged.map(({ figures }) => mean(figures.map(({ ap }) => ap)));
  const highest = judged[means.indexOf(Math.max(...means))]!;
  const standings = judged.map((one, i): Standing => {
    const differences = one.figures.map(({ ap }, s) => highest.figures[s]!.ap - ap);
    const behind = mean(differences);
    const n = differences.length;
    const variance = n < 2 ? 0 : differences.reduce((sum, d) => sum + (d - behind) ** 2, 0) / (n - 1);
    return { ...one, ap: means[i]!, behind, error: Math.sqrt(variance / n) };
  });
  return { chosen: standings.find(({ behind, error }) => behind <= error)!, standings };
}

export function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
