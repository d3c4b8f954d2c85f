import { FeatureEngine } from "../../features/engine/engine.ts";
import { moveAggregates } from "../../features/online/aggregates.ts";
import { markComplete } from "../../features/online/marks.ts";
import { OnlineFeatures } from "../../features/online/online-features.ts";
import { StateStore } from "../../features/online/state-store.ts";
import { parseSchema } from "../../features/schema/read.ts";
import { startTestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import { createFixtureRegistry, plainCard } from "../../scorer/testing/onnx-fixture.ts";
import { type Figure, median } from "../report.ts";
import { closedLoop, openRaw, type RawClient } from "../scorer/load.ts";
import { seeded, transaction } from "../scorer/messages.ts";
import { startServer } from "../scorer/server-process.ts";
import { fill, NOW_MS, paymentAt, TWELVE } from "./twelve.ts";

const ENTITIES = 1_000_000;
const PREFIX = "{bench}";
const BATCH = 1_000;
const BATCHES_IN_FLIGHT = 4;
const IN_FLIGHT = 64;
/** Unless `--rounds` says otherwise. */
const ROUNDS = 5;
const SECONDS = 4;
/** The model without a schema that is compared with. */
const PLAIN = "fixture@1";

const { ScoreRequest, ScoreBatchRequest } = contractTypes(loadContract()).paysecure.scoring.v1;

/**
 * Scoring with 12 aggregates over 3 entities and a million entities in Redis, beside a model without a schema on the same
 * scorer, in turn within each round.
 */
export async function measureOnline(args: readonly string[]): Promise<readonly Figure[]> {
  const entities = Number(args.includes("--entities") ? args[args.indexOf("--entities") + 1] : ENTITIES);
  const times = Number(args.includes("--rounds") ? args[args.indexOf("--rounds") + 1] : ROUNDS);
  const redis = await startTestRedis();
  const registry = await createFixtureRegistry();
  const logger = createLogger("bench", "silent");
  const connection = connectRedis(redis.url, "producer", logger);
  const store = new StateStore(connection, PREFIX);
  const engine = new FeatureEngine(parseSchema(TWELVE));
  const weights = engine.columns.map((_, i) => (i % 2 === 0 ? 0.001 : -0.001));
  const champion = await registry.add(
    "twelve",
    "1",
    { weights, bias: -2 },
    plainCard(engine.columns),
    TWELVE,
  );
  await registry.setAliases({ champion });
  const before = await usedMemory();
  const started = performance.now();
  const bytes = await fill(store, entities, seeded(11));
  await markComplete(store, engine.identities);
  const filled = (performance.now() - started) / 1_000;
  const perEntity = ((await usedMemory()) - before) / entities;

  const scorer = await startServer("scorer/main.ts", {
    ...{ MODEL_DIR: registry.root, REDIS_URL: redis.url, REDIS_PREFIX: PREFIX, LOG_LEVEL: "info" },
    SCORER_METRICS_PORT: "0",
  });
  const client = openRaw(scorer.address);
  try {
    const cpu = await engineCpu(store, engine, entities);
    const moving = await moveCpu(store, engine, entities);
    const rounds = await measure(client, entities, times, () => scorer.cpuMs());
    const unknown = await shareByDefault(scorer.metricsPort);
    const note = `${entities.toLocaleString("en")} entities of 12 payments each, filled in ${Math.round(filled)} s`;
    return [
      {
        name: "Redis memory an entity",
        value: perEntity,
        unit: "bytes",
        note: `${note}, ${Math.round(bytes / entities)} bytes of state`,
      },
      { name: "reading and computing a row of a batch, this process's CPU", value: cpu, unit: "µs" },
      {
        name: "moving a payment's aggregates, this process's CPU",
        value: moving,
        unit: "µs",
        note: "three states read, changed and written",
      },
      { name: "rows for which Redis did not answer in time", value: unknown * 100, unit: "%", atMost: 0.1 },
      {
        name: "Score at full load",
        value: median(rounds.perSecond),
        unit: "calls/s",
        note: spread(rounds.perSecond),
      },
      { name: "Score at half of that, p99", value: median(rounds.p99), unit: "ms", note: spread(rounds.p99) },
      {
        name: "the model without a schema, p99",
        value: median(rounds.plainP99),
        unit: "ms",
        note: spread(rounds.plainP99),
      },
      {
        name: "Score p99 above the model without a schema, at half load",
        value: median(rounds.p99.map((p99, i) => p99 - (rounds.plainP99[i] as number))),
        unit: "ms",
        atMost: 5,
      },
      {
        name: "ScoreBatch(1000)",
        value: median(rounds.batch),
        unit: "transactions/s",
        atLeast: 10_000,
        note: spread(rounds.batch),
      },
      {
        name: "ScoreBatch(1000), the scorer's CPU a transaction",
        value: median(rounds.batchCpu),
        unit: "µs",
      },
      { name: "ScoreBatch(1000) without a schema", value: median(rounds.plainBatch), unit: "transactions/s" },
    ];
  } finally {
    client.close();
    await scorer.stop();
    connection.disconnect();
    await redis.stop();
    await registry.remove();
  }

  async function usedMemory(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(await connection.info("memory"))?.[1]);
  }
}

