import { z } from "zod";
import { DomainError } from "../../platform/process/errors.ts";
import type { Reason } from "../../scorer/client/types.ts";
import type { ScorerClient } from "../../scorer/client.ts";
import { sourceLabel } from "../queues.ts";
import { type NewDeadLetter, recordDeadLetters } from "../store/dead-letters.ts";
import { isDatabaseAway } from "../store/failure.ts";
import type { ChunkDependencies, ChunkOutcome } from "./decide-chunk.ts";
import { newDecision } from "./new-decision.ts";
import { type PositionedDecision, recordOrReject } from "./record-or-reject.ts";
import { deadLetter, invalidFields } from "./rejection.ts";

/** How many reasons a case keeps. */
const TOP_REASONS = 5;

/** The scorer's own door, when a job names no other. */
const SCORER_SOURCE = "grpc";

const handedOver = z.object({
  source: sourceLabel.default(SCORER_SOURCE),
  decisions: z.array(z.unknown()).min(1),
});

const reason = z.object({
  code: z.string(),
  feature: z.string(),
  value: z.number(),
  contribution: z.number(),
  text: z.string(),
});

/** A `RecordedDecision` of the scorer. */
const recordedDecision = z.object({
  transactionId: z.string(),
  time: z.number(),
  v: z.array(z.number()).length(28),
  amount: z.number(),
  eventTime: z.iso.datetime({ offset: true }),
  currency: z.string(),
  cardToken: z.string(),
  merchantId: z.string(),
  merchantCategory: z.string(),
  country: z.string(),
  channel: z.string(),
  fraudProbability: z.number(),
  riskTier: z.enum(["low", "medium", "high", "critical"]),
  action: z.enum(["approve", "monitor", "verify", "block"]),
  fraudPredicted: z.boolean(),
  model: z.object({ name: z.string(), version: z.string() }),
  reasons: z.array(reason),
});
type HandedOver = z.output<typeof recordedDecision>;

export interface HandedOverDependencies extends Omit<ChunkDependencies, "scorer"> {
  readonly scorer: Pick<ScorerClient, "explain">;
}

/**
 * Records one job of decisions that were made on a call with `record = true`. Risky ones without
 * reasons are explained now by the model that decided, when it answers; a case without reasons is better than none.
 *
 * @throws StoppingError while the database is away; anything unexpected, for the queue to try again
 */
export async function recordHandedOver(
  deps: HandedOverDependencies,
  job: { readonly queue: string; readonly id: string; readonly data: unknown },
): Promise<ChunkOutcome> {
  const rejected: NewDeadLetter[] = [];
  const items: PositionedDecision[] = [];
  const explaining = performance.now();
  const given = handedOver.safeParse(job.data);
  const source = given.success ? given.data.source : SCORER_SOURCE;
  if (!given.success) {
    const error = new DomainError("invalid_argument", "not a list of decisions");
    rejected.push(deadLetter(job, -1, job.data, error, source));
  } else {
    for (const [position, entry] of given.data.decisions.entries()) {
      const parsed = recordedDecision.safeParse(entry);
      if (parsed.success) {
        items.push({
          position,
          given: entry,
          decision: newDecision(
            parsed.data,
            { ...parsed.data, reasons: await reasonsFor(deps, parsed.data) },
            source,
          ),
        });
      } else {
        rejected.push(deadLetter(job, position, entry, invalidFields(parsed.error), source));
      }
    }
  }
  const recording = performance.now();
  const recorded = await recordOrReject(deps, items);
  for (const { position, given, error } of recorded.refused) {
    rejected.push(deadLetter(job, position, given, error, source));
  }
  await deps.patience.whileAway("PostgreSQL", isDatabaseAway, () => recordDeadLetters(deps.db, rejected));
  return {
    source,
    inserted: recorded.inserted,
    duplicates: recorded.duplicates,
    flagged: recorded.flagged,
    cases: recorded.cases,
    rejected: rejected.length,
    scoreSeconds: (recording - explaining) / 1_000,
    recordSeconds: (performance.now() - recording) / 1_000,
  };
}

async function reasonsFor({ scorer }: HandedOverDependencies, d: HandedOver): Promise<readonly Reason[]> {
  const reviewed = d.riskTier === "high" || d.riskTier === "critical";
  if (!reviewed || d.reasons.length > 0) return d.reasons;
  try {
    const { transactionId, time, v, amount } = d;
    const model = `${d.model.name}@${d.model.version}`;
    const explained = await scorer.explain({ transactionId, time, v, amount }, { top: TOP_REASONS, model });
    return explained.contributions;
  } catch {
    return [];
  }
}
