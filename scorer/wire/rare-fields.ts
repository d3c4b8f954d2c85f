import type { HowRead } from "../../domain/decision.ts";
import type { RuleHit } from "../../domain/policy/rules.ts";
import type { Reason } from "../../domain/reasons.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Reason as ReasonWire } from "../../proto/gen/paysecure/scoring/v1/Reason.ts";
import type { RuleHit as RuleHitWire } from "../../proto/gen/paysecure/scoring/v1/RuleHit.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import { actionNumber, hitKindNumber } from "../contract/enums.ts";
import { toStatusProto } from "../contract/status.ts";
import { longestReasonOf } from "../scoring/explain/reasons.ts";
import type { SchemaInputs } from "../scoring/schema-inputs.ts";
import type { ModelCard } from "../serving/registry.ts";

const { ScoreResponse } = contractTypes(loadContract()).paysecure.scoring.v1;

/** `ScoreResponse.reasons` as bytes to append to a response. */
export function encodeReasons(reasons: readonly Reason[]): Buffer {
  return ScoreResponse.serialize({ reasons: reasons.map(reasonToWire) });
}

/** A reason as the contract has it; what it does not say is left out. */
export function reasonToWire({ usual, unit, title, ...reason }: Reason): ReasonWire {
  return {
    ...reason,
    ...(usual === undefined ? {} : { usual }),
    ...(unit === undefined ? {} : { unit }),
    ...(title === undefined ? {} : { title }),
  };
}

/** A rule that fired, as the contract has it. */
export function ruleHitToWire({ rule, name, kind, from, to, review }: RuleHit): RuleHitWire {
  return {
    ruleId: rule,
    name,
    effect: hitKindNumber(kind),
    fromAction: actionNumber(from),
    toAction: actionNumber(to),
    review,
  };
}

const NOTHING = Buffer.alloc(0);

/**
 * `ScoreResponse.rules` as bytes to append to a response.
 *
 * @param maxBytes where all do not fit, those that changed something are given, and where these do not either, none
 */
export function encodeRules(hits: readonly RuleHit[], maxBytes = Number.POSITIVE_INFINITY): Buffer {
  if (hits.length === 0) return NOTHING;
  const encode = (some: readonly RuleHit[]): Buffer =>
    ScoreResponse.serialize({ rules: some.map(ruleHitToWire) });
  const all = encode(hits);
  if (all.length <= maxBytes) return all;
  const telling = encode(
    hits.filter(({ kind, from, to, review }) => kind !== "shadow" && (from !== to || review)),
  );
  return telling.length <= maxBytes ? telling : NOTHING;
}

/**
 * `ScoreResponse.reasons`, `.unknown_fields`, `.conversion` and `.rules` as bytes to append; undefined where there are
 * none.
 *
 * @param mostRulesBytes as {@link encodeRules}
 */
export function encodeRare(
  reasons: readonly Reason[] | undefined,
  { unknownFields, conversion }: HowRead,
  hits: readonly RuleHit[] = [],
  mostRulesBytes?: number,
): Buffer | undefined {
  const others =
    unknownFields === undefined && conversion === undefined
      ? reasons && encodeReasons(reasons)
      : ScoreResponse.serialize({
          reasons: (reasons ?? []).map(reasonToWire),
          unknownFields: [...(unknownFields ?? [])],
          conversion: conversion ?? null,
        });
  if (hits.length === 0) return others;
  const rules = encodeRules(hits, mostRulesBytes);
  return others ? Buffer.concat([others, rules]) : rules;
}

/** What {@link encodeReasons} gives for `top` reasons of a model, at most; in its schema's words, where it has one. */
export function maxReasonsBytes(
  card: Pick<ModelCard, "features">,
  top: number,
  schema?: Pick<SchemaInputs, "longest">,
): number {
  return card.features
    .map((feature) => {
      const reason = longestReasonOf(feature);
      return encodeReasons([schema ? schema.longest(reason) : reason]).length;
    })
    .sort((a, b) => b - a)
    .slice(0, top)
    .reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * The ScoreResponse of a transaction that was not scored.
 *
 * @param maxBytes leaves out what does not fit: the wrong fields, beginning with the last, then all but the code
 */
export function encodeFailure(
  transactionId: string,
  error: DomainError,
  maxBytes = Number.POSITIVE_INFINITY,
): Buffer {
  const room =
    maxBytes - Buffer.byteLength(transactionId) - Buffer.byteLength(error.message) - OVERHEAD_BYTES;
  const encoded = ScoreResponse.serialize({ transactionId, error: toStatusProto(error, room) });
  if (encoded.length <= maxBytes) return encoded;
  return ScoreResponse.serialize({ error: toStatusProto(new DomainError(error.code, SHORT), 0) });
}

/** Keys and lengths of the response and of google.rpc.Status, and the type of its detail. */
const OVERHEAD_BYTES = 80;
/** There is no room to say more. */
const SHORT = "failed";
