import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Queue } from "bullmq";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { AlertKind } from "../../domain/alerts.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { startTcpProxy, type TcpProxy } from "../../platform/embedded/testing/tcp-proxy.ts";
import { readAllowed } from "../../platform/outgoing/addresses.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { SecretBox } from "../accounts/secret-box.ts";
import { openTransactionsQueue } from "../queues.ts";
import { databaseTrouble } from "../readiness/database.ts";
import { queueTrouble } from "../readiness/queue.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { escalateCase } from "../review/escalate.ts";
import { recordDeadLetters } from "../store/dead-letters.ts";
import { StoredRates } from "../store/exchange-rates.ts";
import { foldCounters } from "../store/fold-counters.ts";
import type { Database } from "../store/schema.ts";
import { ANN, decision, emptyLedger, risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { addChannel, makeSecret } from "./channels.ts";
import { raiseCriticalAmounts } from "./critical-amounts.ts";
import { createEvaluator, type Evaluator } from "./evaluator.ts";
import { sendAlerts } from "./sending/send.ts";
import { readConditions, setCondition } from "./settings.ts";
import { StoreAway } from "./store-away.ts";
import { type Receiver, startReceiver } from "./testing/receiver.ts";

const logger = createLogger("test", "silent");
const secrets = new SecretBox(randomBytes(32));
const PREFIX = "{test}";
const NOW = new Date("2026-11-26T12:00:30Z");
const later = (seconds: number, from = NOW): Date => new Date(from.getTime() + seconds * 1_000);

let store: TestStore;
let db: Kysely<Database>;
/** The evaluator's way to PostgreSQL. */
let wire: TcpProxy;
let wired: Kysely<Database>;
let server: TestRedis;
let redis: RedisConnection;
let queue: Queue;
let folder: string;
let receiver: Receiver;
let scorerTrouble: string | undefined;
let evaluator: Evaluator;
let certificate: string;

beforeAll(async () => {
  [store, server, receiver] = await Promise.all([openTestStore(), startTestRedis(), startReceiver()]);
  db = store.db;
  wire = await startTcpProxy(store.url);
  wired = openDatabase<Database>(wire.url, logger, 3);
  redis = connectRedis(server.url, "producer", logger);
  queue = openTransactionsQueue(redis, PREFIX);
  queue.on("error", () => {});
  folder = await mkdtemp(join(tmpdir(), "paysecure-alerts-"));
  certificate = join(folder, "web.pem");
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "5"],
      ...["-subj", "/CN=web", "-keyout", join(folder, "web.key"), "-out", certificate],
    ],
    { stdio: "ignore" },
  );
});
afterAll(async () => {
  await queue?.close();
  redis?.disconnect();
  await wired?.destroy();
  await wire?.close();
  await Promise.all([store?.close(), server?.stop(), receiver?.stop(), rm(folder, { recursive: true })]);
});
beforeEach(async () => {
  await Promise.all([emptyLedger(db), redis.flushall()]);
  await sql`delete from alert_conditions`.execute(db);
  await sql`delete from alert_channels`.execute(db);
  await sql`delete from leases`.execute(db);
  receiver.received.length = 0;
  scorerTrouble = undefined;
  evaluator = create();
});

function create(certificates: readonly (readonly [string, string])[] = []): Evaluator {
  return createEvaluator({
    ...{ db: wired, redis, queues: [queue], logger, dataDir: folder, certificates },
    missing: async () => {
      const asked = [
        ["scorer", scorerTrouble],
        ["redis", await queueTrouble(redis, PREFIX)],
        ["postgresql", await databaseTrouble(wired)],
      ] as const;
      return new Map(asked.flatMap(([name, why]) => (why === undefined ? [] : [[name, why] as const])));
    },
    storeAway: new StoreAway({
      ...{ db: wired, logger, secrets: async () => secrets },
      send: (message, target) =>
        sendAlerts(
          {
            ...{ allowed: readAllowed("127.0.0.1"), mailer: null, mailFrom: "", publicUrl: undefined },
            pushKeys: async () => null,
          },
          message,
          target,
        ),
    }),
  });
}
const open = async (): Promise<string[]> =>
  (
    await db.selectFrom("alerts").select("kind").where("state", "<>", "resolved").orderBy("kind").execute()
  ).map(({ kind }) => kind);
