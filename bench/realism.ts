import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadCsv } from "../models/data/csv.ts";
import { HONEST_TEST_END, HONEST_TRAIN_END } from "../models/data/splits.ts";
import { readProfile } from "../pipeline/simulator/profile.ts";
import { projectRoot } from "../platform/config.ts";
import { readModel, resolveModel } from "../platform/model-registry.ts";
import { OnnxModel } from "../scorer/scoring/model.ts";
import { modelAuc, realRows, simulate, variableGaps } from "./realism-measure.ts";

/**
 * `npm run realism [-- FILE.csv.gz [MODEL]]`: how real the simulated transactions look. The model's AUC on simulated
 * transactions against its AUC on real ones it never saw (100,000 ≤ Time < 145,000), and each variable's mean and
 * spread per class. Exits with 1 when a limit is passed.
 */
const AUC_LIMIT = 0.02;
const MEAN_LIMIT = 0.1;
const SPREAD_LIMITS = [0.85, 1.15] as const;
const PER_CLASS = 50_000;
/** Rare large values decide a spread: it needs more transactions than a rank does. */
const PER_CLASS_SPREAD = 200_000;

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

const real = realRows(data, 0, HONEST_TEST_END);
const unseen = realRows(data, HONEST_TRAIN_END, HONEST_TEST_END);
const heldOut = await modelAuc(model, unseen);
const aucs: number[] = [];
for (const seed of [1, 2, 3]) aucs.push(await modelAuc(model, simulate(profile, unseen, PER_CLASS, seed)));
const simulatedAuc = aucs.reduce((a, b) => a + b) / aucs.length;
let failed = Math.abs(simulatedAuc - heldOut) > AUC_LIMIT;
console.log(
  `model ${stored.name}@${stored.version}, ${PER_CLASS} simulated transactions of each class, seeds 1 to 3`,
);
console.log(
  `AUC  real, held out ${heldOut.toFixed(4)}   simulated ${simulatedAuc.toFixed(4)} (${aucs.map((a) => a.toFixed(4)).join(", ")})   ` +
    `difference ${(simulatedAuc - heldOut).toFixed(4)} (limit ${AUC_LIMIT}) ${failed ? "FAILED" : "ok"}`,
);
const simulated = simulate(profile, real, PER_CLASS_SPREAD, 1);
for (const label of [0, 1] as const) {
  const gaps = variableGaps(real, simulated, label);
  const wrong = gaps.filter(
    (g) => g.mean > MEAN_LIMIT || g.spread < SPREAD_LIMITS[0] || g.spread > SPREAD_LIMITS[1],
  );
  const mean = gaps.reduce((a, b) => (b.mean > a.mean ? b : a));
  const spread = gaps.reduce((a, b) => (Math.abs(Math.log(b.spread)) > Math.abs(Math.log(a.spread)) ? b : a));
  console.log(
    `${label === 1 ? "fraud     " : "legitimate"}  largest difference of means ${mean.mean.toFixed(3)} sd (${mean.variable}, limit ${MEAN_LIMIT})   ` +
      `of spreads ×${spread.spread.toFixed(3)} (${spread.variable}, limits ${SPREAD_LIMITS.join("–")})   ` +
      `${wrong.length === 0 ? "ok" : `FAILED: ${wrong.map((g) => g.variable).join(", ")}`}`,
  );
  failed ||= wrong.length > 0;
}
await model.release();
process.exitCode = failed ? 1 : 0;
