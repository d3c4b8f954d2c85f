import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Queue } from "bullmq";
import type { Kysely } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { DECISIONS_QUEUE, type RecordedDecision } from "../../domain/jobs.ts";
import { compilePolicy } from "../../domain/policy/decide.ts";
import { byContextName } from "../../domain/transaction.ts";
import { startTestPostgres, type TestPostgres } from "../../platform/embedded/testing/postgres.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { startTcpProxy, type TcpProxy } from "../../platform/embedded/testing/tcp-proxy.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectAgain, connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { type LiveMessage, liveChannel, parseLive } from "../live.ts";
import {
  enqueueTransactions,
  handOverDecisions,
  openReviewTimersQueue,
  openTransactionsQueue,
  type QueuedTransaction,
  type TransactionChunk,
} from "../queues.ts";
import { createProducer, type Producer } from "../simulator/producer.ts";
import { migrate } from "../store/migrate.ts";
import { findDrift } from "../store/reconcile.ts";
import type { Database } from "../store/schema.ts";
import { readStats } from "../store/stats.ts";
import { type FakeScorer, startFakeScorer } from "../testing/fake-scorer.ts";
import { eventually, type StartedProcess, startProcess } from "../testing/started-process.ts";

const logger = createLogger("test", "silent");
/** Seconds on a quiet machine; processes start slowly on a busy one. */
const LIMIT_MS = 120_000;
let redisServer: TestRedis;
let postgres: TestPostgres;
/** The worker's way to PostgreSQL. */
let wire: TcpProxy;
let scorer: FakeScorer;
let db: Kysely<Database>;
let worker: StartedProcess;
const PREFIX = "{test}";
let redis: RedisConnection;
let queue: Queue;
let producer: Producer;

const env = (): Record<string, string> => ({
  REDIS_URL: redisServer.url,
  REDIS_PREFIX: PREFIX,
  DATABASE_URL: wire.url,
  SCORER_ADDRESS: scorer.address,
  WORKER_LOCK_SECONDS: "1",
  RECONCILE_SECONDS: "1",
  LOG_LEVEL: "info",
});

const startWorker = (): Promise<StartedProcess> => startProcess("pipeline/workers/main.ts", env());

beforeAll(async () => {
  [redisServer, postgres, scorer] = await Promise.all([
    startTestRedis(),
    startTestPostgres("migrated"),
    startFakeScorer(),
  ]);
  wire = await startTcpProxy(postgres.url);
  db = openDatabase<Database>(postgres.url, logger);
  await migrate(db);
  worker = await startWorker();
});
afterAll(async () => {
  await worker?.stop();
  scorer?.stop();
  await db?.destroy();
  await wire?.close();
  await Promise.all([postgres?.stop(), redisServer?.stop()]);
});
beforeEach(() => {
  redis = connectRedis(redisServer.url, "producer", logger);
  queue = openTransactionsQueue(redis, PREFIX);
  queue.on("error", () => {});
  producer = createProducer({ queue, redis, logger, maxOutstanding: 100_000, checkAfterMs: 1_000 });
});
afterEach(async () => {
  await producer.close(5_000);
  await queue.close();
  redis.disconnect();
});

/** Every 20th is Critical and fraud. */
function chunk(name: string, size: number): TransactionChunk {
  const transactions: QueuedTransaction[] = Array.from({ length: size }, (_, i) => ({
    transactionId: `${name}-${i}`,
    time: 1_000,
    v: [i % 20 === 7 ? 0.9 : 0.05, ...Array(27).fill(0)],
    amount: 10,
    cardToken: "tok_x",
    truth: i % 20 === 7,
  }));
  return { chunkId: name, source: "simulator", transactions };
}

async function decided(prefix: string): Promise<number> {
  const { n } = await db
    .selectFrom("decisions")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("transaction_id", "like", `${prefix}%`)
    .executeTakeFirstOrThrow();
  return n;
}

/** The rows, the counters and the cases say the same. */
async function expectConsistent(): Promise<void> {
  expect(await findDrift(db)).toEqual([]);
  const { totals, reviews } = await readStats(db);
  expect(reviews.open + reviews.decided).toBe(
    totals.byTier.high.transactions + totals.byTier.critical.transactions,
  );
  expect(totals.truthFraud).toBe(totals.byTier.critical.truthKnown);
}

