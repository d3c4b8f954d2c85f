import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { paysecureData } from "../report/config.ts";
import { runHandbook } from "./run.ts";

/**
 * The Handbook's published table. Needs its payments, which are not part of the project ($PAYSECURE_DATA); without them
 * this is skipped. The forest takes longer: `npm run handbook -- FILE` shows it.
 */
const file = join(paysecureData(), "handbook-transactions.csv.gz");

const PUBLISHED = {
  logistic: { auc: 0.871, ap: 0.606, cp100: 0.291 },
  boosting: { auc: 0.862, ap: 0.639, cp100: 0.273 },
} as const;

describe.skipIf(!existsSync(file))("on the Handbook's payments", () => {
  test("start 2018-07-25: the published rows, and its figures of logistic regression and boosting", async () => {
    const report = await runHandbook(file, {
      start: "2018-07-25",
      models: ["logistic", "boosting"],
      threads: 2,
      seed: 42,
    });
    expect(report).toMatchObject({
      train_rows: 67_240,
      train_frauds: 598,
      test_rows: 58_264,
      test_frauds: 385,
    });
    for (const [name, { auc, ap, cp100 }] of Object.entries(PUBLISHED)) {
      const measured = report.models[name as keyof typeof PUBLISHED]!;
      expect(Math.abs(measured.auc - auc), `${name} AUC ${measured.auc}`).toBeLessThanOrEqual(0.01);
      expect(Math.abs(measured.ap - ap), `${name} AP ${measured.ap}`).toBeLessThanOrEqual(0.01);
      expect(Math.abs(measured.cp100 - cp100), `${name} CP@100 ${measured.cp100}`).toBeLessThanOrEqual(0.015);
    }
  }, 300_000);
});
