import type { Kysely } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { GateReport, KnownModels, LifeComparison, RunData } from "../../domain/model-care.ts";
import { keepComparison, keepKnownModels } from "../../pipeline/models/known.ts";
import { beginRun, endRun } from "../../pipeline/models/runs.ts";
import type { Database } from "../../pipeline/store/schema.ts";

const DAN: Actor = { kind: "user", id: "4", name: "dan" };

/** What a worker would have seen: a champion, a challenger, a shadow, and who was champion before. */
export function testModels(runId: number | null = null): KnownModels {
  const auprc = (value: number, protocol: string) => ({
    ...{ value, low: value - 0.021, high: value + 0.019 },
    protocol,
  });
  const trained = (id: string, algorithm: string, trainedAt: string) => ({ id, algorithm, trainedAt });
  return {
    champion: "champion@5",
    challenger: { model: "own@2", share: 0.1 },
    shadows: ["own@1"],
    before: "champion@4",
    versions: [
      {
        ...trained("champion@5", "random forest", "2026-09-14T08:00:00.000Z"),
        ...{ auprc: auprc(0.8012, "walk-forward"), runId: null },
      },
      {
        ...trained("champion@4", "gradient boosting", "2026-06-02T08:00:00.000Z"),
        ...{ auprc: auprc(0.7893, "walk-forward"), runId: null },
      },
      {
        ...trained("own@2", "gradient boosting", "2026-11-26T22:10:00.000Z"),
        ...{ auprc: auprc(0.8301, "forward in time"), runId },
      },
      { ...trained("own@1", "logistic regression", "2026-10-30T22:10:00.000Z"), auprc: null, runId: null },
    ],
  };
}

const DATA: RunData = {
  ...{ from: "2026-08-27T00:00:00.000Z", until: "2026-11-26T22:00:00.000Z", rows: 48_211, frauds: 612 },
  ways: { sent_to_people: 6_310, control_group: 1_204, known_by_source: 40_600, reported_later: 97 },
  leftOut: { "what its model read was not kept": 318, "its label is of another source": 12 },
  sha256: "9f2c1a7be04d5586c3e1f7702ab94d1e6c05fa83b2d97e41880c36d5ea1f4b07",
};

const GATE: GateReport = {
  passed: true,
  checks: [
    {
      ...{ name: "enough", passed: true, asked: "at least 20 frauds and others to judge on" },
      found: "131 frauds of 9,642 payments",
    },
    {
      ...{ name: "figures", passed: true, asked: "catches as much at the same review load" },
      found: "catches 84.7 % of the frauds, the champion 79.4 %; the difference is at least −0.8 % (95 %)",
    },
    {
      ...{ name: "drift", passed: true, asked: "scores as it did when it learned (PSI below 0.25)" },
      found: "PSI 0.041",
    },
    {
      ...{ name: "size", passed: true, asked: "at most 4 times as large as the champion" },
      found: "1.2 MB, the champion 3.4 MB",
    },
  ],
  candidate: { auprc: 0.8301, recall: 0.847, precision: 0.412, calibration: 1.08, load: 0.028 },
  champion: { auprc: 0.7954, recall: 0.794, precision: 0.386, calibration: 0.91, load: 0.0277 },
  ...{ rows: 9_642, frauds: 131, since: "2026-11-08T00:00:00.000Z" },
  holdsFor: "all payments: of those not sent to people a control group was looked at",
};

/** A comparison of the challenger with the champion, with what each did with its own cards. */
export const TEST_COMPARISON: LifeComparison = {
  ...{ at: "2026-11-27T06:00:00.000Z", champion: "champion@5", other: "own@2", role: "challenger", days: 30 },
  since: "2026-10-28T06:00:00.000Z",
  ...{ rows: 12_480, frauds: 164, unscored: 55, holdsFor: GATE.holdsFor },
  champions: {
    ...{ auprc: 0.7911, recall: 0.774, precision: 0.391, reviews: 326.4 },
    caught: { EUR: 41_250.5, USD: 8_120 },
  },
  others: {
    ...{ auprc: 0.8228, recall: 0.866, precision: 0.417, reviews: 341.2 },
    caught: { EUR: 48_904.25, USD: 9_315.9 },
  },
  mcnemar: { onlyChampion: 6, onlyOther: 21, p: 0.0059 },
  auc: { difference: 0.0042, low: -0.0011, high: 0.0095 },
  auprc: { difference: 0.0317, low: 0.0108, high: 0.0521 },
  evidence: { value: 34.2, favours: "other" },
  arms: {
    ...{ since: "2026-11-12T09:00:00.000Z", share: 0.1 },
    champion: { payments: 90_211, reviewed: 2_490, labelled: 2_301, frauds: 902, missed: 204 },
    challenger: { payments: 10_045, reviewed: 281, labelled: 255, frauds: 118, missed: 15 },
    evidence: { value: 3.1, favours: "" },
  },
  words:
    "own@2 catches more: 21 frauds only own@2 would have sent to people, 6 only the champion. This is sure enough to stop waiting.",
};

/** Keeps models, an accepted training with its gate, and a comparison, as a worker would. @returns the run's number */
export async function keepTestModels(db: Kysely<Database>): Promise<{ readonly runId: number }> {
  const code = { version: "0.1.0", commit: "7b5780e", "onnxruntime-node": "1.22.0" };
  const runId = await beginRun(db, { askedBy: DAN, champion: "champion@5", seed: 1, code });
  await endRun(db, runId, DAN, {
    ...{ state: "accepted", model: "own@2", data: DATA, gate: GATE },
    words: "own@2 passed the gate beside champion@5: it waits for somebody to give it a role",
  });
  await keepKnownModels(db, testModels(runId));
  await keepComparison(db, TEST_COMPARISON);
  return { runId };
}

/** Keeps a training whose model did not pass the gate. @returns the run's number */
export async function keepRefusedRun(db: Kysely<Database>): Promise<{ readonly runId: number }> {
  const runId = await beginRun(db, {
    askedBy: DAN,
    champion: "champion@5",
    seed: 1,
    code: { version: "0.1.0" },
  });
  const checks = GATE.checks.map((check) =>
    check.name === "figures"
      ? { ...check, passed: false, found: "catches 61.0 %, the champion 79.4 %" }
      : check,
  );
  await endRun(db, runId, DAN, {
    ...{ state: "refused", model: "", data: DATA, gate: { ...GATE, passed: false, checks } },
    words: "it catches less than champion@5 at the same review load",
  });
  return { runId };
}
