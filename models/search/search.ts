import type { TrainingSet } from "../learners/learner.ts";
import { runTasks } from "../learners/worker-pool.ts";
import type { Fold } from "./folds.ts";
import { type FinishedTrial, Journal } from "./journal.ts";
import { searchSpaces } from "./space.ts";
import type { TrialSetup } from "./trial.ts";

export interface SearchOptions {
  /** A name of {@link searchSpaces}. */
  readonly learner: string;
  readonly trials: number;
  readonly seed: number;
  readonly threads: number;
  readonly folds: readonly Fold[];
  /** SHA-256 of the data file: a journal of other data is refused. */
  readonly dataSha256: string;
  readonly journal: string;
  readonly progress?: (finished: number, best: FinishedTrial) => void;
}

/**
 * Random search (Bergstra & Bengio 2012): independent trials, each judged by weighted average precision on expanding
 * windows of time. Trials depend on the seed and their number alone, so a search that was killed and started again
 * with its journal ends with the same trials as one that ran through.
 *
 * @returns the trials 0 … trials − 1, best first; equal scores by number
 * @throws DomainError `conflict` when the journal belongs to another search
 */
export async function search(set: TrainingSet, options: SearchOptions): Promise<FinishedTrial[]> {
  const { learner, seed, folds } = options;
  const journal = await Journal.open(options.journal, {
    learner,
    dataSha256: options.dataSha256,
    seed,
    folds: folds.length,
    space: JSON.stringify([searchSpaces[learner]!.ranges, folds.map(({ start, end }) => [start, end])]),
  });
  try {
    const known = new Set(journal.finished.map((t) => t.trial));
    const missing = Array.from({ length: options.trials }, (_, t) => t).filter((t) => !known.has(t));
    const report = () => {
      const mine = ranked(journal.finished, options.trials);
      if (mine[0]) options.progress?.(mine.length, mine[0]);
    };
    report();
    let written = Promise.resolve();
    const module = new URL(
      import.meta.url.endsWith(".ts") ? "./trial-worker.ts" : "./trial-worker.js",
      import.meta.url,
    );
    await runTasks<TrialSetup, number, FinishedTrial>(
      module,
      { learner, set, folds, seed },
      missing,
      options.threads,
      (_, trial) => {
        written = written.then(() => journal.add(trial)).then(report);
      },
    );
    await written;
    return ranked(journal.finished, options.trials);
  } finally {
    await journal.close();
  }
}

function ranked(trials: readonly FinishedTrial[], count: number): FinishedTrial[] {
  return trials.filter((t) => t.trial < count).sort((a, b) => b.score - a.score || a.trial - b.trial);
}
