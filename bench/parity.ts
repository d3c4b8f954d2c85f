import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Kysely, sql } from "kysely";
import type { FeatureEngine } from "../features/engine/engine.ts";
import type { RecordedPayment } from "../features/online/aggregates.ts";
import { OnlineFeatures } from "../features/online/online-features.ts";
import { StateStore } from "../features/online/state-store.ts";
import { difference, MemoryStates, payments } from "../features/testing/payments.ts";
import { enqueueTransactions, openTransactionsQueue, type QueuedTransaction } from "../pipeline/queues.ts";
import type { Database } from "../pipeline/store/schema.ts";
import { openDatabase } from "../platform/process/database.ts";
import { createLogger } from "../platform/process/logger.ts";
import { connectRedis } from "../platform/process/redis.ts";
import { faultsOf } from "./parity/faults.ts";
import { openParityHouse, PREFIX } from "./parity/house.ts";

/**
 * `npm run parity -- [--rows 200000] [--kills 50] [--seed 7] [--embedded]`: replays payments through the live way (queue,
 * scorer, store, outbox, effects, Redis) while the worker is killed at named points, Redis with its file and without, and
 * the scorer; and compares every feature of every payment, as the scorer would read it, with the offline run over the
 * same payments: equal to 1e-9. Exits with 1 when one differs.
 *
 * Payments go in chunks that have no entity in common: so each is asked for when all before it have been recorded and
 * none after. One that has to wait for the next chunk is recorded later than it happened, as payments are.
 */
const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "200000" },
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: "7" },
    embedded: { type: "boolean", default: false },
  },
});
const rows = Number(values.rows);
const kills = Number(values.kills);
const MOST = 1e-9;
/** Calculated in 32 bits by the graph. */
const MOST_OF_PROBABILITY = 1e-4;
const WAIT_LIMIT_MS = 90_000;
const SAY_EVERY = 10_000;
/** Payments of a chunk, few enough that the busiest entity has its tiles in a long run; and how many may wait for a later one. */
const CHUNK = 150;
const WAITING = 2_000;

const house = await openParityHouse(values.embedded);
const logger = createLogger("parity", "silent");
const redis = connectRedis(house.redis.url, "worker", logger);
const reading = connectRedis(house.redis.url, "producer", logger);
const db = openDatabase<Database>(house.databaseUrl, logger, 2);
const queue = openTransactionsQueue(redis, PREFIX);
queue.on("error", () => {});
const { engine } = house;
const online = new OnlineFeatures(new StateStore(reading, PREFIX), { budgetMs: 2_000, logger });
const memory = new MemoryStates(engine);
const source = payments({
  ...{ seed: Number(values.seed), customers: 20_000, terminals: 40_000, kinds: 5_000 },
  ...{ busyShare: 0.007, paceMs: 10_000 },
});

const faults = faultsOf(house);
const times = new Map<string, number>();
let done = 0;
let killed = 0;
let rounds = 0;
let largest = 0;
let wrong = 0;
let example = "";
let scoredApart = 0;
const start = performance.now();
try {
  let waiting: RecordedPayment[] = [];
  while (done < rows) {
    const chunk: RecordedPayment[] = [];
    const taken = new Set<string>();
    const most = Math.min(CHUNK, rows - done);
    const passed: RecordedPayment[] = [];
    for (let next = 0; next < waiting.length || (chunk.length < most && passed.length < WAITING); next++) {
      const one = waiting[next] ?? (source.next().value as RecordedPayment);
      const keys = keysOf(engine, one);
      if (chunk.length === most || keys.some((key) => taken.has(key))) passed.push(one);
      else {
        for (const key of keys) taken.add(key);
        chunk.push(one);
      }
    }
    waiting = passed;
    // The faults lie evenly over the rows.
    const fault =
      killed < kills && done >= (killed * rows) / kills ? faults[killed % faults.length] : undefined;
    if (fault) {
      killed++;
      times.set(fault.kind, (times.get(fault.kind) ?? 0) + 1);
      await fault.happen();
    }
    const live = await liveRows(chunk);
    const expected = chunk.map(({ payment }) => memory.features(payment));
    for (const [i, row] of live.entries()) {
      const apart = difference(row, expected[i]!);
      largest = Math.max(largest, apart);
      if (apart <= MOST) continue;
      wrong++;
      example ||= `${chunk[i]!.payment.transactionId}: ${describe(engine, row, expected[i]!)}`;
    }
    await enqueueTransactions(queue, {
      ...{ chunkId: randomUUID(), source: "parity", transactions: chunk.map(queued) },
    });
    await settled(db, chunk);
    if (!fault) scoredApart += await scoredOtherwise(db, chunk, expected);
    for (const one of chunk) memory.record(one);
    rounds++;
    const before = done;
    done += chunk.length;
    if (Math.floor(done / SAY_EVERY) > Math.floor(before / SAY_EVERY)) {
      const seconds = Math.round((performance.now() - start) / 1_000);
      console.log(`${words(done)} rows, ${killed} kills, ${wrong} differ, ${seconds} s`);
    }
  }
} finally {
  await queue.close();
  redis.disconnect();
  reading.disconnect();
  await db.destroy();
  await house.stop();
}
for (const [kind, count] of [...times].sort()) console.log(`${String(count).padStart(5)} ${kind}`);
console.log(`${words(rounds)} chunks in ${Math.round((performance.now() - start) / 1_000)} s`);
console.log(`worker started ${house.worker.lives} times, scorer ${house.scorer.lives} times`);
const tiles = memory.states
  .flatMap((ofStream) => [...ofStream.values()])
  .filter(({ tileCount }) => tileCount > 0);
