import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadCsv } from "../models/data/csv.ts";
import { rocAuc } from "../models/evaluate/ranking.ts";
import { newMatrix } from "../models/features/matrix.ts";
import { gradientBoosting } from "../models/learners/boosting.ts";
import { randomForest } from "../models/learners/forest.ts";
import type { TrainingSet } from "../models/learners/learner.ts";
import { type OriginalData, prepareOriginal } from "../models/protocol/original.ts";
import { type RecipeName, recipes } from "../models/protocol/recipes.ts";
import { trainHonest } from "../models/protocol/train.ts";
import { Random } from "../platform/math/random.ts";
import { projectRoot } from "../platform/process/config.ts";

/**
 * `npm run bench -- train [-- --data FILE] [--quick]`: training speed and memory. The forest of the original protocol
 * (100 trees × depth 10, two threads) beside scikit-learn's with two jobs on the same rows in the same run, where
 * Debian's python3-sklearn is installed; the same forest, and boosted trees, on as many rows as the complete data set
 * gives, beside scikit-learn's and XGBoost's (python3-xgboost) with the same settings and two threads; every learner of the
 * train command by the honest protocol with its parity. Exits with 1 when a target is missed.
 */
const TIMES_FASTER = 3;
const MEMORY_LIMIT_MB = 2_000;
const AUC_TARGET = 0.9995;
/** Training rows of the original protocol on all 284,807 transactions. */
const COMPLETE_ROWS = 454_904;
const THREADS = 2;
/** Boosted trees of the comparison. */
const BOOSTED = 200;

const args = process.argv.slice(2);
const quick = args.includes("--quick");
const file = args.includes("--data")
  ? args[args.indexOf("--data") + 1]!
  : join(projectRoot, "../shared/data/creditcard-sample.csv.gz");
if (!existsSync(file)) {
  console.error(`no data at ${file}: give the path of a labelled csv with --data`);
  process.exit(2);
}

let missed = 0;
const data = await loadCsv(file);
const original = prepareOriginal(data, 42);
const { trainSet } = original;
const size = `${trainSet.labels.length} rows × ${trainSet.features.columns}`;
console.log(`forest 100 × depth 10, ${size}, ${THREADS} threads`);
const runs: number[] = [];
let auc = 0;
for (let run = 0; run < (quick ? 1 : 3); run++) {
  const { seconds, model } = await timeForest(trainSet);
  runs.push(seconds);
  auc = rocAuc({ scores: model.predict(original.testFeatures), labels: original.testLabels });
}
const median = runs.sort((a, b) => a - b)[Math.floor(runs.length / 2)]!;
report("fit, median", `${median.toFixed(2)} s (${runs.map((s) => s.toFixed(2)).join(", ")})`);
report("rows/s", Math.round(trainSet.labels.length / median).toLocaleString("en"));
report("peak memory of the process", `${peakMemory()} MB`, peakMemory() < MEMORY_LIMIT_MB);
report("AUC on the original protocol's test rows", auc.toFixed(5), auc >= AUC_TARGET);

const sklearn = await timePython("sklearn", original.trainSet, original);
if (sklearn) {
  const ratio = sklearn.seconds / median;
  report(
    `scikit-learn ${sklearn.version}, n_jobs=2`,
    `${sklearn.seconds.toFixed(2)} s, AUC ${sklearn.auc.toFixed(5)}`,
  );
  report("times faster", ratio.toFixed(2), ratio >= TIMES_FASTER);
} else console.log("  scikit-learn is not installed (Debian: python3-sklearn): no comparison");

