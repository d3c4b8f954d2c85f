import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadCsv } from "../models/data/csv.ts";
import { HONEST_TEST_END, HONEST_TRAIN_END } from "../models/data/honest-stretches.ts";
import { readProfile } from "../pipeline/simulator/profile.ts";
import { projectRoot } from "../platform/process/config.ts";
import { OnnxModel } from "../scorer/scoring/model.ts";
import { readModel, resolveModel } from "../scorer/serving/registry.ts";
import { measureRealism, realRows } from "./realism-measure.ts";

const folder = process.env["PAYSECURE_DATA"] || join(projectRoot, "../shared/data");
const file = join(folder, "creditcard-sample.csv.gz");
const registry = join(projectRoot, "models/registry");

test.skipIf(!existsSync(file))(
  "the champion ranks simulated transactions as it ranks real ones; means and spreads match per class",
  async () => {
    const { bytes, card } = await readModel(registry, await resolveModel(registry, "champion"));
    const model = await OnnxModel.load(bytes);
    const [data, profile] = await Promise.all([loadCsv(file), readProfile()]);
    const auc = card.metrics.find((m) => m.name === "auc" && m.protocol.startsWith("honest"))!.value;
    const rows = realRows(data, HONEST_TRAIN_END, HONEST_TEST_END);
    const report = await measureRealism(model, profile, { rows, auc }, realRows(data, 0, HONEST_TEST_END), {
      auc: 10_000,
      spread: 100_000,
      seeds: [1],
    });
    await model.release();
    expect(report.failures).toEqual([]);
  },
  60_000,
);
