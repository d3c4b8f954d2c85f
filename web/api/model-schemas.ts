import { z } from "zod";
import { ACTOR_KINDS } from "../../domain/actors.ts";
import {
  type KnownModels,
  LABEL_WAYS,
  type LifeComparison,
  type LifeFigures,
  MODEL_ACTS,
  type ModelRequest,
  REQUEST_STATES,
  RUN_STATES,
  type TrainingRun,
} from "../../domain/model-care.ts";

const at = z.iso.datetime();
const share = z.number().min(0).max(1);
const actor = z.object({ kind: z.enum(ACTOR_KINDS), id: z.string(), name: z.string() });
const reference = z.string().meta({ description: "name@version" });
const count = z.int().nonnegative();

/** Who serves and what there is. */
export const modelsJson = z
  .object({
    seen_at: at.meta({ description: "When a worker last looked." }),
    champion: reference,
    challenger: z.object({ model: reference, share }).nullable(),
    shadows: z.array(reference),
    before: reference
      .nullable()
      .meta({ description: "Who a roll-back leads to; null where there is nobody." }),
    versions: z.array(
      z.object({
        id: reference,
        algorithm: z.string(),
        trained_at: z.string(),
        auprc: z
          .object({
            value: z.number(),
            low: z.number().nullable(),
            high: z.number().nullable(),
            protocol: z.string(),
          })
          .nullable()
          .meta({ description: "As its card says; null where it says none." }),
        training_run_id: z.int().nullable(),
      }),
    ),
  })
  .meta({ id: "Models" });

/** What somebody asked, and what became of it. */
export const requestJson = z
  .object({
    request_id: z.int(),
    act: z.enum(MODEL_ACTS),
    model: z.string(),
    share: share.nullable(),
    reason: z.string(),
    asked_by: actor,
    asked_at: at,
    state: z.enum(REQUEST_STATES),
    answer: z.string().meta({ description: "What came of it, in words; empty before." }),
    ended_at: at.nullable(),
  })
  .meta({ id: "ModelRequest" });

const judgedFigures = z.object({
  auprc: z.number(),
  recall: z.number().meta({ description: "At the review load of the champion." }),
  precision: z.number(),
  calibration: z.number().meta({ description: "Mean score ÷ share of frauds; 1 is right." }),
  load: z.number().meta({ description: "Share of payments that its own edges would send to people." }),
});

/** One training with its evidence. */
export const runJson = z
  .object({
    training_run_id: z.int(),
    started_at: at,
    ended_at: at.nullable(),
    asked_by: actor,
    state: z.enum(RUN_STATES),
    model: reference.nullable().meta({ description: "What was made; null where it did not come so far." }),
    champion: reference.meta({ description: "Whom it was held against." }),
    seed: z.int(),
    code: z.record(z.string(), z.string()),
    data: z
      .object({
        from: z.string(),
        until: z.string(),
        rows: count,
        frauds: count,
        ways: z
          .partialRecord(z.enum(LABEL_WAYS), count)
          .meta({ description: "Rows by how their label came about." }),
        left_out: z.record(z.string(), count).meta({ description: "Labelled payments, by why." }),
        sha256: z.string(),
      })
      .nullable(),
    gate: z
      .object({
        passed: z.boolean(),
        checks: z.array(
          z.object({ name: z.string(), passed: z.boolean(), asked: z.string(), found: z.string() }),
        ),
        candidate: judgedFigures,
        champion: judgedFigures,
        rows: count,
        frauds: count,
        since: z.string(),
        holds_for: z.string(),
      })
      .nullable(),
    words: z.string(),
  })
  .meta({ id: "TrainingRun" });

const lifeFigures = z.object({
  auprc: z.number(),
  recall: z.number(),
  precision: z.number(),
  reviews: z.number(),
  caught: z
    .record(z.string(), z.number())
    .meta({ description: "Money of the frauds it catches, by currency." }),
});
const interval = z.object({ difference: z.number(), low: z.number(), high: z.number() });
const arm = z.object({
  payments: count,
  reviewed: count,
  labelled: count,
  frauds: count,
  missed: count.meta({ description: "Frauds that became known and had not been sent to people." }),
});
const evidenceOf = <const S extends readonly string[]>(sides: S) =>
  z
    .object({ value: z.number(), favours: z.enum(sides).nullable() })
    .meta({ description: "An e-value: 20 is as sure as 5 %, and may be looked at any time." });

