import type { Queue } from "bullmq";
import type { Kysely } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DECISIONS_QUEUE, TRANSACTIONS_QUEUE } from "../../domain/jobs.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { createPatience } from "../../platform/process/patience.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { createScorerClient, type ScorerClient } from "../../scorer/client.ts";
import { type OutboxMessage, outboxMessage } from "../outbox/messages.ts";
import { openDecisionsQueue, openTransactionsQueue } from "../queues.ts";
import { parseDecisions, parseTransactions, type RecordJob } from "../record/parse.ts";
import { type RecordDependencies, recordJob } from "../record/record-job.ts";
import type { Database } from "../store/schema.ts";
import { readStats } from "../store/stats.ts";
import { ANN, emptyLedger, SLA } from "../store/testing.ts";
import { type FakeScorer, startFakeScorer } from "../testing/fake-scorer.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { countByReason, listDeadLetters, readDeadLetter } from "./letters.ts";
import { createRedriver, discard, discardAll, redrive, redriveAll } from "./redrive.ts";

const logger = createLogger("test", "silent");
const PREFIX = "{test}";
let store: TestStore;
let db: Kysely<Database>;
let server: TestRedis;
let redis: RedisConnection;
let scorer: FakeScorer;
let client: ScorerClient;
let queues: readonly [Queue, Queue];
let deps: RecordDependencies;

beforeAll(async () => {
  [store, server, scorer] = await Promise.all([openTestStore(), startTestRedis(), startFakeScorer()]);
  db = store.db;
  redis = connectRedis(server.url, "producer", logger);
  queues = [openTransactionsQueue(redis, PREFIX), openDecisionsQueue(redis, PREFIX)];
  for (const queue of queues) queue.on("error", () => {});
  client = createScorerClient({ address: scorer.address });
  deps = { db, sla: SLA, scorer: client, patience: createPatience(logger, new AbortController().signal) };
});
afterAll(async () => {
  client?.close();
  scorer?.stop();
  await Promise.all((queues ?? []).map((queue) => queue.close()));
  redis?.disconnect();
  await Promise.all([store?.close(), server?.stop()]);
});
beforeEach(async () => {
  await Promise.all([emptyLedger(db), redis.flushall()]);
});

const payment = (transactionId: string, overrides: object = {}) => ({
  transactionId,
  ...{ v: [0.1, ...Array<number>(27).fill(0)], time: 1, amount: 10, currency: "EUR" },
  eventTime: "2026-11-26T10:00:00.000Z",
  ...overrides,
});
const job = (id: string, ...transactions: unknown[]): RecordJob => ({
  ...{ queue: TRANSACTIONS_QUEUE, id, data: { source: "bank", transactions } },
});
const record = (job: RecordJob) =>
  recordJob(deps, job.queue === DECISIONS_QUEUE ? parseDecisions : parseTransactions, job);

/** What the relay and a worker do: each message is delivered twice, as after a kill, and each job is worked on. */
async function work(): Promise<RecordJob[]> {
  const deliver = createRedriver(db, queues);
  const rows = await db.selectFrom("outbox").select(["kind", "payload"]).execute();
  const messages = rows.map(({ kind, payload }): OutboxMessage => outboxMessage.parse({ kind, ...payload }));
  await db.deleteFrom("outbox").execute();
  for (let time = 0; time < 2; time++) {
    for (const message of messages) if (message.kind === "dead_letters.redriven") await deliver(message.ids);
  }
  const done: RecordJob[] = [];
  for (const queue of queues) {
    for (const found of await queue.getJobs(["wait", "prioritized"])) {
      const one = { queue: queue.name, id: found.id!, data: found.data as unknown };
      await record(one);
      done.push(one);
      await found.remove();
    }
  }
  return done;
}
const only = async () => {
  const { items } = await listDeadLetters(db);
  expect(items).toHaveLength(1);
  return items[0]!;
};
const decided = async (): Promise<string[]> =>
  (await db.selectFrom("decisions").select(["transaction_id", "source"]).orderBy("seq").execute()).map(
    ({ transaction_id, source }) => `${transaction_id} ${source}`,
  );
const acts = async (): Promise<unknown[]> =>
  (
    await db
      .selectFrom("audit_log")
      .select(["act", "subject", "detail"])
      .orderBy("audit_id", "desc")
      .limit(1)
      .execute()
  ).map(({ act, subject, detail }) => [act, subject, detail]);

