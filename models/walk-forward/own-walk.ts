import type { ModelSchema } from "../../domain/features/definition.ts";
import { derive } from "../features/transform.ts";
import { comparedRows, dayOf, ownCardBase } from "../own/own-card.ts";
import type { OwnPayments } from "../own/own-payments.ts";
import { knownRows, moment, type OwnSplit, splitOwn } from "../own/own-split.ts";
import { driftOfInputs, importanceOf } from "../own/own-words.ts";
import { asTheyAre } from "../own/thinned.ts";
import { HONEST } from "../protocol/honest.ts";
import type { TrainedModel } from "../protocol/train.ts";
import { type ClaimOptions, claimOf, SEED } from "./claim-of.ts";
import type { Field, WalkRows } from "./field.ts";
import { rowsAt } from "./fit-rows.ts";
import { ownField } from "./own-field.ts";
import type { Walk } from "./walk.ts";

/** A team's own payments, cut for a walk forward. */
export interface OwnWalk {
  readonly split: OwnSplit;
  /** Rows whose labels were known when the test stretch began; nothing of the others is in here. */
  readonly rows: WalkRows;
}

/**
 * The rows that a model of own payments is chosen on: those that `npm run train` learns from, before the last fifth and
 * with labels that were known when it began.
 *
 * @param field who is compared
 * @throws DomainError `invalid_argument` when a part has no fraud, or nothing else
 */
export function ownWalk(payments: OwnPayments, labelDelay: number, field: Field = ownField): OwnWalk {
  const split = splitOwn(payments, labelDelay);
  return { split, rows: walkRows(payments, split.train, field) };
}

export interface OwnClaimOptions extends ClaimOptions {
  readonly schema: ModelSchema;
  readonly libraries: Readonly<Record<string, string>>;
}

/**
 * Makes the version of a choice on own payments, with a graph that takes their schema's columns; what is served learns from
 * every payment whose label is known. See {@link claimOf}.
 *
 * @throws DomainError `invalid_argument` as learners and calibration do
 */
export function claimOwn(
  payments: OwnPayments,
  { split, rows }: OwnWalk,
  walk: Walk,
  options: OwnClaimOptions,
): Promise<TrainedModel> {
  const { name, schema, labelDelay, libraries } = options;
  const { file, sha256, features: inputs, amounts, labels } = payments;
  const { train, test, testStart, trainEnd } = split;
  const { end, rows: served } = knownRows(payments, labelDelay);
  const all = walkRows(payments, Int32Array.from(labels.keys()), rows.field);
  return claimOf(
    {
      ...{ file, sha256, inputs, amounts, all, testStart, train, test, served },
      ...{ protocol: HONEST, day: dayOf(payments), compared: comparedRows(inputs, test) },
      split: {
        ...{ train: `until ${moment(trainEnd)}`, test: `from ${moment(testStart)}` },
        label_delay_seconds: labelDelay,
      },
      refitOn: "every payment whose label is known",
      refit: {
        note: "What is served learned from these rows; the figures of the test stretch are of the model of the split's training rows.",
        until: moment(end),
        rows: served.length,
        frauds: served.reduce((sum, r) => sum + (labels[r] as number), 0),
      },
      base: ({ features, model, learned }, learner) => ({
        ...ownCardBase(payments, features, { name, seed: SEED, libraries: { ...libraries } }),
        ...{ algorithm: model.algorithm, link: model.link },
        raw_unit: model.link === "identity" ? "probability" : "log-odds",
        parameters: { ...(model.settled ?? learner).parameters },
        sampled_rows: learned,
        ...(model.importance && { importance: importanceOf(inputs.names, model.importance, schema) }),
        drift: driftOfInputs(inputs, train, test, schema),
      }),
    },
    rows,
    walk,
    options,
  );
}

function walkRows(payments: OwnPayments, at: Int32Array, field: Field): WalkRows {
  const { features: inputs, labels, times } = payments;
  const sources = asTheyAre(inputs.names);
  return rowsAt(
    {
      derived: derive(inputs, sources),
      sources,
      labels,
      times,
      field,
      weights: new Float64Array(labels.length).fill(1),
    },
    at,
  );
}
