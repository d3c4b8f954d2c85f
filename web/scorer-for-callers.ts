import { DomainError, type ErrorCode } from "../platform/process/errors.ts";
import type { Deps } from "./context.ts";

/** When to try again what the scorer could not do now and gave no time for, milliseconds. */
const RETRY_AFTER_MS = 1_000;

/**
 * Failures of the way to the scorer, in words for who called the web. Their own come from gRPC and name addresses; and
 * that the scorer refuses the web (a missing SCORER_API_KEY) says nothing about who called. What is not here is about
 * the request, in the scorer's own words.
 */
const FOR_CALLERS: Partial<Record<ErrorCode, readonly [code: ErrorCode, message: string]>> = {
  unavailable: ["unavailable", "the scorer does not answer right now; try again"],
  unauthenticated: ["unavailable", "the scorer cannot be used right now; try again later"],
  permission_denied: ["unavailable", "the scorer cannot be used right now; try again later"],
  deadline_exceeded: ["deadline_exceeded", "the scorer took too long; try again"],
  resource_exhausted: ["resource_exhausted", "the scorer has too much to do right now; try again"],
  cancelled: ["cancelled", "the call was cancelled"],
  internal: ["internal", "the scorer failed"],
};

/** A busy scorer says when to come back; gRPC, for which the message was too large, does not. */
const UNTIMED = [
  "resource_exhausted",
  "the scorer takes less at once; try again with fewer transactions",
] as const;

/** A failure of the scorer's client as it may be shown; the client's own is kept as the cause, for the log. */
export function scorerFailure(error: unknown): DomainError {
  const known = DomainError.from(error);
  const shown = FOR_CALLERS[known.code];
  if (shown === undefined) return known;
  const [code, message] =
    known.code === "resource_exhausted" && known.retryAfterMs === undefined ? UNTIMED : shown;
  const retry = code === "unavailable" || code === "resource_exhausted";
  return new DomainError(code, message, {
    cause: error,
    ...(retry ? { retryAfterMs: known.retryAfterMs ?? RETRY_AFTER_MS } : {}),
  });
}

/** The scorer as pages and API call it: every failure is one that may be shown. */
export function scorerForCallers(scorer: Deps["scorer"]): Deps["scorer"] {
  const shown = <T>(call: Promise<T>): Promise<T> =>
    call.catch((error: unknown) => {
      throw scorerFailure(error);
    });
  return {
    score: (transaction, options) => shown(scorer.score(transaction, options)),
    scoreBatch: (transactions, options) => shown(scorer.scoreBatch(transactions, options)),
    explain: (transaction, options) => shown(scorer.explain(transaction, options)),
    getModel: (model, options) => shown(scorer.getModel(model, options)),
    health: (service, options) => scorer.health(service, options),
  };
}
