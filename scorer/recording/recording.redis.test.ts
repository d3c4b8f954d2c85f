import { Queue, Worker } from "bullmq";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DECISIONS_QUEUE, type RecordedDecision, type RecordedDecisions } from "../../domain/jobs.ts";
import { startTestRedis } from "../../platform/embedded/testing/redis.ts";
import { startTcpProxy } from "../../platform/embedded/testing/tcp-proxy.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import type { BatchResult } from "../client/types.ts";
import { OWN_CARD, OWN_MODEL } from "../testing/onnx-fixture.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "../testing/scorer-fixture.ts";

const logger = createLogger("test", "silent");
let redis: Awaited<ReturnType<typeof startTestRedis>>;
let scorer: ScorerFixture;
let worker: Worker<RecordedDecisions>;
const seen = new Map<string, RecordedDecision>();
beforeAll(async () => {
  redis = await startTestRedis();
  scorer = await startScorerFixture({ REDIS_URL: redis.url, REDIS_PREFIX: "test" });
  const { hostname, port } = new URL(redis.url);
  worker = new Worker<RecordedDecisions>(
    DECISIONS_QUEUE,
    async ({ data }) => {
      for (const decision of data.decisions) seen.set(decision.transactionId, decision);
    },
    { prefix: "test", connection: { host: hostname, port: Number(port), maxRetriesPerRequest: null } },
  );
  worker.on("error", () => {});
  await worker.waitUntilReady();
});
afterAll(async () => {
  await worker.close(true);
  await scorer.stop();
  await redis.stop();
});

/** The transactions whose decisions wait in Redis, asked of itself. */
async function idsInQueue(prefix: string): Promise<Set<string>> {
  const connection = connectRedis(redis.url, "producer", logger);
  const queue = new Queue<RecordedDecisions>(DECISIONS_QUEUE, { prefix, connection });
  try {
    const jobs = await queue.getJobs(["waiting"], 0, 1_000);
    return new Set(jobs.flatMap(({ data }) => data.decisions.map(({ transactionId }) => transactionId)));
  } finally {
    await queue.close();
    connection.disconnect();
  }
}

it("hands over what is asked to be recorded, with everything that was sent and answered", async () => {
  await expect
    .poll(async () => (await scorer.client.score(transaction("first"), { record: true })).recorded, {
      timeout: 10_000,
    })
    .toBe(true);
  const when = new Date("2026-11-01T10:00:00.250Z");
  const decision = await scorer.client.score(
    transaction("r-1", -8, { cardToken: "tok_1", country: "BE", eventTime: when }),
    { record: true, explain: true },
  );
  const batch = await scorer.client.scoreBatch(
    Array.from({ length: 1_200 }, (_, i) => transaction(`b-${i}`)),
    { record: true },
  );
  expect(batch.every((result) => result.ok && result.decision.recorded)).toBe(true);
  expect((await scorer.client.score(transaction("not-recorded"))).recorded).toBe(false);
  await expect.poll(() => seen.size, { timeout: 15_000 }).toBeGreaterThanOrEqual(1_202);
  expect(seen.get("r-1")).toMatchObject({
    cardToken: "tok_1",
    country: "BE",
    currency: "EUR",
    merchantId: "",
    eventTime: when.toISOString(),
    amount: 12.5,
    time: 3_600,
    riskTier: "critical",
    action: "block",
    model: { name: "fixture", version: "1" },
    fraudProbability: decision.fraudProbability,
  });
  expect(seen.get("r-1")?.v).toHaveLength(28);
  expect(seen.get("r-1")?.reasons[0]?.code).toBe("V14_LOW");
  expect(seen.has("not-recorded")).toBe(false);
});

it("hands over fields and entities, and no V or time where none was sent", async () => {
  await scorer.registry.add("own", "1", OWN_MODEL, OWN_CARD);
  const fields = { items: 4, account_age_days: 1, new_device: true, distance_km: 0, note: "gift" };
  const own = { amount: 5, fields, entities: { customer: "c-17" } };
  const options = { model: "own@1", record: true };
  await scorer.client.score({ transactionId: "own-single", ...own }, options);
  await scorer.client.scoreBatch([{ transactionId: "own-batch", ...own }], options);
  for (const id of ["own-single", "own-batch"]) {
    await expect.poll(() => seen.has(id), { timeout: 15_000 }).toBe(true);
    expect(seen.get(id)).toMatchObject({ fields, entities: { customer: "c-17" }, amount: 5 });
    expect(seen.get(id)).not.toHaveProperty("v");
    expect(seen.get(id)).not.toHaveProperty("time");
  }
  expect(seen.get("r-1")).not.toHaveProperty("fields");
});