const reading = async (kind: AlertKind) =>
  await db.selectFrom("alert_readings").selectAll().where("kind", "=", kind).executeTakeFirst();
const threshold = async (kind: AlertKind, value: number): Promise<void> =>
  await setCondition(db, ANN, kind, { ...(await readConditions(db))[kind], threshold: value });
/** Payments as they were counted, a row a minute. */
async function counted(from: Date, minutes: number, each: { low: number; critical?: number }): Promise<void> {
  await sql`
    insert into counters_by_minute (minute, risk_tier, transactions)
    select date_trunc('minute', ${from}::timestamptz) + n * interval '1 minute', tier, count
    from generate_series(0, ${minutes - 1}::int) as n,
      (values ('low', ${each.low}::int8), ('critical', ${each.critical ?? 0}::int8)) as tiers (tier, count)`.execute(
    db,
  );
}
const WEEK = 7 * 86_400;
const HOUR_AGO = later(-3_600);

describe("traffic", () => {
  test("without a history it is said that it is too short, and nothing fires", async () => {
    await counted(HOUR_AGO, 60, { low: 60 });
    await evaluator.look(NOW);
    expect((await reading("volume"))?.words).toBe(
      "the history is too short: 0 of the 3 weeks that make a band had payments at this hour",
    );
    expect((await reading("score_drift"))?.level).toBe("unknown");
    expect(await open()).toEqual([]);
  });

  test("an hour with a tenth of its payments, or five times its risky ones, is off the band of past weeks", async () => {
    for (const week of [1, 2, 3, 4])
      await counted(later(-week * WEEK, HOUR_AGO), 60, { low: 58 + week, critical: 1 });
    await counted(HOUR_AGO, 60, { low: 60, critical: 1 });
    await evaluator.look(NOW);
    expect([(await reading("volume"))?.level, (await reading("fraud_rate"))?.level]).toEqual([
      "clear",
      "clear",
    ]);

    await sql`update counters_by_minute set transactions = 6 where minute >= date_trunc('minute', ${HOUR_AGO}::timestamptz) and risk_tier = 'low'`.execute(
      db,
    );
    evaluator = create();
    await sql`delete from leases`.execute(db);
    await evaluator.look(later(1));
    expect((await reading("volume"))?.words).toMatch(/^420 payments in the last hour, usually 3,690 ±/);
    // Not at the first look: it has to last.
    expect(await open()).toEqual([]);
    evaluator = create();
    await sql`delete from leases`.execute(db);
    await evaluator.look(later(62));
    expect(await open()).toEqual(["fraud_rate", "volume"]);
  });

  test("nothing at all is told where there usually is something, and is over with the next payment", async () => {
    await counted(later(-2 * 3_600), 100, { low: 10 });
    await evaluator.look(NOW);
    expect(await open()).toEqual(["no_payments"]);
    expect((await reading("no_payments"))?.words).toMatch(/^nothing for \d+ minutes/);
    await counted(NOW, 1, { low: 1 });
    await evaluator.look(later(20));
    await evaluator.look(later(100));
    expect(await open()).toEqual([]);
  });

  test("an hour that is always silent stays so", async () => {
    for (const week of [1, 2, 3]) await counted(later(-week * WEEK - 5 * 3_600), 60, { low: 10 });
    await counted(later(-5 * 3_600), 60, { low: 10 });
    await evaluator.look(NOW);
    expect((await reading("no_payments"))?.words).toContain("at this hour that is usual");
    expect(await open()).toEqual([]);
  });

  test("tiers that shift against the 28 days before are a drift", async () => {
    for (let day = 3; day < 20; day++) {
      await sql`insert into counters_by_day (day, risk_tier, currency, transactions)
        select (${NOW}::timestamptz at time zone 'UTC')::date - ${day}::int, tier, 'EUR', count
        from (values ('low', 9900::int8), ('critical', 100::int8)) as tiers (tier, count)`.execute(db);
    }
    await counted(later(-7_200), 60, { low: 60, critical: 20 });
    await evaluator.look(NOW);
    const found = await reading("score_drift");
    expect(found).toMatchObject({ level: "over" });
    expect(found?.words).toContain("critical 1 % → 25 %");
  });
});