const features = `${engine.columns.length} features of ${words(done)} rows after ${killed} kills`;
console.log(`${tiles.length} entities so busy that they have tiles; largest difference ${largest}`);
if (scoredApart > 0) console.log(`WRONG ${scoredApart} payments were scored by other features`);
if (wrong > 0) console.log(`WRONG ${wrong} rows differ, e.g. ${example}`);
else console.log(`${features}: every one equal to ${MOST}, offline and online`);
process.exit(wrong + scoredApart === 0 ? 0 : 1);

function keysOf({ identities }: FeatureEngine, { payment }: RecordedPayment): string[] {
  const { keys } = memory.read(payment);
  return keys.flatMap((key, s) => (key === undefined ? [] : [`${identities[s]}:${key}`]));
}

/** As the scorer would have them now; while Redis is away, when it is back. */
async function liveRows(chunk: readonly RecordedPayment[]): Promise<Float64Array[]> {
  for (const until = Date.now() + WAIT_LIMIT_MS; ; await sleep(50)) {
    const requests = chunk.map(({ payment }) => ({
      ...{ engine, reading: memory.read(payment), offset: 0 },
      into: new Float64Array(engine.columns.length),
    }));
    if (await online.rows(requests)) return requests.map(({ into }) => into);
    if (Date.now() > until) throw new Error("Redis stays away");
  }
}

function queued({ payment, word }: RecordedPayment): QueuedTransaction {
  const { amount, currency, event_time: _time, channel, ...own } = payment.fields;
  return {
    transactionId: payment.transactionId,
    amount: amount as number,
    currency: currency as string,
    channel: channel as string,
    eventTime: new Date(payment.eventTimeMs).toISOString(),
    fields: own as Record<string, number | string>,
    entities: payment.entities,
    truth: word?.fraud ?? null,
  };
}

/** All of a chunk is in the store, and what follows from it has happened. */
async function settled(db: Kysely<Database>, chunk: readonly RecordedPayment[]): Promise<void> {
  const ids = chunk.map(({ payment }) => payment.transactionId);
  for (const until = Date.now() + WAIT_LIMIT_MS; ; await sleep(5)) {
    const { rows } = await sql<{ done: boolean }>`
      select (select count(*) from transaction_keys where transaction_id = any(${ids}::text[])) = ${ids.length}
        and not exists (select from outbox where kind = 'decisions.recorded') as done`.execute(db);
    if (rows[0]?.done) return;
    if (Date.now() > until)
      throw new Error(`a chunk did not settle; the worker says ${house.worker.log.slice(-5)}`);
  }
}

/** How many payments the scorer scored by other features than these. */
async function scoredOtherwise(
  db: Kysely<Database>,
  chunk: readonly RecordedPayment[],
  expected: readonly Float64Array[],
): Promise<number> {
  const stored = await db
    .selectFrom("decisions")
    .innerJoin("transaction_keys as k", (join) =>
      join.onRef("k.decided_at", "=", "decisions.decided_at").onRef("k.seq", "=", "decisions.seq"),
    )
    .where(
      "k.transaction_id",
      "in",
      chunk.map(({ payment }) => payment.transactionId),
    )
    .select(["decisions.transaction_id as id", "fraud_probability as probability"])
    .execute();
  const byId = new Map(stored.map(({ id, probability }) => [id, probability]));
  return chunk.filter(({ payment }, i) => {
    const said = byId.get(payment.transactionId) ?? Number.NaN;
    return !(Math.abs(said - house.probability(expected[i]!)) <= MOST_OF_PROBABILITY);
  }).length;
}

function describe({ columns }: FeatureEngine, row: Float64Array, expected: Float64Array): string {
  return columns
    .flatMap((name, i) => (row[i] === expected[i] ? [] : [`${name} ${row[i]} instead of ${expected[i]}`]))
    .join(", ");
}

function words(count: number): string {
  return count.toLocaleString("en");
}