/** CPU of this process for rows of a batch, microseconds a row: reading the payment, Redis' answer, the features. */
async function engineCpu(store: StateStore, engine: FeatureEngine, entities: number): Promise<number> {
  const online = new OnlineFeatures(store, { budgetMs: 10_000, logger: createLogger("bench", "silent") });
  const random = seeded(12);
  const into = new Float32Array(BATCH * engine.columns.length);
  const run = async (from: number): Promise<void> => {
    const requests = Array.from({ length: BATCH }, (_, i) => {
      const reading = engine.read(paymentAt(from + i, entities, random));
      if (!("scope" in reading)) throw new Error(JSON.stringify(reading));
      return { engine, reading, into, offset: i * engine.columns.length };
    });
    await online.rows(requests);
  };
  for (let i = 0; i < 10; i++) await run(i * BATCH);
  const cpu = process.cpuUsage();
  const runs = 20;
  for (let i = 0; i < runs; i++) await run(i * BATCH);
  const { user, system } = process.cpuUsage(cpu);
  if (online.byDefault > 0) throw new Error("Redis did not answer");
  return (user + system) / (runs * BATCH);
}

/** CPU of this process for payments of a message, microseconds a payment. */
async function moveCpu(store: StateStore, engine: FeatureEngine, entities: number): Promise<number> {
  const random = seeded(14);
  const run = async (number: number): Promise<void> => {
    const payments = Array.from({ length: 500 }, (_, i) => ({
      payment: paymentAt(1_000_000 + number * 500 + i, entities, random),
      word: { fraud: false, knownAtMs: NOW_MS },
    }));
    await moveAggregates(store, [engine], payments);
  };
  for (let i = 0; i < 5; i++) await run(i);
  const cpu = process.cpuUsage();
  const runs = 20;
  for (let i = 5; i < 5 + runs; i++) await run(i);
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / (runs * 500);
}

/** Of all rows that the scorer has made, those that were made as if nothing were known. */
async function shareByDefault(port: number | undefined): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const byDefault = Number(/feature_rows_total{[^}]*entities="default"[^}]*} (\d+)/.exec(text)?.[1]);
  const known = Number(/feature_rows_total{[^}]*entities="known"[^}]*} (\d+)/.exec(text)?.[1]);
  return byDefault / (byDefault + known);
}

