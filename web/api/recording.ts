import type { Decision } from "../../domain/decision.ts";
import type { Transaction } from "../../domain/transaction.ts";
import { handOverDecisions } from "../../pipeline/queues.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { inTime } from "../../platform/process/in-time.ts";
import type { Deps } from "../context.ts";
import { toRecorded } from "./translate.ts";

/** By which door the decisions came that are recorded here. */
export const API_SOURCE = "api";

/** An answer waits so long for Redis to take its decisions, milliseconds. */
const LIMIT_MS = 2_000;

/**
 * Asks the scorer with what is kept of an answer that is to be recorded: what the model read. A key of ours that may not
 * ask for it still decides payments.
 */
export async function withFeatures<Answer>(
  record: boolean,
  ask: (options: { readonly withFeatures?: boolean }) => Promise<Answer>,
): Promise<Answer> {
  if (!record) return await ask({});
  try {
    return await ask({ withFeatures: true });
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== "permission_denied") throw error;
    return await ask({});
  }
}

/**
 * Hands decisions over to be recorded as the API's own; the scorer would call them gRPC's, which is how we asked it.
 *
 * @returns the decisions, marked as recorded when Redis has taken them all
 */
export async function recordDecisions(
  { decisions, logger }: Pick<Deps, "decisions" | "logger">,
  made: readonly (readonly [Transaction, Decision])[],
): Promise<Decision[]> {
  const list = made.map(([transaction, decision]) => toRecorded(transaction, decision));
  let recorded = true;
  try {
    await inTime(handOverDecisions(decisions, API_SOURCE, list), LIMIT_MS);
  } catch (error) {
    logger.warn(
      { err: messageOf(error), decisions: list.length },
      "decisions not handed over to be recorded",
    );
    recorded = false;
  }
  return made.map(([, decision]) => ({ ...decision, recorded }));
}
