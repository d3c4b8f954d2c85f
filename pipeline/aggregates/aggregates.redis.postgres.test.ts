import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Label } from "../../domain/verdicts.ts";
import { FeatureEngine } from "../../features/engine/engine.ts";
import type { Payment } from "../../features/engine/payment.ts";
import type { Moved, RecordedPayment } from "../../features/online/aggregates.ts";
import { completeness, markBuilding } from "../../features/online/marks.ts";
import { OnlineFeatures } from "../../features/online/online-features.ts";
import { StateStore } from "../../features/online/state-store.ts";
import { parseSchema } from "../../features/schema/read.ts";
import { difference, EVERY_AGGREGATE, MemoryStates, somePayments } from "../../features/testing/payments.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { takeChargebacks } from "../chargebacks/take.ts";
import { createEffects } from "../effects/effects.ts";
import { relayBatch } from "../outbox/relay.ts";
import { openReviewTimersQueue } from "../queues.ts";
import { setRate } from "../rates/set-rate.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { giveVerdict } from "../review/verdict.ts";
import { StoredRates } from "../store/exchange-rates.ts";
import { ANN, decision, emptyLedger, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { aggregateEffects } from "./move.ts";
import { rebuildAggregates } from "./rebuild.ts";
import { ServedSchemas } from "./served-schemas.ts";

const logger = createLogger("test", "silent");
const PREFIX = "{test}";
const engine = new FeatureEngine(parseSchema(EVERY_AGGREGATE));
const FEW = { customers: 20, terminals: 30, kinds: 5 };
let server: TestRedis;
let ledger: TestStore;
let redis: RedisConnection;
let store: StateStore;
let root: string;
let moved: Moved;
let relay: () => Promise<number>;
let closeTimers: () => Promise<void>;
beforeAll(async () => {
  [server, ledger] = await Promise.all([startTestRedis(), openTestStore()]);
  redis = connectRedis(server.url, "producer", logger);
  store = new StateStore(redis, PREFIX);
  root = await mkdtemp(join(tmpdir(), "paysecure-registry-"));
  const timers = openReviewTimersQueue(redis, PREFIX);
  timers.on("error", () => {});
  closeTimers = () => timers.close();
  const aggregates = aggregateEffects({
    ...{ db: ledger.db, store, logger },
    schemas: new ServedSchemas(root, logger),
    onMoved: (more) => {
      for (const key of Object.keys(moved) as (keyof Moved)[]) moved[key] += more[key];
    },
  });
  const deliver = createEffects({
    timers,
    redis,
    prefix: PREFIX,
    alerts: { recorded: async () => {}, changed: () => {} },
    aggregates,
    redrive: async () => {},
    webhooks: async () => {},
  });
  relay = async () => {
    let delivered = 0;
    for (let now = 1; now > 0; delivered += now) now = await relayBatch({ db: ledger.db, deliver, logger });
    return delivered;
  };
  const folder = join(root, "own", "1");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "schema.yaml"), EVERY_AGGREGATE);
  await writeFile(
    join(root, "serving.json"),
    JSON.stringify({ champion: "own@1", challenger: null, shadows: [] }),
  );
});
afterAll(async () => {
  await closeTimers?.();
  redis?.disconnect();
  await Promise.all([server?.stop(), ledger?.close()]);
  if (root) await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  await emptyLedger(ledger.db);
  await redis.flushall();
  moved = { taken: 0, repeated: 0, late: 0, refused: 0 };
});

/** As a job records them. */
async function record(payments: readonly RecordedPayment[]): Promise<void> {
  const rows = payments.map(({ payment, word }) => {
    const { amount, currency, event_time: _time, channel, ...own } = payment.fields;
    return decision(payment.transactionId, {
      currency: currency as string,
      ...{ amount: amount as number, channel: channel as string, cardToken: null, merchantId: null },
      eventTime: new Date(payment.eventTimeMs).toISOString(),
      fields: own as Record<string, number | string>,
      entities: payment.entities,
      truth: word?.fraud ?? null,
    });
  });
  await recordDecisions(ledger.db, rows, SLA);
}

async function expectFeatures(memory: MemoryStates, next: readonly RecordedPayment[]): Promise<void> {
  const requests = next.map(({ payment }) => ({
    ...{ engine: memory.engine, reading: memory.read(payment), offset: 0 },
    into: new Float64Array(memory.engine.columns.length),
  }));
  const online = new OnlineFeatures(store, { budgetMs: 2_000, logger });
  expect(await online.rows(requests)).toBe(true);
  for (const [i, { payment }] of next.entries()) {
    expect(difference(requests[i]!.into, memory.features(payment)), `row ${i}`).toBeLessThan(1e-9);
  }
}