test(
  "kill -9 of the worker, then of Redis, in full stream: everything is decided once",
  async () => {
    const run = randomUUID();
    const chunks = 150;
    for (let i = 0; i < chunks; i++) {
      await producer.submit(chunk(`${run}-${i}`, 20));
      await sleep(10);
      if (i === 50) {
        await eventually(() => producer.outstanding() > 0);
        await worker.kill();
        void startWorker().then((started) => {
          worker = started;
        });
      }
      if (i === 100) {
        await redisServer.kill();
        void sleep(300).then(() => redisServer.start());
      }
    }
    await eventually(() => producer.outstanding() === 0);
    expect(await decided(run)).toBe(chunks * 20);
    await expectConsistent();
  },
  LIMIT_MS,
);

test(
  "FLUSHALL in full stream: what was lost is handed in again, timers come back",
  async () => {
    const run = randomUUID();
    const timers = openReviewTimersQueue(redis, PREFIX);
    for (let i = 0; i < 60; i++) {
      await producer.submit(chunk(`${run}-${i}`, 20));
      if (i === 30) await redis.flushall();
    }
    await eventually(() => producer.outstanding() === 0);
    expect(await decided(run)).toBe(1_200);
    await expectConsistent();
    await redis.flushall();
    const { reviews } = await readStats(db);
    await eventually(async () => (await timers.getDelayedCount()) === reviews.open);
    await timers.close();
  },
  LIMIT_MS,
);

test("the scorer away: jobs wait, no attempt is lost, nothing becomes a dead letter", async () => {
  const run = randomUUID();
  scorer.setAway(true);
  await producer.submit(chunk(run, 20));
  await eventually(() => worker.log.some((line) => line.includes("scorer is away")));
  expect(await decided(run)).toBe(0);
  scorer.setAway(false);
  await eventually(() => producer.outstanding() === 0);
  expect(await decided(run)).toBe(20);
  expect((await queue.getJob(run))?.attemptsMade).toBe(1);
  expect((await readStats(db)).deadLetters).toBe(0);
});

test(
  "PostgreSQL cut off in full stream: jobs wait and everything is decided once",
  async () => {
    const run = randomUUID();
    for (let i = 0; i < 40; i++) {
      await producer.submit(chunk(`${run}-${i}`, 20));
      if (i === 20) wire.cut();
    }
    await eventually(() => worker.log.some((line) => line.includes("PostgreSQL is away")));
    expect(await decided(run)).toBeLessThan(800);
    wire.restore();
    await eventually(() => producer.outstanding() === 0);
    expect(await decided(run)).toBe(800);
    expect((await readStats(db)).deadLetters).toBe(0);
    await expectConsistent();
  },
  LIMIT_MS,
);

test("the same chunk under two job ids, at the same time, counts once", async () => {
  const run = randomUUID();
  const before = (await readStats(db)).totals.transactions;
  const once = chunk(run, 40);
  await Promise.all([producer.submit(once), producer.submit({ ...once, chunkId: `${run}-again` })]);
  await eventually(() => producer.outstanding() === 0);
  expect(await decided(run)).toBe(40);
  expect((await readStats(db)).totals.transactions).toBe(before + 40);
  await expectConsistent();
});

test("bad transactions in a chunk go to the dead letters with the reason, the others are decided", async () => {
  const run = randomUUID();
  const good = chunk(run, 6).transactions;
  const at = (i: number): string => `${run}-${i}`;
  const transactions = [
    good[0]!,
    { ...good[1]!, v: [1, 2, 3] }, // the scorer refuses it
    { ...good[2]!, amount: "12" }, // not even a transaction
    { ...good[3]!, amount: -1 }, // the fake scorer lets it through, the store does not
    { ...good[4]!, merchantId: "nul\u0000" }, // PostgreSQL has no such text
    good[5]!,
  ] as QueuedTransaction[];
  await enqueueTransactions(queue, { chunkId: run, source: "api", transactions });
  await eventually(
    async () => (await decided(run)) === 2 && (await (await queue.getJob(run))?.isCompleted()) === true,
  );
  const letters = await db
    .selectFrom("dead_letters")
    .select(["transaction_id", "error_code", "error"])
    .where("job_id", "=", run)
    .orderBy("position")
    .execute();
  expect(letters.map((l) => l.transaction_id)).toEqual([at(1), at(2), at(3), at(4)]);
  expect(letters.map((l) => l.error_code)).toEqual(Array(4).fill("invalid_argument"));
  expect(letters[0]?.error).toContain("28 values");
  expect(letters[1]?.error).toContain("amount");
  await expectConsistent();
});

