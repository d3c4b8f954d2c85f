import { randomUUID } from "node:crypto";
import { Queue } from "bullmq";
import { sql } from "kysely";
import { compilePolicy } from "../../domain/policy/decide.ts";
import type { QueuedTransaction } from "../../pipeline/queues.ts";
import { newDecision } from "../../pipeline/record/new-decision.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { startProcess } from "../../pipeline/testing/started-process.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { createScorerClient } from "../../scorer/client.ts";
import type { House } from "./house.ts";

/** Work that is under way at once: a worker's default. */
const AT_ONCE = 4;
const logger = createLogger("bench", "silent");

/** Runs `work` over all chunks, {@link AT_ONCE} at a time. @returns transactions a second */
async function rate(
  chunks: readonly (readonly QueuedTransaction[])[],
  work: (chunk: readonly QueuedTransaction[]) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  const left = [...chunks];
  const one = async (): Promise<void> => {
    for (let chunk = left.pop(); chunk; chunk = left.pop()) await work(chunk);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  const count = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return count / ((performance.now() - started) / 1_000);
}

/** BullMQ alone: the same jobs, taken by a worker process that does nothing with them. */
export async function noOpJobs(
  house: House,
  chunks: readonly (readonly QueuedTransaction[])[],
): Promise<number> {
  const redis = connectRedis(house.redis.url, "producer", logger);
  const queue = new Queue("no-op", {
    connection: redis,
    prefix: "{bench}",
    defaultJobOptions: { removeOnComplete: true },
  });
  const worker = await startProcess("bench/pipeline/no-op-worker.ts", house.env);
  try {
    const started = performance.now();
    for (const transactions of chunks)
      await queue.add("chunk", { source: "bench", transactions }, { jobId: randomUUID() });
    while (Number(await redis.get("{bench}:no-op-done")) < chunks.length) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const count = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    return count / ((performance.now() - started) / 1_000);
  } finally {
    await worker.stop();
    await redis.del("{bench}:no-op-done");
    await queue.obliterate({ force: true });
    await queue.close();
    redis.disconnect();
  }
}

/** The scorer alone: the same transactions by `ScoreBatch`, reasons for High and Critical as a worker asks for them. */
export async function scoreBatches(
  house: House,
  chunks: readonly (readonly QueuedTransaction[])[],
): Promise<number> {
  const scorer = createScorerClient({ address: house.env["SCORER_ADDRESS"] ?? "", deadlineMs: 10_000 });
  try {
    return await rate(chunks, (chunk) =>
      scorer.scoreBatch(
        chunk.map(({ eventTime: _, truth: __, eventTimeAssumed: ___, ...transaction }) => transaction),
        { explainFrom: "high" },
      ),
    );
  } finally {
    scorer.close();
  }
}

/** PostgreSQL alone: the same rows into a table like the decisions, with its indexes, a chunk in each transaction. */
export async function bulkInserts(
  house: House,
  chunks: readonly (readonly QueuedTransaction[])[],
): Promise<number> {
  const db = openDatabase<Database>(house.postgres.url, logger, AT_ONCE);
  const scored = {
    fraudProbability: 0.01,
    ...compilePolicy().decide("low"),
    fraudPredicted: false,
    model: { name: "bench", version: "1" },
    reasons: [],
  } as const;
  try {
    await sql`drop table if exists bare`.execute(db);
    await sql`create table bare (like decisions including all)`.execute(db);
    await sql`alter table bare add unique (transaction_id)`.execute(db);
    const columns = sql.raw(
      `transaction_id, source, event_time, time_seconds, v, amount_minor, currency, card_token, merchant_id,
       merchant_category, country, channel, fraud_probability, risk_tier, action, review, fraud_predicted, model_name,
       model_version, policy_version, truth`,
    );
    return await rate(chunks, async (chunk) => {
      const rows = chunk.map((transaction) => {
        const d = newDecision(transaction, scored, "bench");
        return {
          ...{
            transaction_id: d.transactionId,
            source: d.source,
            event_time: d.eventTime,
            time_seconds: d.timeSeconds,
          },
          ...{ v: d.v, amount_minor: String(d.amountMinor), currency: d.currency, card_token: d.cardToken },
          ...{
            merchant_id: d.merchantId,
            merchant_category: d.merchantCategory,
            country: d.country,
            channel: d.channel,
          },
          ...{
            fraud_probability: d.fraudProbability,
            risk_tier: d.riskTier,
            action: d.action,
            review: d.review,
          },
          ...{ fraud_predicted: d.fraudPredicted, model_name: d.modelName, model_version: d.modelVersion },
          ...{ policy_version: d.policyVersion, truth: d.truth },
        };
      });
      await db.transaction().execute((trx) =>
        sql`insert into bare (${columns}) select ${columns}
          from json_populate_recordset(null::bare, ${JSON.stringify(rows)}::json)`.execute(trx),
      );
    });
  } finally {
    await sql`drop table if exists bare`.execute(db);
    await db.destroy();
  }
}