async function measure(client: RawClient, entities: number, times: number, cpuMs: () => number) {
  const random = seeded(13);
  const own = (i: number) => {
    const { transactionId, fields, entities: named } = paymentAt(i, entities, random);
    const eventTime = { seconds: Math.floor(NOW_MS / 1_000), nanos: 0 };
    return {
      transactionId,
      amount: fields["amount"] as number,
      currency: "EUR",
      eventTime,
      entities: { ...named },
    };
  };
  const requests = Array.from({ length: 4_000 }, (_, i) => ScoreRequest.serialize({ transaction: own(i) }));
  const plain = Array.from({ length: 4_000 }, (_, i) =>
    ScoreRequest.serialize({ transaction: transaction(random, `plain-${i}`), model: PLAIN }),
  );
  const batches = Array.from({ length: 20 }, (_, b) =>
    ScoreBatchRequest.serialize({
      transactions: Array.from({ length: BATCH }, (_, i) => own(b * BATCH + i)),
    }),
  );
  const plainBatches = Array.from({ length: 20 }, (_, b) =>
    ScoreBatchRequest.serialize({
      transactions: Array.from({ length: BATCH }, (_, i) => transaction(random, `plain-${b}-${i}`)),
      model: PLAIN,
    }),
  );
  const found = {
    ...{ perSecond: [] as number[], p99: [] as number[], plainP99: [] as number[] },
    ...{ batch: [] as number[], batchCpu: [] as number[], plainBatch: [] as number[] },
  };
  for (const messages of [requests, plain]) await closedLoop(client, "Score", messages, IN_FLIGHT, 2);
  for (const messages of [batches, plainBatches]) {
    await closedLoop(client, "ScoreBatch", messages, BATCHES_IN_FLIGHT, 2);
  }
  for (let round = 0; round < times; round++) {
    const full = checked(await closedLoop(client, "Score", requests, IN_FLIGHT, SECONDS));
    found.perSecond.push(full.perSecond);
    found.p99.push(await openP99(client, requests, full.perSecond / 2));
    found.plainP99.push(await openP99(client, plain, full.perSecond / 2));
    const used = cpuMs();
    const batch = checked(await closedLoop(client, "ScoreBatch", batches, BATCHES_IN_FLIGHT, SECONDS));
    found.batch.push(batch.perSecond * BATCH);
    found.batchCpu.push(((cpuMs() - used) * 1_000) / (batch.calls * BATCH));
    const bare = checked(
      await closedLoop(client, "ScoreBatch", plainBatches, BATCHES_IN_FLIGHT, SECONDS / 2),
    );
    found.plainBatch.push(bare.perSecond * BATCH);
  }
  return found;
}

function checked<T extends { readonly errors: number; readonly firstError: string }>(result: T): T {
  if (result.errors > 0) throw new Error(result.firstError);
  return result;
}

const TICK_MS = 2;

/** The p99 of calls that are sent at a steady rate, whatever comes back, counted from when each was due, milliseconds. */
async function openP99(client: RawClient, requests: readonly Buffer[], perSecond: number): Promise<number> {
  const latencies: number[] = [];
  const start = performance.now();
  let sent = 0;
  await new Promise<void>((resolve, reject) => {
    const timer = setInterval(() => {
      const now = performance.now();
      if (now - start > SECONDS * 1_000) {
        clearInterval(timer);
        if (latencies.length === sent) resolve();
        return;
      }
      for (; sent < ((now - start) * perSecond) / 1_000; sent++) {
        const due = start + (sent * 1_000) / perSecond;
        client.call("Score", requests[sent % requests.length] as Buffer, (error) => {
          if (error) return reject(error);
          latencies.push(performance.now() - due);
          if (latencies.length === sent && performance.now() - start > SECONDS * 1_000) resolve();
        });
      }
    }, TICK_MS);
  });
  latencies.sort((a, b) => a - b);
  return latencies[Math.floor(latencies.length * 0.99)] as number;
}

function spread(values: readonly number[]): string {
  return `rounds ${values.map((value) => (value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString("en"))).join(", ")}`;
}