/** How two models do on the same labelled payments. */
export const comparisonJson = z
  .object({
    at,
    champion: reference,
    other: reference,
    role: z.enum(["challenger", "shadow"]),
    days: z.number(),
    since: at.meta({ description: "Not from before this: what a model learned from does not judge it." }),
    rows: count,
    frauds: count,
    unscored: count,
    holds_for: z.string(),
    champions: lifeFigures,
    others: lifeFigures,
    mcnemar: z.object({ only_champion: count, only_other: count, p: z.number() }),
    auc: interval.meta({ description: "Other − champion, with its 95 % interval." }),
    auprc: interval,
    evidence: evidenceOf(["champion", "other"]),
    arms: z
      .object({
        since: z.string(),
        share,
        champion: arm,
        challenger: arm,
        evidence: evidenceOf(["champion", "challenger"]),
      })
      .nullable()
      .meta({ description: "Of a challenger: what each did with its own cards." }),
    words: z.string(),
  })
  .meta({ id: "ModelComparison" });

const iso = (moment: Date | null): string | null => moment?.toISOString() ?? null;

/** Who serves, as the API answers it. */
export function modelsToJson(models: KnownModels, seenAt: Date): z.output<typeof modelsJson> {
  const { champion, challenger, shadows, before, versions } = models;
  return {
    ...{ seen_at: seenAt.toISOString(), champion, shadows: [...shadows], before: before || null },
    challenger: challenger && { ...challenger },
    versions: versions.map(({ id, algorithm, trainedAt, auprc, runId }) => ({
      ...{ id, algorithm, trained_at: trainedAt, training_run_id: runId },
      auprc: auprc && { ...auprc },
    })),
  };
}

/** A request, as the API answers it. */
export function requestToJson(request: ModelRequest): z.output<typeof requestJson> {
  const { requestId, act, model, share: asked, reason, askedBy, askedAt, state, answer, endedAt } = request;
  return {
    ...{ request_id: requestId, act, model, share: asked, reason, asked_by: { ...askedBy } },
    ...{ asked_at: askedAt.toISOString(), state, answer, ended_at: iso(endedAt) },
  };
}

/** A training, as the API answers it. */
export function runToJson(run: TrainingRun): z.output<typeof runJson> {
  const { data, gate } = run;
  return {
    ...{ training_run_id: run.runId, started_at: run.startedAt.toISOString(), ended_at: iso(run.endedAt) },
    ...{ asked_by: { ...run.askedBy }, state: run.state, model: run.model || null, champion: run.champion },
    ...{ seed: run.seed, code: { ...run.code }, words: run.words },
    data: data && {
      ...{ from: data.from, until: data.until, rows: data.rows, frauds: data.frauds },
      ...{ ways: { ...data.ways }, left_out: { ...data.leftOut }, sha256: data.sha256 },
    },
    gate: gate && {
      ...{ passed: gate.passed, checks: gate.checks.map((check) => ({ ...check })) },
      ...{ candidate: { ...gate.candidate }, champion: { ...gate.champion } },
      ...{ rows: gate.rows, frauds: gate.frauds, since: gate.since, holds_for: gate.holdsFor },
    },
  };
}

const figures = (of: LifeFigures): z.output<typeof lifeFigures> => ({ ...of, caught: { ...of.caught } });

/** A comparison, as the API answers it. */
export function comparisonToJson(of: LifeComparison): z.output<typeof comparisonJson> {
  const { holdsFor, mcnemar, evidence, arms, champions, others, auc, auprc, ...rest } = of;
  return {
    ...{ ...rest, holds_for: holdsFor, auc: { ...auc }, auprc: { ...auprc } },
    ...{ champions: figures(champions), others: figures(others) },
    mcnemar: { only_champion: mcnemar.onlyChampion, only_other: mcnemar.onlyOther, p: mcnemar.p },
    evidence: { value: evidence.value, favours: evidence.favours || null },
    arms: arms && {
      ...{ since: arms.since, share: arms.share },
      ...{ champion: { ...arms.champion }, challenger: { ...arms.challenger } },
      evidence: { value: arms.evidence.value, favours: arms.evidence.favours || null },
    },
  };
}
