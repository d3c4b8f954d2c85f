import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { openTransactionsQueue } from "../../pipeline/queues.ts";
import { findDrift } from "../../pipeline/store/reconcile.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import type { House } from "../pipeline/house.ts";
import { type Figure, print } from "../report.ts";

const logger = createLogger("surge", "silent");
const POLL_MS = 500;

/** The store and the queue of a house, looked at from outside. */
export function watchStore(house: House) {
  const db = openDatabase<Database>(house.postgres.url, logger, 1);
  const redis = connectRedis(house.redis.url, "producer", logger);
  const queue = openTransactionsQueue(redis, house.env["REDIS_PREFIX"] ?? "");
  const count = async (statement: ReturnType<typeof sql>): Promise<number> =>
    Number(((await statement.execute(db)).rows[0] as { n: number | string }).n);
  return {
    count,
    /** Jobs that wait or are in work. */
    jobs: () => queue.getJobCountByTypes("waiting", "active", "delayed", "prioritized"),
    redisMegabytes: async () =>
      Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1] ?? 0) / 1024 / 1024,
    /** Until queue and outbox are empty and the counters are folded. */
    drained: async (onPoll: () => void = () => {}) => {
      for (;;) {
        const jobs = await queue.getJobCountByTypes("waiting", "active", "delayed", "prioritized", "failed");
        const left =
          jobs +
          (await count(sql`
            select (select count(*) from outbox) + (select count(*) from counter_deltas) as n`));
        if (left === 0) return;
        onPoll();
        await sleep(POLL_MS);
      }
    },
    /** What has to hold when `sent` payments were acknowledged. @returns whether it does */
    holds: async (sent: number): Promise<boolean> => {
      const figures: Figure[] = [
        exactly("decisions", await count(sql`select count(*) as n from decisions`), sent),
        exactly("their keys", await count(sql`select count(*) as n from transaction_keys`), sent),
        exactly(
          "payments counted",
          await count(sql`select coalesce(sum(transactions), 0) as n from counters_total`),
          sent,
        ),
        exactly("counters that differ from the rows", (await findDrift(db)).length, 0),
        exactly("dead letters", await count(sql`select count(*) as n from dead_letters`), 0),
        exactly(
          "flagged decisions without their one case",
          await count(sql`
            select count(*) as n from review_cases c full join (select * from decisions where review) d
              on d.decided_at = c.decision_at and d.seq = c.decision_seq
            where c.case_id is null or d.seq is null`),
          0,
        ),
      ];
      for (const figure of figures) print(figure);
      return figures.every(({ value, atLeast, atMost }) => value === atLeast && value === atMost);
    },
    close: async () => {
      await queue.close();
      redis.disconnect();
      await db.destroy();
    },
  };
}

const exactly = (name: string, value: number, wanted: number): Figure => ({
  name,
  value,
  unit: `of ${wanted.toLocaleString("en")}`,
  atLeast: wanted,
  atMost: wanted,
});