describe("backlog", () => {
  test("a job that nobody takes for longer than the threshold, and over when it is gone", async () => {
    const job = await queue.add("chunk", {}, { timestamp: NOW.getTime() - 300_000 });
    await evaluator.look(NOW);
    await evaluator.look(later(15));
    expect(await open()).toContain("queue_age");
    expect((await reading("queue_age"))?.words).toBe("the oldest job of transactions has waited 315 s");
    await job.remove();
    await evaluator.look(later(30));
    // For a while only: it would flap.
    expect(await open()).toContain("queue_age");
    await evaluator.look(later(91));
    expect(await open()).not.toContain("queue_age");
  });

  test("new dead letters", async () => {
    await recordDeadLetters(db, [
      {
        ...{ queue: "transactions", jobId: "1", position: 0, transactionId: "t", source: "bank" },
        ...{ errorCode: "conflict", error: "another's", payload: {} },
      },
    ]);
    await evaluator.look(new Date());
    expect(await open()).toContain("dead_letters");
    expect((await reading("dead_letters"))?.words).toBe("1 of the last hour wait, most of them conflict");
  });
});

describe("machine", () => {
  test("a disk over the threshold", async () => {
    await threshold("disk_full", 10);
    await evaluator.look(NOW);
    const found = await reading("disk_full");
    expect(found?.level).toBe((found?.value ?? 0) >= 10 ? "over" : "clear");
    expect(await open()).toEqual((found?.value ?? 0) >= 10 ? ["disk_full"] : []);
  });

  test("Redis near its maxmemory", async () => {
    const [, used = "0"] = /used_memory:(\d+)/.exec(await redis.info("memory")) ?? [];
    await redis.config("SET", "maxmemory", String(Math.round(Number(used) * 1.08)));
    try {
      await evaluator.look(NOW);
      await evaluator.look(later(15));
      expect(await open()).toContain("redis_memory");
    } finally {
      await redis.config("SET", "maxmemory", "0");
    }
    await evaluator.look(later(30));
    await evaluator.look(later(95));
    expect(await open()).not.toContain("redis_memory");
  });

  test("a certificate that runs out within the threshold", async () => {
    evaluator = create([["TLS_CERT", certificate]]);
    await evaluator.look(new Date());
    expect(await open()).toContain("certificate_expiry");
    expect((await reading("certificate_expiry"))?.words).toBe("TLS_CERT ends in 4 days");
    await threshold("certificate_expiry", 2);
    await evaluator.look(new Date());
    expect(await open()).not.toContain("certificate_expiry");
  });
});

describe("neighbours", () => {
  test("the scorer, for longer than the threshold", async () => {
    scorerTrouble = "does not answer";
    await evaluator.look(NOW);
    expect(await open()).toEqual([]);
    await evaluator.look(later(31));
    expect(await open()).toEqual(["scorer_away"]);
    const [alert] = await db.selectFrom("alerts").select(["body", "severity"]).execute();
    expect(alert).toEqual({ body: "scorer does not answer", severity: "critical" });
    scorerTrouble = undefined;
    await evaluator.look(later(40));
    // Back and away again at once: still the same alert.
    scorerTrouble = "does not answer";
    await evaluator.look(later(50));
    scorerTrouble = undefined;
    await evaluator.look(later(60));
    expect(await open()).toEqual(["scorer_away"]);
    await evaluator.look(later(91));
    expect(await open()).toEqual([]);
    expect(await db.selectFrom("alerts").select("state").execute()).toEqual([{ state: "resolved" }]);
  });

  test("Redis, full", async () => {
    await redis.config("SET", "maxmemory", "1");
    try {
      await evaluator.look(NOW);
      await evaluator.look(later(31));
      expect(await open()).toContain("redis_away");
    } finally {
      await redis.config("SET", "maxmemory", "0");
    }
  });

  test("PostgreSQL: told by what was last known of the channels, once, told when it is back, and written down", async () => {
    await addChannel(db, secrets, ANN, "ops", {
      ...{ kind: "webhook", url: `${receiver.url}/hook`, secret: makeSecret() },
    });
    await evaluator.look(NOW);
    wire.cut();
    await evaluator.look(later(10));
    expect(receiver.received).toEqual([]);
    await evaluator.look(later(45));
    await evaluator.look(later(55));
    expect(receiver.received).toHaveLength(1);
    wire.restore();
    await evaluator.look(later(70));
    const told = receiver.received.map(
      ({ body }) =>
        (JSON.parse(body.toString()) as { data: { alerts: { kind: string; event: string }[] } }).data
          .alerts[0],
    );
    expect(told).toMatchObject([
      { kind: "store_away", event: "fired" },
      { kind: "store_away", event: "resolved" },
    ]);
    expect(await db.selectFrom("alerts").select(["kind", "state", "fired_at"]).execute()).toEqual([
      { kind: "store_away", state: "resolved", fired_at: later(45) },
    ]);
  });
});

