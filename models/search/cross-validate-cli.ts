import { showProgress } from "../../platform/process/progress.ts";
import { givenData, loadAndDescribe, oneOf, runCommand, wholeNumber } from "../cli/arguments.ts";
import { HONEST_TRAIN_END } from "../data/honest-stretches.ts";
import { prepareHonest } from "../protocol/honest.ts";
import { type RecipeName, recipes } from "../protocol/recipes.ts";
import { type CrossValidation, crossValidate, mean, validationParts } from "./cross-validation.ts";

const names = Object.keys(recipes) as RecipeName[];

const usage = `npm run cross-validate -- --data FILE.csv[.gz] [options]
  --recipes ${names.join(",")}
  --seeds 3  fits of every part, with the seeds 1, 2, …
  --threads 2
Compares recipes inside the training span (Time < ${HONEST_TRAIN_END}), which is where one is chosen: the test rows stay unseen.
The windows decide, each fitted on what lies before it; the blocks are fitted with hindsight and only say how steady it is.`;

const options = {
  data: { type: "string" },
  recipes: { type: "string", default: names.join(",") },
  seeds: { type: "string", default: "3" },
  threads: { type: "string", default: "2" },
} as const;

await runCommand(usage, options, async ({ values }) => {
  const file = givenData(values.data, usage);
  const chosen = values.recipes.split(",").map((name) => oneOf("recipes", name, names));
  const seeds = Array.from({ length: wholeNumber("seeds", values.seeds, 1) }, (_, i) => i + 1);
  const threads = wholeNumber("threads", values.threads, 1);

  const data = await loadAndDescribe(file);
  const { trainSet } = prepareHonest(data);
  const parts = validationParts(trainSet, HONEST_TRAIN_END);
  console.log(
    `weighted AUPRC, mean of ${seeds.length} seeds: forward in time (mean of the windows), then blocks of time with hindsight`,
  );
  for (const name of chosen) {
    const progress = showProgress(name);
    const fits = parts.length * seeds.length;
    let fitted = 0;
    const result = await crossValidate(recipes[name]().learner, trainSet, parts, {
      seeds,
      threads,
      done: () => progress.update(++fitted, fits, "fits"),
    });
    progress.stop();
    console.log(`  ${name.padEnd(12)} ${describe(result)}`);
  }
});

function describe({ windows, blocks, score }: CrossValidation): string {
  const each = (values: readonly number[]) => values.map((value) => value.toFixed(3)).join(" ");
  return `${score.toFixed(4)} (${each(windows)})  blocks ${mean(blocks).toFixed(4)} (${each(blocks)})`;
}
