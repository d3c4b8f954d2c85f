import { type Kysely, type Selectable, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { GateReport, RunData, RunState, TrainingRun } from "../../domain/model-care.ts";
import { appendAudit } from "../audit/append.ts";
import type { TrainingRunsTable } from "../store/model-tables.ts";
import type { Database } from "../store/schema.ts";

/** What is known when a run begins. */
export type BegunRun = Pick<TrainingRun, "askedBy" | "champion" | "seed" | "code">;

/** What is known at its end. */
export interface EndedRun {
  readonly state: Exclude<RunState, "running">;
  readonly model: string;
  readonly data: RunData | null;
  readonly gate: GateReport | null;
  readonly words: string;
}

/** Notes that a training began. Runs that never ended (their machine died) are noted as failed first. @returns its number */
export async function beginRun(
  db: Kysely<Database>,
  { askedBy, champion, seed, code }: BegunRun,
): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    await trx
      .updateTable("training_runs")
      .set({
        state: "failed",
        ended_at: sql<Date>`now()`,
        words: "it never ended: its machine died or was stopped",
      })
      .where("state", "=", "running")
      .execute();
    const { run_id } = await trx
      .insertInto("training_runs")
      .values({ asked_by: JSON.stringify(askedBy), champion, seed, code: JSON.stringify(code) })
      .returning("run_id")
      .executeTakeFirstOrThrow();
    return Number(run_id);
  });
}

/** Notes how a training ended, with what it learned from and what the gate said, and in the audit log. */
export async function endRun(
  db: Kysely<Database>,
  runId: number,
  actor: Actor,
  { state, model, data, gate, words }: EndedRun,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable("training_runs")
      .set({
        ...{ state, model, words, ended_at: sql<Date>`now()` },
        data: data && JSON.stringify(data),
        gate: gate && JSON.stringify(gate),
      })
      .where("run_id", "=", runId)
      .execute();
    await appendAudit(trx, {
      ...{ actor, act: `models.training.${state}`, subject: `training_run:${runId}` },
      detail: {
        ...(model && { model }),
        ...(data && { data: data.sha256, rows: data.rows, frauds: data.frauds }),
        ...(gate && { failed: gate.checks.filter(({ passed }) => !passed).map(({ name }) => name) }),
        words,
      },
    });
  });
}

/** The newest runs first. */
export async function lastRuns(db: Kysely<Database>, limit: number): Promise<TrainingRun[]> {
  const rows = await db
    .selectFrom("training_runs")
    .selectAll()
    .orderBy("run_id", "desc")
    .limit(limit)
    .execute();
  return rows.map(runOf);
}

/** @returns undefined for no such run */
export async function readRun(db: Kysely<Database>, runId: number): Promise<TrainingRun | undefined> {
  const row = await db.selectFrom("training_runs").selectAll().where("run_id", "=", runId).executeTakeFirst();
  return row && runOf(row);
}

function runOf(row: Selectable<TrainingRunsTable>): TrainingRun {
  return {
    ...{ runId: Number(row.run_id), startedAt: row.started_at, endedAt: row.ended_at },
    ...{ askedBy: row.asked_by, state: row.state, model: row.model, champion: row.champion, seed: row.seed },
    ...{ code: row.code, data: row.data, gate: row.gate, words: row.words },
  };
}
