import type { Decision } from "../../domain/decision.ts";
import type { Transaction } from "../../domain/transaction.ts";
import { handOverDecisions } from "../../pipeline/queues.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { inTime } from "../../platform/process/in-time.ts";
import type { Deps } from "../context.ts";
import { toRecorded } from "./translate.ts";

/** By which door the decisions came that are recorded here. */
export const API_SOURCE = "api";

/** An answer waits so long for Redis to take its decisions, milliseconds. */
const LIMIT_MS = 2_000;

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
