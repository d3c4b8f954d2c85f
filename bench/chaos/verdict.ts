import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { verifyAudit } from "../../pipeline/audit/verify.ts";
import { openDecisionsQueue, openReviewTimersQueue, openTransactionShards } from "../../pipeline/queues.ts";
import { findDrift } from "../../pipeline/store/reconcile.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { PREFIX } from "./house.ts";
import type { Promised } from "./load.ts";

/** One thing that has to hold; what is wrong is counted. */
export interface Check {
  readonly name: string;
  readonly looked: number;
  readonly wrong: number;
  readonly example?: string | undefined;
}

/** Of a house, what is looked at. */
export interface Judged {
  readonly redis: { readonly url: string };
  readonly postgres: { readonly url: string };
  readonly workers: readonly { readonly log: readonly string[] }[];
  /** Queues of transactions, one when left out. */
  readonly shards?: number;
}

const logger = createLogger("chaos", "silent");

/** Waits until nothing is under way: queues and outbox empty, counters folded. */
export async function drained(house: Judged, limitMs: number): Promise<void> {
  const redis = connectRedis(house.redis.url, "producer", logger);
  const shards = { QUEUE_SHARDS: house.shards ?? 1, QUEUE_SHARD_BY: "card" };
  const queues = [...openTransactionShards(redis, PREFIX, shards).queues, openDecisionsQueue(redis, PREFIX)];
  const db = openDatabase<Database>(house.postgres.url, logger, 1);
  const end = Date.now() + limitMs;
  try {
    for (;;) {
      const waiting = await Promise.all(
        queues.map((queue) =>
          queue.getJobCountByTypes("waiting", "prioritized", "active", "delayed", "failed"),
        ),
      );
      const { rows } = await sql<{ n: number }>`
        select ((select count(*) from outbox) + (select count(*) from counter_deltas))::int as n`.execute(db);
      const left = waiting.reduce((sum, count) => sum + count, rows[0]!.n);
      if (left === 0) return;
      if (Date.now() > end)
        throw new Error(`not drained: jobs ${waiting.join(" and ")}, outbox and deltas ${rows[0]!.n}`);
      await sleep(250);
    }
  } finally {
    await Promise.all(queues.map((queue) => queue.close()));
    redis.disconnect();
    await db.destroy();
  }
}

/** Holds what is in the store against what was promised outside. */
export async function judge(house: Judged, promised: Promised): Promise<Check[]> {
  const db = openDatabase<Database>(house.postgres.url, logger, 1);
  const redis = connectRedis(house.redis.url, "producer", logger);
  const timers = openReviewTimersQueue(redis, PREFIX);
  try {
    const count = async (statement: ReturnType<typeof sql>): Promise<number> =>
      Number(((await statement.execute(db)).rows[0] as { n: number | string }).n);
    const ids = async (statement: ReturnType<typeof sql>): Promise<Set<string>> =>
      new Set((await statement.execute(db)).rows.map((row) => String((row as { id: unknown }).id)));
    const decided = await ids(sql`select transaction_id as id from decisions`);
    const lost = [...promised.taken].filter((id) => !decided.has(id));
    const rows = await count(sql`select count(*) as n from decisions`);
    const conflicts = await ids(
      sql`select transaction_id as id from dead_letters where error_code = 'conflict'`,
    );
    const unkept = [...promised.conflicts].filter((id) => !conflicts.has(id));
    const verdicts = await sql<{ case_id: number; verdict: string }>`
      select case_id, verdict from review_cases where status = 'decided'`.execute(db);
    const given = new Map(verdicts.rows.map((row) => [row.case_id, row.verdict]));
    const forgotten = [...promised.verdicts].filter(([caseId, verdict]) => given.get(caseId) !== verdict);
    const open = await sql<{ case_id: number }>`
      select case_id from review_cases where status = 'open' and escalated_at is null`.execute(db);
    const timerless: number[] = [];
    for (const { case_id } of open.rows)
      if (!(await timers.getJob(`case-${case_id}`))) timerless.push(case_id);
    const alerted = alertsOf(house);
    const escalated = await ids(sql`select case_id as id from review_cases where escalated_at is not null`);
    const silent = [...escalated].filter((id) => !alerted.has(id));
    const drift = await findDrift(db);
    const audit = await verifyAudit(db);
    const acts = await count(sql`select count(*) as n from audit_log where act = 'review.decided'`);
    const check = (name: string, looked: number, wrong: number, example?: unknown): Check => ({
      name,
      looked,
      wrong,
      example: wrong > 0 && example !== undefined ? String(example) : undefined,
    });
    return [
      check("acknowledged payments have a decision", promised.taken.size, lost.length, lost[0]),
      check("no decision twice", rows, rows - decided.size),
      check(
        "every key has its decision and the other way round",
        rows,
        await count(sql`
        select count(*) as n from transaction_keys k full join decisions d on d.transaction_id = k.transaction_id
          and d.decided_at = k.decided_at and d.seq = k.seq
        where k.transaction_id is null or d.transaction_id is null`),
      ),
      check(
        "one case for each decision under review",
        await count(sql`select count(*) as n from review_cases`),
        await count(sql`
        select count(*) as n from review_cases c full join (select * from decisions where review) d
          on d.decided_at = c.decision_at and d.seq = c.decision_seq
        where c.case_id is null or d.seq is null`),
      ),
      check(
        "another content under a taken id is kept as a conflict",
        promised.conflicts.size,
        unkept.length,
        unkept[0],
      ),
      check(
        "dead letters are conflicts alone",
        await count(sql`select count(*) as n from dead_letters`),
        await count(sql`select count(*) as n from dead_letters where error_code <> 'conflict'`),
      ),
      check("answered verdicts are there", promised.verdicts.size, forgotten.length, forgotten[0]),
      check(
        "every verdict has its label and its entry in the audit log",
        given.size,
        Math.abs(acts - given.size) +
          Math.abs((await count(sql`select count(*) as n from labels`)) - given.size),
      ),
      check("open cases have their timer", open.rows.length, timerless.length, timerless[0]),
      check("every escalation was alerted", escalated.size, silent.length, silent[0]),
      check("outbox is empty", 1, await count(sql`select count(*) as n from outbox`)),
      check("counters equal the rows", rows, drift.length, JSON.stringify(drift[0])),
      check("audit chain is whole", audit.sound, audit.fault ? 1 : 0, JSON.stringify(audit.fault)),
    ];
  } finally {
    await timers.close();
    redis.disconnect();
    await db.destroy();
  }
}

/** Cases of which a worker said in its log that they passed their deadline. */
function alertsOf(house: Judged): Set<string> {
  const found = house.workers.flatMap((worker) =>
    worker.log.flatMap((line) => /"msg":"Case (\d+) passed its review deadline/.exec(line)?.[1] ?? []),
  );
  return new Set(found);
}