test("what is recorded moves the aggregates of the schemas that serve, once however often it is told", async () => {
  const all = somePayments(700, FEW);
  const memory = new MemoryStates(engine);
  for (let from = 0; from < 600; from += 50) {
    const job = all.slice(from, from + 50);
    await record(job);
    for (const one of job) memory.record(one);
  }
  const rows = await sql<object>`select kind, key, payload from outbox`.execute(ledger.db);
  await relay();
  expect(moved.taken).toBeGreaterThan(600 * 3);
  const taken = moved.taken;
  await sql`insert into outbox (kind, key, payload)
    select kind, key, payload from json_to_recordset(${JSON.stringify(rows.rows)}::json)
      as row (kind text, key text, payload jsonb)`.execute(ledger.db);
  await relay();
  expect(moved).toMatchObject({ taken, refused: 0 });
  await expectFeatures(memory, all.slice(600));
  expect(await completeness(store, engine.identities)).toEqual(engine.identities.map(() => "complete"));
});

test("a verdict is what is known of a payment, from the moment it was given, whatever the source knew", async () => {
  const all = somePayments(60, { ...FEW, terminals: 2, customers: 2, startMs: Date.now() });
  const payments = all.map(({ payment }, i) => ({
    payment,
    word: i % 2 ? undefined : { fraud: true, knownAtMs: payment.eventTimeMs },
  }));
  const cases: { readonly caseId: number; readonly transactionId: string }[] = [];
  for (const { payment, word } of payments) {
    const { amount, channel, ...own } = payment.fields;
    const { cases: opened } = await recordDecisions(
      ledger.db,
      [
        decision(payment.transactionId, {
          ...{ amount: amount as number, channel: channel as string, cardToken: null, merchantId: null },
          ...{ riskTier: "critical", action: "block", review: true, truth: word ? true : null },
          eventTime: new Date(payment.eventTimeMs).toISOString(),
          fields: {
            shop_kind: own["shop_kind"] as string,
            ...(own["km"] === undefined ? {} : { km: own["km"] as number }),
          },
          entities: payment.entities,
        }),
      ],
      SLA,
    );
    cases.push(...opened);
  }
  await relay();
  const verdicts = new Map<string, { readonly fraud: boolean; readonly at: number }>();
  for (const [i, { caseId, transactionId }] of cases.entries()) {
    if (i % 3 === 2) continue;
    const verdict = i % 3 === 0 ? "fraud" : "legitimate";
    const given = await giveVerdict(ledger.db, { caseId, actor: ANN, verdict, note: "" });
    verdicts.set(transactionId, { fraud: verdict === "fraud", at: given.decidedAt.getTime() });
  }
  await relay();
  const memory = new MemoryStates(engine);
  for (const { payment, word } of payments) {
    const said = verdicts.get(payment.transactionId);
    const known = said && { fraud: said.fraud, knownAtMs: word ? payment.eventTimeMs : said.at };
    memory.record({ payment, word: known ?? word });
  }
  const later = all.map(({ payment }) => {
    const eventTimeMs = payment.eventTimeMs + 10 * 86_400_000;
    return {
      payment: {
        ...payment,
        transactionId: `later-${payment.transactionId}`,
        eventTimeMs,
        fields: { ...payment.fields, event_time: new Date(eventTimeMs) },
      },
      word: undefined,
    };
  });
  expect(later.some(({ payment }) => memory.features(payment)[engine.columns.indexOf("risk_30d")]! > 0)).toBe(
    true,
  );
  await expectFeatures(memory, later);
});

test("a chargeback is what is known of a payment from when it was reported, until it is reversed", async () => {
  const HOUR_MS = 3_600_000;
  const all = somePayments(60, {
    ...{ ...FEW, terminals: 2, customers: 2 },
    startMs: Date.now() - 10 * 24 * HOUR_MS,
  }).map(({ payment }) => ({ payment, word: undefined }));
  const reported = (payment: Payment, hours: number): number => payment.eventTimeMs + hours * HOUR_MS;
  const chargebacks = (hours: number, label: Label, every: number) =>
    all
      .filter((_, i) => i % every === 0)
      .map(({ payment }) => ({
        ...{ transactionId: payment.transactionId, label },
        reportedAt: new Date(reported(payment, hours)).toISOString(),
      }));
  await record(all);
  for (const some of [chargebacks(1, "fraud", 2), chargebacks(2, "legitimate", 4)]) {
    const taken = await takeChargebacks(ledger.db, ANN, some);
    expect(new Set(taken.map(({ outcome }) => outcome))).toEqual(new Set(["accepted"]));
    await relay();
  }
  const memory = new MemoryStates(engine);
  for (const [i, { payment }] of all.entries()) {
    const word = { fraud: i % 4 !== 0, knownAtMs: reported(payment, 1) };
    memory.record({ payment, word: i % 2 ? undefined : word });
  }
  const later = all.map(({ payment }) => {
    const eventTimeMs = payment.eventTimeMs + 10 * 24 * HOUR_MS;
    const fields = { ...payment.fields, event_time: new Date(eventTimeMs) };
    const transactionId = `later-${payment.transactionId}`;
    return { payment: { ...payment, transactionId, eventTimeMs, fields }, word: undefined };
  });
  const risks = later.map(({ payment }) => memory.features(payment)[engine.columns.indexOf("risk_30d")]!);
  expect(Math.max(...risks)).toBeGreaterThan(0);
  await expectFeatures(memory, later);
});