test("what the columns round or write otherwise is decided; what they cannot hold is refused alone, as it came", async () => {
  const run = randomUUID();
  const base = chunk(run, 8).transactions;
  const transactions = [
    { ...base[0]!, v: [0.05, 1e-60, -1e-320, ...Array(25).fill(0)] },
    { ...base[1]!, eventTime: "2026-11-22T10:00:00+18:00" },
    { ...base[2]!, eventTime: "0001-01-01T00:00:00+14:00" }, // the year 0 in UTC
    { ...base[3]!, transactionId: `${run}-\ud800` },
    { ...base[4]!, merchantId: "half \udc00", cardToken: "900719925474099312" },
    { ...base[5]!, v: [0.05, 1e39, ...Array(26).fill(0)] },
    { ...base[6]!, country: "FRANCE" }, // the fake scorer lets it through, the store does not
    base[7]!,
  ];
  // A producer of its own, with a name of its own.
  await queue.add("chunk", { source: "nightly file", transactions }, { jobId: run });
  await eventually(async () => (await (await queue.getJob(run))?.isCompleted()) === true);
  const rows = await db
    .selectFrom("decisions")
    .select(["transaction_id", "source", "event_time", "v"])
    .where("transaction_id", "like", `${run}%`)
    .orderBy("transaction_id")
    .execute();
  expect(rows.map((row) => row.transaction_id)).toEqual([0, 1, 7].map((i) => `${run}-${i}`));
  expect(rows.map((row) => row.source)).toEqual(Array(3).fill("nightly file"));
  expect(rows[0]!.v!.slice(1, 3).map(Math.abs)).toEqual([0, 0]);
  expect(rows[1]!.event_time).toEqual(new Date("2026-11-21T16:00:00Z"));
  const letters = await db
    .selectFrom("dead_letters")
    .select(["position", "error", "payload"])
    .where("job_id", "=", run)
    .orderBy("position")
    .execute();
  expect(letters.map((letter) => letter.position)).toEqual([2, 3, 4, 5, 6]);
  expect(letters[0]?.error).toContain("eventTime");
  expect(letters[1]?.error).toContain("transactionId");
  expect(letters[2]?.payload).toEqual({
    ...transactions[4],
    merchantId: "half \ufffd",
  });
  expect(letters[4]?.payload).toEqual(transactions[6]);
  await expectConsistent();
});

test("a source that is no label, or none, keeps no payment from being decided", async () => {
  const run = randomUUID();
  const sources = [undefined, null, 7, "", "x".repeat(65), "4111 1111 1111 1111", "a\u0000b", "<b>"];
  await Promise.all(
    sources.map((source, i) =>
      queue.add("chunk", { source, transactions: chunk(`${run}-${i}`, 1).transactions }),
    ),
  );
  await eventually(async () => (await decided(run)) === sources.length);
  const rows = await db
    .selectFrom("decisions")
    .select("source")
    .distinct()
    .where("transaction_id", "like", `${run}%`)
    .execute();
  expect(rows).toEqual([{ source: "queue" }]);
});

test("transactions that the scorer had no room for are asked again, alone, and decided", async () => {
  const run = randomUUID();
  const before = (await readStats(db)).deadLetters;
  scorer.setFull(true);
  await producer.submit(chunk(run, 20));
  await eventually(() => worker.log.some((line) => line.includes("full for the test")));
  scorer.setFull(false);
  await eventually(() => producer.outstanding() === 0);
  expect(await decided(run)).toBe(20);
  expect((await readStats(db)).deadLetters).toBe(before);
});

test("a job that is no chunk at all becomes one dead letter", async () => {
  const job = await queue.add("chunk", { nonsense: true }, { jobId: randomUUID() });
  await eventually(async () => (await job.isCompleted()) || (await job.isFailed()));
  const letters = await db.selectFrom("dead_letters").selectAll().where("job_id", "=", job.id!).execute();
  expect(letters).toMatchObject([{ position: -1, payload: { nonsense: true } }]);
});

test("what keeps failing for an unknown reason ends as dead letters, one a transaction", async () => {
  const run = randomUUID();
  scorer.setBroken(true);
  const { source, transactions } = chunk(run, 3);
  await queue.add(
    "chunk",
    { source, transactions },
    { jobId: run, attempts: 2, backoff: 10, removeOnFail: false },
  );
  const letters = () => db.selectFrom("dead_letters").selectAll().where("job_id", "=", run).execute();
  await eventually(async () => (await letters()).length === 3);
  scorer.setBroken(false);
  expect((await letters()).map((l) => l.transaction_id)).toEqual([`${run}-0`, `${run}-1`, `${run}-2`]);
  expect((await letters())[0]).toMatchObject({ error_code: "internal", source: "simulator" });
  // The letters are committed first, then the job goes.
  await eventually(async () => (await queue.getJob(run)) === undefined);
});

