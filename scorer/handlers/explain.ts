import type { Conversion } from "../../domain/exchange.ts";
import type { PolicyDecision } from "../../domain/policy/decide.ts";
import { DomainError, type FieldViolation } from "../../platform/process/errors.ts";
import type { ExplainResponse } from "../../proto/gen/paysecure/scoring/v1/ExplainResponse.ts";
import { actionNumber, tierNumber } from "../contract/enums.ts";
import { toGrpcStatus } from "../contract/status.ts";
import { explainInTurn } from "../scoring/explain-in-turn.ts";
import type { ExplainedRow } from "../scoring/explain-row.ts";
import type { ModelInputs } from "../scoring/model-inputs.ts";
import { noProbability } from "../scoring/probability.ts";
import type { SchemaRow } from "../scoring/schema-inputs.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { CONTRACT_WIDTH, TEXT, TransactionInput } from "../scoring/transaction-input.ts";
import { validateTransaction } from "../scoring/validate.ts";
import { decodeExplainRequest } from "../wire/decode-request.ts";
import { reasonToWire, ruleHitToWire } from "../wire/rare-fields.ts";
import type { HandlerContext } from "./context.ts";
import type { GuardedUnary, KnownCaller } from "./guard.ts";

const input = new TransactionInput();
const scratchRow = new Float32Array(CONTRACT_WIDTH);

/** `Explain`: one transaction's score and how much each feature moved it. */
export function explainHandler(context: HandlerContext): GuardedUnary<Buffer, ExplainResponse> {
  return (call, callback, caller) => {
    explain(context, call.request, caller, () => call.cancelled).then(
      (answer) => callback(null, answer),
      (error: unknown) => callback(toGrpcStatus(error)),
    );
  };
}

async function explain(
  context: HandlerContext,
  bytes: Buffer,
  caller: KnownCaller,
  gone: () => boolean,
): Promise<ExplainResponse> {
  caller.spend(1);
  const { who } = caller;
  input.reset(bytes, scratchRow, 0);
  const options = decodeExplainRequest(bytes, input);
  if (!options.present) {
    throw DomainError.invalid([{ field: "transaction", description: "must be set" }]);
  }
  refuse(validateTransaction(input, "transaction", undefined));
  const transactionId = input.text(TEXT.transactionId);
  const policy = context.policy.current;
  const taken = policy.take(input);
  context.explaining.singles.enter(1, who);
  try {
    const model = await context.catalog.acquire(options.model);
    try {
      const { row, withoutHistory, conversion } = await rowFor(model, bytes);
      const [explained] = await explainInTurn(context.explaining, who, model, row, options.top, gone);
      const { probability, rawScore } = explained as ExplainedRow;
      if (Number.isNaN(probability)) throw noProbability(model.id);
      if (Number.isNaN(rawScore)) {
        throw new DomainError("internal", `model ${model.id} gave nothing to explain this score by`);
      }
      const decided = policy.decide(model, probability, taken, row, 0);
      const { score, ...why } = answer(model, transactionId, explained as ExplainedRow, decided, conversion);
      return { ...why, score: { ...score, withoutHistory } };
    } finally {
      model.release();
    }
  } finally {
    context.explaining.singles.leave(1, who);
  }
}

function refuse(violations: readonly FieldViolation[] | undefined): void {
  if (violations) throw DomainError.invalid(violations);
}

/** A request's row for the model that has been found. @throws DomainError `invalid_argument` when it lacks something */
async function rowFor(
  { inputs }: ServedModel,
  bytes: Buffer,
): Promise<SchemaRow & { readonly conversion?: Conversion | undefined }> {
  // Others have been read while the model was looked for.
  input.reset(bytes, scratchRow, 0);
  const { features } = decodeExplainRequest(bytes, input);
  if (features.length > 0) return { row: asItWas(inputs, features), withoutHistory: false };
  refuse(validateTransaction(input, "transaction", inputs));
  const { conversion } = input;
  if (inputs.schema) return { ...(await inputs.schema.row(inputs.schema.taken())), conversion };
  const row = new Float32Array(inputs.width);
  inputs.write(input, row, 0);
  return { row, withoutHistory: false, conversion };
}

/** A row as it was scored. @throws DomainError `invalid_argument` when it is none of this model's */
function asItWas({ width }: ModelInputs, features: readonly number[]): Float32Array {
  const description =
    features.length === width
      ? features.every(Number.isFinite)
        ? undefined
        : "must be finite"
      : `must hold the ${width} numbers that the model reads, got ${features.length}`;
  if (description !== undefined) throw DomainError.invalid([{ field: "features", description }]);
  return Float32Array.from(features);
}

function answer(
  model: ServedModel,
  transactionId: string,
  explained: ExplainedRow,
  { riskTier, action, policyVersion, review, slaMinutes, rules }: PolicyDecision,
  conversion: Conversion | undefined,
): ExplainResponse {
  const { probability, baseline, remainder, unit, method, rawScore } = explained;
  const { thresholds } = model.card;
  return {
    score: {
      transactionId,
      fraudProbability: probability,
      riskTier: tierNumber(riskTier),
      action: actionNumber(action),
      fraudPredicted: probability >= thresholds.fraud,
      model: model.ref,
      policyVersion,
      review,
      slaMinutes: slaMinutes ?? 0,
      rules: rules.map(ruleHitToWire),
      conversion: conversion ?? null,
    },
    baseline,
    contributions: explained.reasons.map(reasonToWire),
    remainder,
    unit,
    method,
    rawScore,
  };
}