test("what Redis lost is made anew out of the store while messages go on, and told to be incomplete until then", async () => {
  const all = somePayments(900, FEW);
  const memory = new MemoryStates(engine);
  for (let from = 0; from < 600; from += 100) await record(all.slice(from, from + 100));
  await relay();
  await redis.flushall();
  await record(all.slice(600, 700));
  await relay();
  expect(await completeness(store, engine.identities)).toEqual(engine.identities.map(() => "unknown"));
  let during = 0;
  const rebuilt = await rebuildAggregates({
    ...{ db: ledger.db, store, engines: [engine], atOnce: 100 },
    onProgress: () => {
      during++;
    },
  });
  expect(during).toBeGreaterThan(7);
  expect(rebuilt.payments).toBe(700);
  expect(await completeness(store, engine.identities)).toEqual(engine.identities.map(() => "complete"));
  await record(all.slice(700, 800));
  await relay();
  for (const one of all.slice(0, 800)) memory.record(one);
  await expectFeatures(memory, all.slice(800));
  // Done again it begins anew: nothing counts twice.
  await rebuildAggregates({ db: ledger.db, store, engines: [engine] });
  await expectFeatures(memory, all.slice(800));
});

test("payments that are recorded while a rebuild is under way are in it", async () => {
  const all = somePayments(500, FEW);
  await record(all.slice(0, 200));
  await relay();
  const step: Promise<unknown>[] = [];
  let next = 200;
  await rebuildAggregates({
    ...{ db: ledger.db, store, engines: [engine], atOnce: 50 },
    onProgress: () => {
      if (next >= 400) return;
      const job = all.slice(next, next + 100);
      next += 100;
      step.push(record(job).then(relay));
    },
  });
  await Promise.all(step);
  const memory = new MemoryStates(engine);
  for (const one of all.slice(0, 400)) memory.record(one);
  await expectFeatures(memory, all.slice(400));
});

test("two rebuilds at once are one too many", async () => {
  await markBuilding(store, engine.identities, "another");
  await expect(rebuildAggregates({ db: ledger.db, store, engines: [engine] })).rejects.toThrow(
    "another rebuild is under way",
  );
});

test("a rebuild during which payments are imported does not call the streams complete", async () => {
  // In many slices: what begins with the first is over before the last.
  await record(somePayments(1_000, FEW));
  let during: Promise<unknown> | undefined;
  const rebuilt = rebuildAggregates({
    ...{ db: ledger.db, store, engines: [engine], atOnce: 20 },
    onProgress: () => {
      during ??= sql`
        insert into imported_transactions (transaction_id, content_hash, schema_name, event_time)
        values ('old', decode(md5('x'), 'hex'), 'own', '2018-01-01')`.execute(ledger.db);
    },
  });
  await expect(rebuilt).rejects.toMatchObject({ code: "conflict" });
  await during;
  expect(await completeness(store, engine.identities)).not.toContain("complete");
});

test("where no model that serves has aggregates nothing is read and nothing written", async () => {
  const bare = await mkdtemp(join(tmpdir(), "paysecure-registry-"));
  const effects = aggregateEffects({
    ...{ db: null as never, store, logger },
    schemas: new ServedSchemas(bare, logger),
  });
  await effects.recorded([{ decidedAt: "2026-11-26 10:00:00+00", firstSeq: 1, lastSeq: 2 }]);
  await effects.labelled(["t"]);
  expect(await redis.dbsize()).toBe(0);
  await rm(bare, { recursive: true });
});

test("amounts in other currencies are added in the schema's: while payments come, and rebuilt, as offline", async () => {
  const { db } = ledger;
  const rates = new StoredRates(db);
  await setRate(db, ANN, { base: "EUR", currency: "JPY", validFrom: "2000-01-01", rate: "0.01" });
  await setRate(db, ANN, { base: "EUR", currency: "USD", validFrom: "2000-01-01", rate: "0.9" });
  const foreign = new FeatureEngine(parseSchema(EVERY_AGGREGATE), { rates });
  const memory = new MemoryStates(foreign);
  const all = somePayments(300, FEW).map((one, i) => {
    const currency = ["EUR", "JPY", "USD"][i % 3] as string;
    const amount = one.payment.fields["amount"] as number;
    const fields = {
      ...one.payment.fields,
      currency,
      amount: currency === "JPY" ? Math.round(100 * amount) : amount,
    };
    return { ...one, payment: { ...one.payment, fields } };
  });
  const past = all.slice(0, 250);
  await record(past);
  const move = aggregateEffects({
    ...{ db, store, logger, rates, schemas: { engines: async () => [foreign] } },
    onMoved: ({ refused }) => {
      moved.refused += refused;
    },
  });
  await move.labelled(past.map(({ payment }) => payment.transactionId));
  expect(moved.refused).toBe(0);
  for (const one of past) memory.record(one);
  await expectFeatures(memory, all.slice(250));
  await redis.flushall();
  await rebuildAggregates({ db, store, engines: [foreign] });
  await expectFeatures(memory, all.slice(250));
});