test("decisions that the scorer hands over are recorded once, explained when risky, checked one by one", async () => {
  const run = randomUUID();
  const handedOver = (i: number, risk: Partial<RecordedDecision> = {}): RecordedDecision => ({
    transactionId: `${run}-${i}`,
    time: 1,
    v: Array(28).fill(0.25),
    amount: 5,
    eventTime: "2026-11-22T10:00:00.000Z",
    currency: "EUR",
    ...byContextName(() => ""),
    fraudProbability: 0.05,
    ...compilePolicy().decide("low"),
    fraudPredicted: false,
    model: { name: "fake", version: "1" },
    reasons: [],
    scoredAt: "2026-11-22T10:00:00.000Z",
    ...risk,
  });
  const risky = { fraudProbability: 0.9, ...compilePolicy().decide("critical"), fraudPredicted: true };
  const decisions = [handedOver(0), handedOver(1, risky), { ...handedOver(2), v: [1] }];
  const handing = new Queue(DECISIONS_QUEUE, { connection: redis, prefix: PREFIX });
  await Promise.all([handing.add("decisions", { decisions }), handing.add("decisions", { decisions })]);
  // A door in front of the scorer hands over under its own name.
  await handOverDecisions(handing, "api", [handedOver(3)]);
  await eventually(async () => (await decided(run)) === 3);
  await eventually(async () => (await handing.getActiveCount()) + (await handing.getWaitingCount()) === 0);
  await handing.close();
  const opened = await db
    .selectFrom("review_cases")
    .selectAll()
    .where("transaction_id", "=", `${run}-1`)
    .executeTakeFirstOrThrow();
  expect(opened.reasons).toMatchObject([{ code: "V1_HIGH" }]);
  const row = await db
    .selectFrom("decisions")
    .selectAll()
    .where("transaction_id", "=", `${run}-0`)
    .executeTakeFirst();
  expect(row).toMatchObject({ source: "grpc", card_token: null, truth: null });
  const fromTheApi = await db
    .selectFrom("decisions")
    .select("source")
    .where("transaction_id", "=", `${run}-3`)
    .executeTakeFirst();
  expect(fromTheApi).toEqual({ source: "api" });
  const letters = await db
    .selectFrom("dead_letters")
    .selectAll()
    .where("transaction_id", "=", `${run}-2`)
    .execute();
  expect(letters).toHaveLength(2); // two jobs, each with its own bad entry
  expect(letters[0]?.error).toContain("v");
});

test("a case past its SLA is escalated by its timer", async () => {
  const run = randomUUID();
  await enqueueTransactions(queue, chunk(run, 20));
  await eventually(async () => (await decided(run)) === 20);
  const { case_id } = await db
    .updateTable("review_cases")
    .set({ due_at: new Date(Date.now() - 1_000) })
    .where("transaction_id", "like", `${run}%`)
    .returning("case_id")
    .executeTakeFirstOrThrow();
  const timers = openReviewTimersQueue(redis, PREFIX);
  const subscriber = connectAgain(redis);
  const messages: LiveMessage[] = [];
  subscriber.on("message", (_channel: string, text: string) => messages.push(parseLive(text)!));
  await subscriber.subscribe(liveChannel(PREFIX));
  // The timer still stands at the old time; with it gone, the reconciler sets it to the new one.
  await (await timers.getJob(`case-${case_id}`))?.remove();
  await eventually(() => messages.some((m) => m.type === "review" && m.caseId === case_id));
  const row = await db
    .selectFrom("review_cases")
    .selectAll()
    .where("case_id", "=", case_id)
    .executeTakeFirstOrThrow();
  expect(row.escalated_at).not.toBeNull();
  expect(worker.log.join("\n")).toContain(`Case ${case_id} passed its review deadline`);
  subscriber.disconnect();
  await timers.close();
});

test(
  "SIGTERM in full stream: the worker ends in order and the next one goes on",
  async () => {
    const run = randomUUID();
    for (let i = 0; i < 40; i++) await producer.submit(chunk(`${run}-${i}`, 20));
    expect(await worker.stop()).toBe(0);
    worker = await startWorker();
    await eventually(() => producer.outstanding() === 0);
    expect(await decided(run)).toBe(800);
    await expectConsistent();
  },
  LIMIT_MS,
);