describe("mended and handed in again", () => {
  test("a payment that was not as it has to be: what is wrong with the mended one is said, and it is decided once", async () => {
    // Sixteen digits that are no card number: the id comes back as it went.
    await record(job("j", payment("2026112212345678", { amount: "ten" }), payment("good")));
    const letter = await only();
    expect(letter).toMatchObject({
      ...{ transactionId: "2026112212345678", reason: "invalid_argument", altered: false, source: "bank" },
    });
    const mend = (overrides: object) => redrive(db, ANN, letter.id, payment("2026112212345678", overrides));
    await expect(mend({ amount: "eleven" })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("amount"),
    });
    await mend({ amount: 11 });
    await expect(mend({ amount: 11 })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("redriven already, by ann"),
    });
    expect(await acts()).toEqual([
      [
        "dead_letter.redriven",
        `dead_letter:${letter.id}`,
        { reason: "invalid_argument", transaction_id: "2026112212345678", mended: true },
      ],
    ]);
    expect(await work()).toHaveLength(1);
    expect(await decided()).toEqual(["good bank", "2026112212345678 bank"]);
    expect(await listDeadLetters(db)).toEqual({ items: [], nextBefore: null });
    expect((await readDeadLetter(db, letter.id)).mended).toEqual(payment("2026112212345678", { amount: 11 }));
    expect((await readStats(db)).deadLetters).toBe(0);
  });

  test("another payment under a taken id: under its own id it is decided, as it came it is refused again", async () => {
    await record(job("a", payment("taken")));
    await record(job("b", payment("taken", { amount: 99 })));
    const letter = await only();
    expect(letter.reason).toBe("conflict");
    await redrive(db, ANN, letter.id);
    await work();
    const again = await only();
    expect(again).toMatchObject({
      reason: "conflict",
      jobId: `redriven-${letter.id}-1`,
      transactionId: "taken",
    });
    await redrive(db, ANN, again.id, payment("free", { amount: 99 }));
    await work();
    expect(await decided()).toEqual(["taken bank", "free bank"]);
    expect(await countByReason(db)).toEqual([]);
  });

  test("one with a card number in it: masked it is shown, and not handed in before a token stands there", async () => {
    await record(job("j", payment("t", { cardToken: "4111 1111 1111 1111" })));
    const letter = await only();
    expect(letter.altered).toBe(true);
    expect(JSON.stringify(await readDeadLetter(db, letter.id))).not.toMatch(/4111/);
    await expect(redrive(db, ANN, letter.id)).rejects.toMatchObject({
      message: expect.stringContaining("a card number is masked"),
    });
    const { payload } = await readDeadLetter(db, letter.id);
    await expect(redrive(db, ANN, letter.id, payload)).rejects.toMatchObject({
      message: expect.stringContaining("[16 digits] stands where a card number was masked"),
    });
    await expect(
      redrive(db, ANN, letter.id, { ...payload, cardToken: "5555 5555 5555 4444" }),
    ).rejects.toMatchObject({ message: expect.stringContaining("looks like a card number") });
    await redrive(db, ANN, letter.id, { ...payload, cardToken: "tok_1" });
    await work();
    expect(await decided()).toEqual(["t bank"]);
  });

  test("a whole job that could not be read", async () => {
    await record({ queue: TRANSACTIONS_QUEUE, id: "j", data: { source: "bank", transactions: "none" } });
    const letter = await only();
    expect(letter).toMatchObject({ position: -1, transactionId: null });
    await redrive(db, ANN, letter.id, { source: "bank", transactions: [payment("x"), payment("y")] });
    await work();
    expect(await decided()).toEqual(["x bank", "y bank"]);
  });

  test("a decision that was handed over: what the machine said stays", async () => {
    const handed = {
      ...payment("d", { amount: "ten" }),
      ...{ fraudProbability: 0.9, riskTier: "critical", action: "block", fraudPredicted: true },
      ...{ model: { name: "m", version: "1" }, reasons: [] },
    };
    await record({ queue: DECISIONS_QUEUE, id: "j", data: { source: "grpc", decisions: [handed] } });
    const letter = await only();
    await redrive(db, ANN, letter.id, { ...handed, amount: 10 });
    await work();
    const row = await db.selectFrom("decisions").selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({
      transaction_id: "d",
      fraud_probability: 0.9,
      model_name: "m",
      source: "grpc",
    });
  });

  test("one that the scorer refuses stays a letter, with its reason, until it is put aside", async () => {
    await record(job("j", payment("t", { v: [Number.MAX_VALUE] })));
    const letter = await only();
    expect(letter.error).toContain("v");
    await discard(db, ANN, letter.id);
    expect(await acts()).toMatchObject([["dead_letter.discarded", `dead_letter:${letter.id}`, {}]]);
    await expect(discard(db, ANN, letter.id)).rejects.toMatchObject({ code: "conflict" });
    expect((await listDeadLetters(db, { state: "discarded" })).items).toMatchObject([{ id: letter.id }]);
    expect(await work()).toEqual([]);
  });
});

test("all of a reason go in again as they came, by queue and source, but for those that cannot; twice does nothing twice", async () => {
  await record(job("first", payment("taken")));
  for (let n = 0; n < 3; n++) {
    await record(
      job(`bad-${n}`, ...Array.from({ length: 40 }, (_, i) => payment(`bad-${n}-${i}`, { amount: "x" }))),
    );
  }
  await record(job("conflict", payment("taken", { amount: 3 })));
  await record(job("card", payment("card", { cardToken: "4111111111111111" })));
  expect(await countByReason(db)).toMatchObject([
    { reason: "invalid_argument", count: 121 },
    { reason: "conflict", count: 1 },
  ]);
  const both = await Promise.all([
    redriveAll(db, ANN, { reason: "invalid_argument" }),
    redriveAll(db, ANN, { reason: "invalid_argument" }),
  ]);
  expect(both.reduce((sum, { handled }) => sum + handled, 0)).toBe(120);
  expect((await redriveAll(db, ANN, { reason: "invalid_argument" })).left).toBe(1);
  const jobs = await work();
  expect(jobs).toHaveLength(3);
  expect(await countByReason(db)).toMatchObject([
    { reason: "invalid_argument", count: 121 },
    { reason: "conflict", count: 1 },
  ]);
  expect(await discardAll(db, ANN, {})).toEqual({ handled: 122, left: 0 });
  expect((await listDeadLetters(db, { state: "redriven" }, { limit: 200 })).items).toHaveLength(120);
});
