import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Queue } from "bullmq";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { PartName, Status } from "../../domain/status.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { keepLastBackup } from "../../platform/process/last-backup.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { OUTBOX_LEASE } from "../outbox/relay.ts";
import { openTransactionsQueue } from "../queues.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { escalateCase } from "../review/escalate.ts";
import type { Database } from "../store/schema.ts";
import { risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { createStatus } from "./read-status.ts";

const PREFIX = "{test}";
const logger = createLogger("test", "silent");
let store: TestStore;
let server: TestRedis;
let redis: RedisConnection;
let queue: Queue;
let dataDir: string;

beforeAll(async () => {
  [store, server, dataDir] = await Promise.all([
    openTestStore(),
    startTestRedis(),
    mkdtemp(join(tmpdir(), "paysecure-status-")),
  ]);
  redis = connectRedis(server.url, "producer", logger);
  queue = openTransactionsQueue(redis, PREFIX);
  queue.on("error", () => {});
});
afterAll(async () => {
  await queue.close().catch(() => {});
  redis.disconnect();
  await Promise.all([store.close(), server.stop(), rm(dataDir, { recursive: true, force: true })]);
});
beforeEach(async () => {
  await queue.obliterate({ force: true });
  await queue.resume();
  // What earlier tests left on its way is delivered, and a worker runs.
  await sql`delete from outbox`.execute(store.db);
  await sql`delete from counter_deltas`.execute(store.db);
  await sql`insert into leases (name, holder, until) values (${OUTBOX_LEASE}, 'w', now() + interval '1 hour')
    on conflict (name) do update set until = excluded.until`.execute(store.db);
});

const well = { health: async () => "serving" as const };

/** As it is now, asked anew. */
async function status(overrides: Partial<Parameters<typeof createStatus>[0]> = {}): Promise<Status> {
  return await createStatus({
    ...{
      db: store.db,
      redis,
      redisPrefix: PREFIX,
      queues: [queue],
      shards: 1,
      scorer: well,
      dataDir,
      logger,
    },
    ...overrides,
  })();
}
const part = ({ parts }: Status, name: PartName) => parts.find((each) => each.name === name);

test("all is well, with the versions that serve, and the last backup once there is one", async () => {
  const found = await status();
  expect(found).toMatchObject({ state: "well", sentence: "All is well.", alerts: [], lastBackup: null });
  expect(found.parts.map(({ state, since }) => [state, since])).toEqual(
    found.parts.map(() => ["well", null]),
  );
  expect(part(found, "scorer")?.words).toMatch(/^the scorer answered in \d+ ms$/);
  expect(found.versions).toMatchObject({ schema: expect.stringMatching(/^\d{4}-/), policy: "tiers-1" });
  await keepLastBackup(dataDir, "2026-11-27T03:00:00.000Z");
  expect((await status()).lastBackup).toEqual(new Date("2026-11-27T03:00:00.000Z"));
});

test("no worker: said, since its lease ran out", async () => {
  await sql`update leases set until = now() - interval '5 minutes'`.execute(store.db);
  const found = await status();
  expect(found).toMatchObject({ state: "failing", sentence: "Payments wait: no worker runs." });
  const since = part(found, "workers")?.since?.getTime() ?? 0;
  expect(Math.abs(Date.now() - since - 300_000)).toBeLessThan(60_000);
  await sql`delete from leases`.execute(store.db);
  expect(part(await status(), "workers")).toMatchObject({ state: "failing", since: expect.any(Date) });
});

test("decisions are late: how many wait and for how long; paused and drained are somebody's will", async () => {
  await queue.add("bank", {}, { timestamp: Date.now() - 300_000, priority: 1 });
  const late = await status();
  expect(late).toMatchObject({
    state: "degraded",
    sentence: "Decisions are late: 1 waiting, the oldest for 5 min.",
  });
  expect(part(late, "queues")?.since?.getTime()).toBeLessThan(Date.now() - 290_000);
  await queue.pause();
  expect(part(await status(), "queues")?.words).toContain("transactions is paused; 1 waiting");
});

test("what waits in the outbox, is not counted, is overdue or put aside is said with its beginning", async () => {
  await recordDecisions(store.db, [risky("late-1")], SLA);
  await sql`update outbox set created_at = now() - interval '10 minutes'`.execute(store.db);
  await sql`update counter_deltas set minute = now() - interval '20 minutes'`.execute(store.db);
  await sql`update review_cases set due_at = now() - interval '1 minute'`.execute(store.db);
  await sql`insert into dead_letters (queue, job_id, position, error_code, error, payload)
    values ('transactions', 'j', 0, 'invalid', 'no amount', '{}')`.execute(store.db);
  const found = await status();
  expect(part(found, "outbox")?.words).toMatch(/^\d+ undelivered, the oldest for 10 min$/);
  expect(part(found, "reviews")).toMatchObject({
    state: "degraded",
    words: "1 of 1 open cases past their deadline",
  });
  expect(part(found, "dead_letters")).toMatchObject({ state: "degraded", words: "1 waiting for somebody" });
  expect(found.sentence).toMatch(/^Timers, news and figures are late: .* 2 more parts need somebody\.$/);
  await sql`delete from outbox`.execute(store.db);
  expect(part(await status(), "outbox")?.words).toMatch(/^\d+ not in the figures, the oldest for 20 min$/);
});

test("the one objective that the store counts is told by hour, day and 28 days; the others are Prometheus'", async () => {
  const { case_id: id } = await store.db
    .selectFrom("review_cases")
    .select("case_id")
    .executeTakeFirstOrThrow();
  await recordDecisions(store.db, [risky("kept-1"), risky("kept-2"), risky("kept-3")], SLA);
  await escalateCase(store.db, id);
  const found = await status();
  const spans = { bad: 1, all: 3 };
  expect(found.promises.filter((promise) => promise.spans)).toEqual([
    { name: "review_sla", spans: { hour: spans, day: spans, days: spans } },
  ]);
  expect(found.promises).toHaveLength(5);
  // The case past its deadline is an alert.
  expect(found.alerts).toMatchObject([{ kind: "case_escalated", state: "firing" }]);
});

test("a scorer that hangs, fails or refuses keeps nobody waiting, and since when is kept until it is back", async () => {
  let answer: () => Promise<"serving" | "not serving"> = () => new Promise(() => {});
  const asked = (): ReturnType<typeof status> =>
    status({ scorer: { health: () => answer() } as typeof well });
  expect(part(await asked(), "scorer")).toMatchObject({
    state: "failing",
    words: "the scorer does not answer",
    since: expect.any(Date),
  });
  answer = async () => "not serving";
  expect(part(await asked(), "scorer")?.words).toContain("has no model");
  await sql`insert into alert_readings (kind, at, level, value, words, over_since)
    values ('scorer_away', now(), 'over', 60, '', now() - interval '1 hour')`.execute(store.db);
  expect(part(await asked(), "scorer")?.since?.getTime()).toBeLessThan(Date.now() - 3_500_000);
  await sql`delete from alert_readings`.execute(store.db);
  answer = async () => "serving";
  expect(part(await asked(), "scorer")).toMatchObject({ state: "well", since: null });
});

test("PostgreSQL away: it is named, and what it keeps is not known", { timeout: 30_000 }, async () => {
  const away = openDatabase<Database>("postgres://postgres@127.0.0.1:1/postgres", logger, 1);
  const found = await status({ db: away });
  expect(found).toMatchObject({
    state: "failing",
    sentence: "Decisions cannot be recorded: PostgreSQL does not answer.",
    ...{ alerts: null, versions: null },
  });
  expect(found.parts.map(({ name, state }) => [name, state])).toEqual([
    ["postgresql", "failing"],
    ["redis", "well"],
    ["scorer", "well"],
    ["workers", "unknown"],
    ["queues", "well"],
    ["outbox", "unknown"],
    ["reviews", "unknown"],
    ["dead_letters", "unknown"],
  ]);
  await away.destroy();
});

test("Redis away: it is named, queues are not known, and it is well when it is back", {
  timeout: 60_000,
}, async () => {
  await server.kill();
  const found = await status();
  expect(part(found, "redis")).toMatchObject({ state: "failing", words: "Redis does not answer" });
  expect(part(found, "queues")).toMatchObject({ state: "unknown" });
  expect(part(found, "postgresql")).toMatchObject({ state: "well" });
  expect(found.sentence).toMatch(/^Payments cannot be taken in: Redis does not answer/);
  await server.start();
  await expect
    .poll(async () => part(await status(), "redis")?.state, { timeout: 30_000, interval: 500 })
    .toBe("well");
});