it("hands over nothing for a transaction that its model gave no probability for", async () => {
  const weights = [...new Array<number>(29).fill(0), -0.001];
  await scorer.registry.add("odd", "1", { weights, bias: 0.25, link: "Sqrt" });
  const options = { model: "odd@1", record: true };
  const none = transaction("none", 0, { amount: 900 });
  await expect(scorer.client.score(none, options)).rejects.toMatchObject({ code: "internal" });
  await expect(scorer.client.score(none, { ...options, explain: true })).rejects.toMatchObject({
    code: "internal",
  });
  const [first] = await scorer.client.scoreBatch([none, transaction("some")], options);
  expect(first?.ok).toBe(false);
  await expect.poll(() => seen.has("some"), { timeout: 15_000 }).toBe(true);
  expect(seen.has("none")).toBe(false);
});

it("answers without waiting while Redis is away, and says that nothing was recorded", async () => {
  await redis.kill();
  await expect
    .poll(async () => (await scorer.client.score(transaction("away"), { record: true })).recorded, {
      timeout: 10_000,
    })
    .toBe(false);
  expect(await scorer.metrics.metrics()).toMatch(/recording_dropped_total [1-9]/);
  await redis.start();
  await expect
    .poll(async () => (await scorer.client.score(transaction("back"), { record: true })).recorded, {
      timeout: 15_000,
    })
    .toBe(true);
  await expect.poll(() => seen.has("back"), { timeout: 15_000 }).toBe(true);
});

it("gives the score before the caller's deadline when Redis has fallen silent, and says that it is not recorded", async () => {
  const wire = await startTcpProxy(redis.url);
  const behind = await startScorerFixture({ REDIS_URL: wire.url, REDIS_PREFIX: "silent" });
  try {
    await expect
      .poll(async () => (await behind.client.score(transaction("up"), { record: true })).recorded, {
        timeout: 10_000,
      })
      .toBe(true);
    wire.freeze();
    // Shorter than the second for which Redis is waited for.
    const options = { record: true, deadlineMs: 700 };
    const one = await behind.client.score(transaction("one", -10), options);
    expect(one).toMatchObject({ riskTier: "critical", recorded: false });
    const [first] = await behind.client.scoreBatch([transaction("first", -10)], options);
    expect(first).toMatchObject({ ok: true, decision: { riskTier: "critical", recorded: false } });
    // Nobody's deadline, and answered all the same.
    const patient = await behind.client.score(transaction("patient"), { record: true });
    expect(patient.recorded).toBe(false);
    // The connection that stays silent is given up, and what waited is sent after all.
    wire.restore();
    await expect
      .poll(async () => (await behind.client.score(transaction("again"), { record: true })).recorded, {
        timeout: 20_000,
      })
      .toBe(true);
    const kept = await idsInQueue("silent");
    expect(["one", "first", "patient", "again"].filter((id) => !kept.has(id))).toEqual([]);
  } finally {
    await behind.stop();
    await wire.close();
  }
});

it("says that a decision is recorded only once Redis has it, one by one, in batches and on streams", async () => {
  const wire = await startTcpProxy(redis.url);
  const behind = await startScorerFixture({ REDIS_URL: wire.url, REDIS_PREFIX: "cut" });
  try {
    await expect
      .poll(async () => (await behind.client.score(transaction("up"), { record: true })).recorded, {
        timeout: 10_000,
      })
      .toBe(true);
    const said = new Map<string, boolean>();
    const asked: unknown[] = [];
    const isRecorded = (result: BatchResult | undefined) => result?.ok === true && result.decision.recorded;
    const { client } = behind;
    const doors: readonly ((id: string) => Promise<boolean>)[] = [
      async (id) => (await client.score(transaction(id), { record: true })).recorded,
      async (id) => isRecorded((await client.scoreBatch([transaction(id)], { record: true }))[0]),
      async (id) => {
        for await (const result of client.scoreStream([transaction(id)], { record: true }))
          return isRecorded(result);
        return false;
      },
    ];
    for (let i = 0; i < 60; i++) {
      // First what is handed over does not arrive, then its connection ends.
      if (i === 20) {
        await Promise.all(asked);
        wire.freeze();
      }
      if (i === 40) wire.cut();
      const id = `cut-${i}`;
      asked.push(doors[i % doors.length]?.(id).then((recorded) => void said.set(id, recorded)));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await Promise.all(asked);
    // Straight to Redis, whatever became of the wire: who was told so is there.
    const there = await idsInQueue("cut");
    const told = [...said].filter(([, recorded]) => recorded).map(([id]) => id);
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThan(60);
    expect(told.filter((id) => !there.has(id))).toEqual([]);
  } finally {
    await behind.stop();
    await wire.close();
  }
});
