import type { DomainError } from "../../platform/errors.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import type { Reason } from "../client/types.ts";
import { toStatusProto } from "../status.ts";

const { ScoreResponse } = contractTypes(loadContract()).paysecure.scoring.v1;

/** `ScoreResponse.reasons` as bytes to append to a response. */
export function encodeReasons(reasons: readonly Reason[]): Buffer {
  return ScoreResponse.serialize({ reasons: reasons.map((reason) => ({ ...reason })) });
}

/** The ScoreResponse of a transaction that was not scored. */
export function encodeFailure(transactionId: string, error: DomainError): Buffer {
  return ScoreResponse.serialize({ transactionId, error: toStatusProto(error) });
}
