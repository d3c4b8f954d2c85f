import { showProgress } from "../../platform/process/progress.ts";
import { givenData, loadAndDescribe, oneOf, runCommand, wholeNumber } from "../cli/arguments.ts";
import { HONEST_TRAIN_END } from "../data/honest-stretches.ts";
import { prepareHonest } from "../protocol/honest.ts";
import { expandingWindows } from "./folds.ts";
import type { FinishedTrial } from "./journal.ts";
import { search } from "./search.ts";
import { searchSpaces } from "./space.ts";

const usage = `npm run search -- --data FILE.csv[.gz] [options]
  --learner boosting   ${Object.keys(searchSpaces).join(", ")}
  --trials 30          random draws from the learner's space
  --folds 4            expanding windows of time, the first from --first-start on
  --first-start 40000  Time in seconds where validation begins; everything stays before ${HONEST_TRAIN_END}
  --seed 42  --threads 2
  --journal FILE       finished trials (default .data/search-<learner>.jsonl): the same command goes on after a kill
  --top 5              trials to print`;

const options = {
  data: { type: "string" },
  learner: { type: "string", default: "boosting" },
  trials: { type: "string", default: "30" },
  folds: { type: "string", default: "4" },
  "first-start": { type: "string", default: "40000" },
  seed: { type: "string", default: "42" },
  threads: { type: "string", default: "2" },
  journal: { type: "string" },
  top: { type: "string", default: "5" },
} as const;

await runCommand(usage, options, async ({ values }) => {
  const file = givenData(values.data, usage);
  const learner = oneOf("learner", values.learner, Object.keys(searchSpaces));
  const trials = wholeNumber("trials", values.trials, 1);
  const count = wholeNumber("folds", values.folds, 1);
  const firstStart = wholeNumber("first-start", values["first-start"]);
  const seed = wholeNumber("seed", values.seed);
  const threads = wholeNumber("threads", values.threads, 1);
  const top = wholeNumber("top", values.top, 1);
  const journal = values.journal ?? `.data/search-${learner}.jsonl`;

  const data = await loadAndDescribe(file);
  // The features of the honest protocol's training part: the rows from HONEST_TRAIN_END on stay unseen.
  const { trainSet } = prepareHonest(data);
  const folds = expandingWindows(trainSet.times, trainSet.labels, {
    folds: count,
    firstStart,
    end: HONEST_TRAIN_END,
  });
  const progress = showProgress(learner);
  const finished = await search(trainSet, {
    learner,
    trials,
    seed,
    threads,
    folds,
    dataSha256: data.sha256,
    journal,
    progress: (done, best) =>
      progress.update(done, trials, `trials · best ${best.score.toFixed(4)} (trial ${best.trial})`),
  });
  progress.stop();
  console.log(`weighted AUPRC of ${count} expanding windows, Time ${firstStart} to ${HONEST_TRAIN_END}:`);
  for (const trial of finished.slice(0, top)) console.log(describe(trial));
  console.log(`${finished.length} trials in ${journal}`);
});

function describe({ trial, score, folds, parameters }: FinishedTrial): string {
  const windows = folds.map((f) => f.toFixed(3)).join(" ");
  return `  ${score.toFixed(4)}  (${windows})  trial ${trial}: ${JSON.stringify(parameters)}`;
}