describe("what happens", () => {
  test("a Critical decision over the amount, each once, by rates where an operator has set them", async () => {
    await recordDecisions(
      db,
      [
        risky("dear", { amount: 1_500 }),
        risky("cheap", { amount: 999 }),
        risky("yen", { amount: 90_000, currency: "JPY" }),
        decision("legitimate", { amount: 5_000 }),
      ],
      SLA,
    );
    const { rows } = await sql<{ at: string; first: number; last: number }>`
      select min(decided_at)::text as at, min(seq) as first, max(seq) as last from decisions`.execute(db);
    const [{ at = "", first = 0, last = 0 } = {}] = rows;
    await sql`delete from exchange_rates`.execute(db);
    const ranges = [{ decidedAt: at, firstSeq: first, lastSeq: last }];
    const subjects = async (): Promise<string[]> =>
      (await db.selectFrom("alerts").select("subject").orderBy("subject").execute()).map(
        ({ subject }) => subject,
      );
    await sql`insert into exchange_rates (base, currency, valid_from, rate, set_by)
      values ('EUR', 'JPY', '2020-01-01', 0.006, ${JSON.stringify(ANN)}::jsonb)`.execute(db);
    const rates = new StoredRates(db);
    await raiseCriticalAmounts(db, rates, ranges);
    // The outbox may tell it twice; also when it was seen meanwhile.
    await sql`update alerts set state = 'resolved', resolved_at = now()`.execute(db);
    await raiseCriticalAmounts(db, rates, ranges);
    expect(await subjects()).toEqual(["transaction:dear"]);
    await emptyAlerts();
    await sql`delete from exchange_rates`.execute(db);
    await raiseCriticalAmounts(db, new StoredRates(db), ranges);
    expect(await subjects()).toEqual(["transaction:dear", "transaction:yen"]);
  });

  test("of an attack the dearest are told one by one, the others as one", async () => {
    const attack = Array.from({ length: 50 }, (_, i) => risky(`a-${i}`, { amount: 2_000 + i }));
    await recordDecisions(db, attack, SLA);
    const { rows } = await sql<{ decidedAt: string; firstSeq: number; lastSeq: number }>`
      select min(decided_at)::text as "decidedAt", min(seq) as "firstSeq", max(seq) as "lastSeq" from decisions`.execute(
      db,
    );
    await raiseCriticalAmounts(db, new StoredRates(db), rows);
    const raised = await db.selectFrom("alerts").select("title").orderBy("alert_id").execute();
    expect(raised).toHaveLength(21);
    expect(raised[0]?.title).toBe("Critical payment of 2,049 EUR");
    expect(raised.at(-1)?.title).toBe("30 more Critical payments over the amount");
  });

  test("a case past its deadline, until it is decided", async () => {
    await recordDecisions(db, [risky("late")], SLA);
    const { case_id } = await db
      .updateTable("review_cases")
      .set({ due_at: new Date(Date.now() - 1_000) })
      .returning("case_id")
      .executeTakeFirstOrThrow();
    await escalateCase(db, case_id);
    await escalateCase(db, case_id);
    expect(await open()).toEqual(["case_escalated"]);
    await foldCounters(db, "test");
    await evaluator.look(new Date());
    expect(await open()).toContain("case_escalated");
    await sql`update review_cases set status = 'decided', verdict = 'fraud', decided_at = now(),
      decided_by = ${JSON.stringify(ANN)}::jsonb`.execute(db);
    await evaluator.look(new Date());
    expect(await open()).not.toContain("case_escalated");
  });
});

test("of two workers one looks; when it dies the other does", async () => {
  scorerTrouble = "does not answer";
  const other = create();
  await evaluator.look(NOW);
  await other.look(NOW);
  await other.look(later(31));
  expect(await open()).toEqual([]);
  await evaluator.stop();
  await other.look(later(40));
  expect(await open()).toEqual(["scorer_away"]);
});

const emptyAlerts = (): Promise<unknown> => sql`truncate alerts, alert_notices`.execute(db);
