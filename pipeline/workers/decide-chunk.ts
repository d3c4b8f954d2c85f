import type { Kysely } from "kysely";
import { DomainError } from "../../platform/process/errors.ts";
import type { Decision, Transaction } from "../../scorer/client/types.ts";
import type { ScorerClient } from "../../scorer/client.ts";
import { type QueuedTransaction, queuedTransaction, transactionChunk } from "../queues.ts";
import { type NewDeadLetter, recordDeadLetters } from "../store/dead-letters.ts";
import type { OpenedCase, ReviewSla } from "../store/decisions.ts";
import { isDatabaseAway } from "../store/failure.ts";
import type { Database } from "../store/schema.ts";
import { newDecision } from "./new-decision.ts";
import type { Patience } from "./patience.ts";
import { type PositionedDecision, recordOrReject } from "./record-or-reject.ts";
import { deadLetter, invalidFields } from "./rejection.ts";

export interface ChunkDependencies {
  readonly db: Kysely<Database>;
  readonly scorer: Pick<ScorerClient, "scoreBatch">;
  readonly sla: ReviewSla;
  readonly patience: Patience;
}

/** What became of a job's transactions; the three add up to how many there were. */
export interface ChunkOutcome {
  readonly source: string | null;
  readonly inserted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly flagged: number;
  readonly cases: readonly OpenedCase[];
  /** Seconds that scoring and recording took. */
  readonly scoreSeconds: number;
  readonly recordSeconds: number;
}

/**
 * Scores and records one job of the transactions queue. Each transaction ends as a decision (now or before) or as a
 * dead letter that says why not; one that is bad never holds up the others. A scorer or database that is away is
 * waited for.
 *
 * @throws StoppingError; anything unexpected, for the queue to try again
 */
export async function decideChunk(
  deps: ChunkDependencies,
  job: { readonly queue: string; readonly id: string; readonly data: unknown },
): Promise<ChunkOutcome> {
  const rejected: NewDeadLetter[] = [];
  const reject = (position: number, payload: unknown, error: DomainError, source: string | null): void => {
    rejected.push(deadLetter(job, position, payload, error, source));
  };

  const chunk = transactionChunk.safeParse(job.data);
  const source = chunk.success ? chunk.data.source : null;
  const valid: Positioned[] = [];
  if (!chunk.success || source === null) {
    reject(-1, job.data, new DomainError("invalid_argument", "not a chunk of transactions"), null);
  } else {
    for (const [position, given] of chunk.data.transactions.entries()) {
      const parsed = queuedTransaction.safeParse(given);
      if (parsed.success) valid.push({ position, given, transaction: parsed.data });
      else reject(position, given, invalidFields(parsed.error), source);
    }
  }

  const scoring = performance.now();
  const decisions: PositionedDecision[] = [];
  for (const { position, given, transaction, result } of await score(deps, valid)) {
    if (result instanceof DomainError) reject(position, given, result, source);
    else decisions.push({ position, given, decision: newDecision(transaction, result, source!) });
  }
  const recording = performance.now();
  const recorded = await recordOrReject(deps, decisions);
  for (const { position, given, error } of recorded.refused) reject(position, given, error, source);
  await deps.patience.whileAway("PostgreSQL", isDatabaseAway, () => recordDeadLetters(deps.db, rejected));
  return {
    source,
    inserted: recorded.inserted,
    duplicates: recorded.duplicates,
    flagged: recorded.flagged,
    cases: recorded.cases,
    rejected: rejected.length,
    scoreSeconds: (recording - scoring) / 1_000,
    recordSeconds: (performance.now() - recording) / 1_000,
  };
}

interface Positioned {
  readonly position: number;
  /** As it lay in the queue. */
  readonly given: unknown;
  readonly transaction: QueuedTransaction;
}

type Scored = Positioned & { readonly result: Decision | DomainError };

async function score(deps: ChunkDependencies, items: readonly Positioned[]): Promise<Scored[]> {
  if (items.length === 0) return [];
  const scored = new Map<Positioned, Decision | DomainError>();
  try {
    await deps.patience.whileAway("scorer", isScorerAway, async () => {
      const pending = items.filter((item) => !scored.has(item));
      const results = await deps.scorer.scoreBatch(
        pending.map(({ transaction }) => scorerTransaction(transaction)),
        { explainFrom: "high" },
      );
      let away: DomainError | undefined;
      for (const [i, item] of pending.entries()) {
        const result = results[i]!;
        if (result.ok) scored.set(item, result.decision);
        else if (mayPass(result.error)) away = result.error;
        else scored.set(item, result.error);
      }
      if (away) throw away;
    });
  } catch (error) {
    // The call as a whole was refused. Halves find the transaction that did it.
    if (!(error instanceof DomainError) || error.code !== "invalid_argument") throw error;
    if (items.length === 1) return [{ ...items[0]!, result: error }];
    const middle = items.length >> 1;
    return [...(await score(deps, items.slice(0, middle))), ...(await score(deps, items.slice(middle)))];
  }
  return items.map((item) => ({ ...item, result: scored.get(item)! }));
}

/** The answer to one transaction of a batch that the scorer had no time or room for: asked again, as for a batch. */
function mayPass({ code }: DomainError): boolean {
  return (
    code === "unavailable" ||
    code === "resource_exhausted" ||
    code === "deadline_exceeded" ||
    code === "cancelled"
  );
}

/** Also what only an operator can mend (no such model, no right to call): the transactions are not to blame. */
function isScorerAway(error: unknown): boolean {
  return error instanceof DomainError && error.code !== "invalid_argument" && error.code !== "internal";
}

function scorerTransaction({ truth: _, eventTime, ...transaction }: QueuedTransaction): Transaction {
  return eventTime === undefined ? transaction : { ...transaction, eventTime: new Date(eventTime) };
}
