import type { Kysely } from "kysely";
import type { ControlGroup } from "../../domain/control-group.ts";
import type { ReviewSla } from "../../domain/policy/decision-policy.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { failPoint } from "../../platform/process/fail-point.ts";
import type { ScorerClient } from "../../scorer/client.ts";
import { recordDeadLetters } from "../store/dead-letters.ts";
import { isDatabaseAway } from "../store/failure.ts";
import type { Database } from "../store/schema.ts";
import { newDecision } from "./new-decision.ts";
import type { Item, ParseJob, RecordJob } from "./parse.ts";
import type { OpenedCase } from "./record-decisions.ts";
import { type PositionedDecision, recordOrReject } from "./record-or-reject.ts";
import { deadLetter } from "./rejection.ts";
import { rememberInputs } from "./remember-inputs.ts";
import { type ScoreDependencies, scoreItems } from "./score.ts";

export interface RecordDependencies extends ScoreDependencies {
  readonly scorer: ScoreDependencies["scorer"] & Pick<ScorerClient, "getModel">;
  readonly db: Kysely<Database>;
  readonly sla: ReviewSla;
  /** Nobody when left out. */
  readonly control?: ControlGroup | undefined;
}

/** What became of a job's transactions; inserted, duplicates and rejected add up to how many there were. */
export interface JobOutcome {
  readonly source: string | null;
  readonly inserted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly flagged: number;
  /** Of those inserted, the ones that were scored while the feature store was away. */
  readonly withoutHistory: number;
  readonly cases: readonly OpenedCase[];
  /** Seconds that scoring and recording took. */
  readonly scoreSeconds: number;
  readonly recordSeconds: number;
}

/**
 * The one way of a transaction from a queue to the store: parse → score → record. Each transaction ends as a decision
 * (now or before) or as a dead letter that says why not; one that is bad never holds up the others. What follows from a
 * decision lies in the outbox, written with it. A scorer or database that is away is waited for.
 *
 * The process may die between any two lines: the job is delivered again, and what was recorded is a repeat.
 *
 * @param parse how a job of this queue is read
 * @throws StoppingError; anything unexpected, for the queue to try again
 */
export async function recordJob(
  deps: RecordDependencies,
  parse: ParseJob,
  job: RecordJob,
): Promise<JobOutcome> {
  const { source, items, rejected } = parse(job);
  failPoint("job.parsed");
  const letters = [...rejected];
  const reject = (item: Pick<Item, "position" | "given" | "jobId">, error: DomainError): void => {
    const from = { queue: job.queue, id: item.jobId ?? job.id };
    letters.push(deadLetter(from, item.position, item.given, error, source));
  };

  const scoring = performance.now();
  const decisions: PositionedDecision[] = [];
  for (const { result, ...item } of await scoreItems(deps, items)) {
    if (result instanceof DomainError) reject(item, result);
    else decisions.push({ ...item, decision: newDecision(item.transaction, result, source!, item.extra) });
  }

  failPoint("job.scored");
  const recording = performance.now();
  await rememberInputs(
    deps,
    decisions.flatMap(({ decision: { features, modelName: name, modelVersion: version } }) =>
      features ? [{ name, version }] : [],
    ),
  );
  const recorded = await recordOrReject(deps, decisions);
  failPoint("record.committed");
  for (const { error, ...item } of recorded.refused) reject(item, error);
  await deps.patience.whileAway("PostgreSQL", isDatabaseAway, () => recordDeadLetters(deps.db, letters));
  failPoint("job.recorded");
  return {
    source,
    inserted: recorded.inserted,
    duplicates: recorded.duplicates,
    flagged: recorded.flagged,
    withoutHistory: recorded.withoutHistory,
    cases: recorded.cases,
    rejected: letters.length,
    scoreSeconds: (recording - scoring) / 1_000,
    recordSeconds: (performance.now() - recording) / 1_000,
  };
}
