import type { Kysely } from "kysely";
import { DomainError } from "../../platform/errors.ts";
import type { Decision, Transaction } from "../../scorer/client/types.ts";
import type { ScorerClient } from "../../scorer/client.ts";
import { type QueuedTransaction, queuedTransaction, transactionChunk } from "../queues.ts";
import { type NewDeadLetter, recordDeadLetters } from "../store/dead-letters.ts";
import type { NewDecision, OpenedCase, ReviewSla } from "../store/decisions.ts";
import { isDatabaseAway } from "../store/failure.ts";
import type { Database, Source } from "../store/schema.ts";
import { newDecision } from "./new-decision.ts";
import type { Patience } from "./patience.ts";
import { recordOrReject } from "./record-or-reject.ts";
import { deadLetter, invalidFields } from "./rejection.ts";

export interface ChunkDependencies {
  readonly db: Kysely<Database>;
  readonly scorer: Pick<ScorerClient, "scoreBatch">;
  readonly sla: ReviewSla;
  readonly patience: Patience;
}

/** What became of a job's transactions; the three add up to how many there were. */
export interface ChunkOutcome {
  readonly source: Source | null;
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
  const reject = (position: number, payload: unknown, error: DomainError, source: Source | null): void => {
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
      if (parsed.success) valid.push({ position, transaction: parsed.data });
      else reject(position, given, invalidFields(parsed.error), source);
    }
  }

  const scoring = performance.now();
  const decisions: { position: number; decision: NewDecision }[] = [];
  for (const { position, transaction, result } of await score(deps, valid)) {
    if (result instanceof DomainError) reject(position, transaction, result, source);
    else decisions.push({ position, decision: newDecision(transaction, result, source!) });
  }
  const recording = performance.now();
  const recorded = await recordOrReject(deps, decisions);
  for (const { position, decision, error } of recorded.refused) reject(position, decision, error, source);
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
  readonly transaction: QueuedTransaction;
}

type Scored = Positioned & { readonly result: Decision | DomainError };

async function score(deps: ChunkDependencies, items: readonly Positioned[]): Promise<Scored[]> {
  if (items.length === 0) return [];
  const transactions = items.map(({ transaction }) => scorerTransaction(transaction));
  try {
    const results = await deps.patience.whileAway("scorer", isScorerAway, () =>
      deps.scorer.scoreBatch(transactions, { explainFrom: "high" }),
    );
    return items.map((item, i) => {
      const result = results[i]!;
      return { ...item, result: result.ok ? result.decision : result.error };
    });
  } catch (error) {
    // The call as a whole was refused. Halves find the transaction that did it.
    if (!(error instanceof DomainError) || error.code !== "invalid_argument") throw error;
    if (items.length === 1) return [{ ...items[0]!, result: error }];
    const middle = items.length >> 1;
    return [...(await score(deps, items.slice(0, middle))), ...(await score(deps, items.slice(middle)))];
  }
}

/** Also what only an operator can mend (no such model, no right to call): the transactions are not to blame. */
function isScorerAway(error: unknown): boolean {
  return error instanceof DomainError && error.code !== "invalid_argument" && error.code !== "internal";
}

function scorerTransaction({ truth: _, eventTime, ...transaction }: QueuedTransaction): Transaction {
  return eventTime === undefined ? transaction : { ...transaction, eventTime: new Date(eventTime) };
}