if (!quick) {
  const complete = enlarge(trainSet, COMPLETE_ROWS);
  const { seconds } = await timeForest(complete);
  const share = seconds / median / (COMPLETE_ROWS / trainSet.labels.length);
  console.log(`the same forest on ${COMPLETE_ROWS} rows (drawn from these, jittered)`);
  report("fit", `${seconds.toFixed(2)} s, ${share.toFixed(2)} × the time per row`);
  report("peak memory of the process", `${peakMemory()} MB`, peakMemory() < MEMORY_LIMIT_MB);
  const theirs = await timePython("sklearn", complete, original);
  if (theirs) reportBeside(`scikit-learn ${theirs.version}, n_jobs=2`, theirs.seconds, seconds);

  console.log(`boosting ${BOOSTED} × depth 5 on the same rows`);
  const started = performance.now();
  const boosted = await gradientBoosting({ trees: BOOSTED }).fit(complete, { seed: 42, threads: THREADS });
  const took = (performance.now() - started) / 1_000;
  const ours = rocAuc({ scores: boosted.predict(original.testFeatures), labels: original.testLabels });
  report("fit, one of the two threads", `${took.toFixed(2)} s, AUC ${ours.toFixed(5)}`);
  const xgboost = await timePython("xgboost", complete, original, String(BOOSTED));
  if (xgboost) {
    report(`AUC of XGBoost ${xgboost.version}`, xgboost.auc.toFixed(5));
    reportBeside(`XGBoost ${xgboost.version}, nthread=2`, xgboost.seconds, took);
  } else console.log("  XGBoost is not installed (Debian: python3-xgboost, python3-sklearn): no comparison");

  console.log("every learner, honest protocol: fit, calibration, export, parity on every row");
  for (const name of Object.keys(recipes) as RecipeName[]) {
    const started = performance.now();
    const options = { name, recipe: recipes[name](), seed: 42, threads: THREADS, libraries: {} };
    const { bytes, card } = await trainHonest(data, options);
    const took = ((performance.now() - started) / 1000).toFixed(1);
    const { rows, max_abs_diff: worst } = card.parity;
    report(
      name,
      `${took} s, ${Math.round(bytes.length / 1000)} kB, largest difference ${worst.toExponential(1)} on ${rows} rows`,
      worst <= 1e-5,
    );
  }
}
process.exitCode = missed > 0 ? 1 : 0;

function report(what: string, value: string, good?: boolean): void {
  if (good === false) missed++;
  console.log(`  ${what.padEnd(42)} ${value}${good === undefined ? "" : good ? "  ok" : "  MISSED"}`);
}

async function timeForest(set: TrainingSet) {
  const started = performance.now();
  const model = await randomForest().fit(set, { seed: 42, threads: THREADS });
  return { seconds: (performance.now() - started) / 1000, model };
}

/** Highest resident memory so far, data and both threads included. */
function peakMemory(): number {
  return Math.round(process.resourceUsage().maxRSS / 1000);
}

/** Rows drawn with replacement, every value moved a little so that they are as distinct as real ones. */
function enlarge(set: TrainingSet, rows: number): TrainingSet {
  const random = new Random(1);
  const { columns, names, values } = set.features;
  const features = newMatrix(rows, names);
  const labels = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) {
    const from = random.int(set.labels.length);
    labels[r] = set.labels[from]!;
    for (let c = 0; c < columns; c++) {
      features.values[r * columns + c] = values[from * columns + c]! * (1 + 0.001 * (random.next() - 0.5));
    }
  }
  return { features, labels, weights: new Float64Array(rows).fill(1), times: new Float64Array(rows) };
}

function reportBeside(what: string, theirs: number, ours: number): void {
  report(what, `${theirs.toFixed(2)} s, ${(theirs / ours).toFixed(2)} times ours`);
}

/** Fits and times another library's trees on the very same rows; undefined where there is none. */
async function timePython(
  library: "sklearn" | "xgboost",
  trainSet: TrainingSet,
  { testFeatures, testLabels }: OriginalData,
  ...more: string[]
) {
  const python = "/usr/bin/python3";
  if (spawnSync(python, ["-c", `import sklearn, ${library}`]).status !== 0) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "bench-train-"));
  try {
    const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    await writeFile(join(folder, "train.f32"), bytes(trainSet.features.values));
    await writeFile(join(folder, "train.u8"), trainSet.labels);
    await writeFile(join(folder, "test.f32"), bytes(testFeatures.values));
    await writeFile(join(folder, "test.u8"), testLabels);
    const script = fileURLToPath(new URL(`./train-${library}.py`, import.meta.url));
    const columns = String(trainSet.features.columns);
    const { status, stdout, stderr } = spawnSync(python, [script, folder, columns, ...more], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${library} failed: ${stderr}`);
    return JSON.parse(stdout) as { version: string; seconds: number; auc: number };
  } finally {
    await rm(folder, { recursive: true });
  }
}
