import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadCsv } from "../models/data/csv.ts";
import { HONEST_TEST_END, HONEST_TRAIN_END } from "../models/data/honest-stretches.ts";
import { readProfile } from "../pipeline/simulator/profile.ts";
import { projectRoot } from "../platform/process/config.ts";
import { OnnxModel } from "../scorer/scoring/model.ts";
import { readModel, resolveModel } from "../scorer/serving/registry.ts";
import { measureRealism, modelAuc, REALISM_LIMITS, realRows, type VariableGap } from "./realism-measure.ts";

/**
 * `npm run realism [-- FILE.csv.gz [MODEL]]`: how real the simulated transactions look. The model's AUC on simulated
 * transactions against its AUC on real ones that it never saw, and each variable's mean and spread per class. Exits
 * with 1 when a limit is passed, with 2 when there is no data.
 */
const PER_CLASS = { auc: 50_000, spread: 200_000, seeds: [1, 2, 3] };

const [file = join(projectRoot, "../shared/data/creditcard-sample.csv.gz"), reference = "champion"] =
  process.argv.slice(2);
if (!existsSync(file)) {
  console.error(`no data at ${file}: give the path of a labelled csv`);
  process.exit(2);
}
const registry = join(projectRoot, "models/registry");
const stored = await readModel(registry, await resolveModel(registry, reference));
const model = await OnnxModel.load(stored.bytes);
const [data, profile] = await Promise.all([loadCsv(file), readProfile()]);

// A model that was trained on more than the training span, or fitted on every row since, has seen these rows; its card says what it
// reached when it had not.
const rows = realRows(data, HONEST_TRAIN_END, HONEST_TEST_END);
const unseen =
  stored.card["refit"] === undefined && stored.card.split["train"] === `Time < ${HONEST_TRAIN_END}`;
const onCard = stored.card.metrics.find((m) => m.name === "auc" && m.protocol.startsWith("honest"))?.value;
const auc = unseen || onCard === undefined ? await modelAuc(model, rows) : onCard;
const report = await measureRealism(
  model,
  profile,
  { rows, auc },
  realRows(data, 0, HONEST_TEST_END),
  PER_CLASS,
);
await model.release();

console.log(
  `${stored.name}@${stored.version}; simulated transactions of each class: ${PER_CLASS.auc} for AUC (seeds ${PER_CLASS.seeds.join(", ")}), ${PER_CLASS.spread} for means and spreads`,
);
console.log(
  `AUC         real, held out ${auc.toFixed(4)}${unseen ? "" : " (card)"}   simulated ${report.simulatedAucs.map((a) => a.toFixed(4)).join(", ")}   ` +
    `difference ${report.aucDifference.toFixed(4)} (limit ${REALISM_LIMITS.auc})`,
);
for (const [name, gaps] of Object.entries(report.gaps)) console.log(describe(name, gaps));
console.log(report.failures.length === 0 ? "every limit holds" : report.failures.join("\n"));
process.exitCode = report.failures.length === 0 ? 0 : 1;

function describe(name: string, gaps: readonly VariableGap[]): string {
  const mean = gaps.reduce((a, b) => (b.mean > a.mean ? b : a));
  const spread = gaps.reduce((a, b) => (Math.abs(Math.log(b.spread)) > Math.abs(Math.log(a.spread)) ? b : a));
  return (
    `${name.padEnd(11)} means at most ${mean.mean.toFixed(3)} sd apart (${mean.variable}, limit ${REALISM_LIMITS.mean})   ` +
    `spreads within ×${spread.spread.toFixed(3)} (${spread.variable}, limits ${REALISM_LIMITS.spread.join("–")})`
  );
}
