import { DomainError } from "../platform/process/errors.ts";
import { FAILURE_WORDS } from "../scorer/contract/failure-words.ts";
import type { Deps } from "./context.ts";

/** When to try again what the scorer could not do now and gave no time for, milliseconds. */
const RETRY_AFTER_MS = 1_000;

/** A busy scorer says when to come back; gRPC, for which the message was too large, does not. */
const UNTIMED = {
  code: "resource_exhausted",
  message: "the scorer takes less at once; try again with fewer transactions",
} as const;

/** A failure of the scorer's client as it may be shown; the client's own is kept as the cause, for the log. */
export function scorerFailure(error: unknown): DomainError {
  const known = DomainError.from(error);
  const shown = FAILURE_WORDS[known.code]?.atTheDoor;
  if (shown === undefined) return known;
  const { code, message } =
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
