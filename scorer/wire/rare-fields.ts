import type { Reason } from "../../domain/reasons.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import { toStatusProto } from "../contract/status.ts";
import { longestReasonOf } from "../scoring/explain/reasons.ts";
import type { SchemaInputs } from "../scoring/schema-inputs.ts";
import type { ModelCard } from "../serving/registry.ts";

const { ScoreResponse } = contractTypes(loadContract()).paysecure.scoring.v1;

/** `ScoreResponse.reasons` as bytes to append to a response. */
export function encodeReasons(reasons: readonly Reason[]): Buffer {
  return ScoreResponse.serialize({ reasons: reasons.map((reason) => ({ ...reason })) });
}

/** `ScoreResponse.reasons` and `.unknown_fields` as bytes to append; undefined where there are neither. */
export function encodeRare(
  reasons: readonly Reason[] | undefined,
  unknownFields: readonly string[],
): Buffer | undefined {
  if (unknownFields.length === 0) return reasons && encodeReasons(reasons);
  return ScoreResponse.serialize({
    reasons: (reasons ?? []).map((reason) => ({ ...reason })),
    unknownFields: [...unknownFields],
  });
}

/** What {@link encodeReasons} gives for `top` reasons of a model, at most; in its schema's words, where it has one. */
export function maxReasonsBytes(
  card: Pick<ModelCard, "features">,
  top: number,
  schema?: Pick<SchemaInputs, "longestText">,
): number {
  return card.features
    .map((feature) => {
      const reason = longestReasonOf(feature);
      return encodeReasons([schema ? { ...reason, text: schema.longestText(feature.name) } : reason]).length;
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
