import { DEFAULT_CURRENCY } from "../../domain/money.ts";
import { publicSetSchema } from "../../features/schema/public-set.ts";
import { operator } from "../../platform/process/operator.ts";
import { showProgress } from "../../platform/process/progress.ts";
import {
  libraryVersions,
  loadAndDescribe,
  modelName,
  oneFile,
  oneOf,
  runCommand,
  wholeNumber,
} from "../cli/arguments.ts";
import { requireBoth } from "../protocol/honest.ts";
import { countOf, looksBefore, noteLook } from "../protocol/looks.ts";
import { openServedRegistry, writeVersion } from "../registry.ts";
import { type CandidateName, candidates } from "./candidates.ts";
import { claim } from "./claim.ts";
import { rowsBefore, splitAt, testStartOf } from "./rows.ts";
import { describeWalk } from "./table.ts";
import { walkForward } from "./walk.ts";

const names = Object.keys(candidates) as CandidateName[];

const usage = `npm run walk-forward -- FILE.csv[.gz] [options]
  --candidates ${names.join(",")}
  --until SECONDS     only rows before this Time are read; by default where the test stretch begins
  --label-delay 0     how late labels come, seconds: training rows end so long before a window begins
  --seeds 3           fits of each, with the seeds 1, 2, …; a figure is their mean, and none is picked
  --threads 2
  --claim NAME        opens the test stretch, once, for the chosen one's figures, and writes it as a version of that name
  --look-again        opens a stretch that was looked at before; the card and looks.json of the registry say so
  --registry FOLDER   the registry that is served (DATA_DIR/registry); models/registry to commit
Chooses a kind of model forward in time, on rows before the test stretch alone: of those within one standard error of the
best, the simplest. Windows hold about as many frauds each; how many there are follows from the frauds of the file.`;

const options = {
  candidates: { type: "string", default: names.join(",") },
  until: { type: "string" },
  "label-delay": { type: "string", default: "0" },
  seeds: { type: "string", default: "3" },
  threads: { type: "string", default: "2" },
  claim: { type: "string" },
  "look-again": { type: "boolean", default: false },
  registry: { type: "string" },
} as const;

await runCommand(
  usage,
  options,
  async ({ values, positionals }) => {
    const name = values.claim === undefined ? undefined : modelName(values.claim);
    const file = oneFile(positionals, "npm run walk-forward -- FILE.csv");
    const asked = values.candidates.split(",").map((name) => oneOf("candidates", name, names));
    const seeds = wholeNumber("seeds", values.seeds, 1);
    const threads = wholeNumber("threads", values.threads, 1);
    const labelDelay = wholeNumber("label-delay", values["label-delay"]);
    const until = values.until === undefined ? undefined : wholeNumber("until", values.until, 1);
    const data = await loadAndDescribe(file);
    const testStart = until ?? testStartOf(data);
    const registry = values.registry ?? (name === undefined ? "" : await openServedRegistry());
    if (name !== undefined) {
      requireBoth(data, splitAt(data, testStart).test, "test", `Time ≥ ${testStart}`);
      await looksBefore(registry, data.sha256, values["look-again"]);
    }
    const started = performance.now();
    const progress = showProgress("walk forward");
    const rows = rowsBefore(data, testStart);
    const walk = await walkForward(rows, {
      // In the order of simplicity, whatever order they were named in.
      names: names.filter((name) => asked.includes(name)),
      seeds,
      threads,
      labelDelay,
      done: (finished, of) => progress.update(finished, of, left(started, finished, of)),
    });
    progress.stop();
    for (const line of describeWalk(walk, { testStart, labelDelay, seeds })) console.log(line);
    if (name === undefined) return;
    const look = {
      data: data.sha256,
      test_start: testStart,
      at: new Date().toISOString(),
      by: operator().name,
      count: 1,
    };
    const looks = await noteLook(registry, look, values["look-again"]);
    const libraries = libraryVersions();
    const claiming = showProgress("claim");
    const began = performance.now();
    const { card, bytes } = await claim(data, rows, walk, {
      ...{ name, testStart, labelDelay, seeds, threads, libraries, looks },
      done: (finished, of) => claiming.update(finished, of, left(began, finished, of)),
    });
    claiming.stop();
    const written = await writeVersion(registry, card, bytes, {
      schema: publicSetSchema(name, DEFAULT_CURRENCY),
    });
    for (const { name: what, protocol, value, low, high } of card.metrics) {
      if (what === "auprc") console.log(`claim: AUPRC ${value} (${low} to ${high}), ${protocol}`);
    }
    console.log(
      `looks at the test stretch: ${countOf(looks)}; wrote ${written.name}@${written.version} (${bytes.length} bytes)`,
    );
  },
  { allowPositionals: true },
);

function left(started: number, finished: number, of: number): string {
  const seconds = ((performance.now() - started) / 1_000 / finished) * (of - finished);
  return `fits, about ${Math.ceil(seconds / 60)} min left`;
}
