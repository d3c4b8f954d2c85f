import { setTimeout as sleep } from "node:timers/promises";
import { Counter, Gauge } from "prom-client";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { runProcess } from "../../platform/process/lifecycle.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { createMetrics } from "../../platform/process/metrics.ts";
import { startOpsServer } from "../../platform/process/ops-server.ts";
import { createPatience } from "../../platform/process/patience.ts";
import { scorerClientOptions } from "../../scorer/client/link.ts";
import { createScorerClient } from "../../scorer/client.ts";
import { createReadiness } from "../readiness/readiness.ts";
import { waitForSchema } from "../readiness/wait-for-schema.ts";
import { reviewing } from "../record/config.ts";
import type { Database } from "../store/schema.ts";
import { loadDoorsConfig } from "./config.ts";
import { kafkaStream, openKafka } from "./kafka.ts";
import { natsStream } from "./nats.ts";
import type { TransactionStream } from "./stream.ts";
import { takeMessages } from "./take-messages.ts";

/** How long after a stream was lost it is opened again. */
const REOPEN_MS = 5_000;

const config = configOrExit(loadDoorsConfig);
const logger = createLogger("doors", config.LOG_LEVEL);

/** `doors` of the Procfile: payments out of streams (NATS JetStream, Kafka), decided and recorded here. */
runProcess(logger, async (life) => {
  const streams: TransactionStream[] = [
    ...(config.nats ? [natsStream(config.nats, logger)] : []),
    ...(config.kafka ? [kafkaStream(openKafka(config.kafka, logger), config.kafka, logger)] : []),
  ];
  if (streams.length === 0) {
    // Stays, as runners of a Procfile want it.
    const stay = setInterval(() => {}, 3_600_000);
    life.onStop("nothing", () => clearInterval(stay));
    logger.info("no stream is set (NATS_URL, KAFKA_BROKERS): nothing to do");
    logger.info("ready");
    return;
  }
  const registry = createMetrics("doors");
  const registers = [registry];
  const messages = new Counter({
    name: "paysecure_door_messages_total",
    help: "Messages of streams that were recorded and acknowledged",
    labelNames: ["source"],
    registers,
  });
  const transactions = new Counter({
    name: "paysecure_door_transactions_total",
    help: "Transactions of streams by result: recorded, duplicate, rejected",
    labelNames: ["source", "result"],
    registers,
  });
  new Gauge({
    name: "paysecure_door_lag_messages",
    help: "Messages that wait in a stream",
    labelNames: ["source"],
    registers,
    async collect() {
      for (const stream of streams) {
        const lag = await stream.lag();
        if (lag === undefined) this.remove(stream.source);
        else this.set({ source: stream.source }, lag);
      }
    },
  });

  const db = openDatabase<Database>(config.DATABASE_URL, logger, 3);
  const scorer = createScorerClient({ ...scorerClientOptions(config), deadlineMs: 10_000 });
  if (!(await waitForSchema(db, logger, life.stopping))) return;
  const deps = {
    ...{ db, scorer, patience: createPatience(logger, life.stopping) },
    ...reviewing(config),
  };
  const follow = async (stream: TransactionStream): Promise<void> => {
    const { source } = stream;
    const record = takeMessages(deps, source, (outcome) => {
      transactions.inc({ source, result: "recorded" }, outcome.inserted);
      transactions.inc({ source, result: "duplicate" }, outcome.duplicates);
      transactions.inc({ source, result: "rejected" }, outcome.rejected);
      if (outcome.rejected > 0)
        logger.warn({ source, rejected: outcome.rejected }, "transactions refused: see dead letters");
    });
    while (!life.stopping.aborted) {
      try {
        await stream.run(async (batch) => {
          await record(batch);
          messages.inc({ source }, batch.length);
        }, life.stopping);
      } catch (error) {
        logger.error({ source, err: messageOf(error) }, "a stream was lost and is opened again");
        await sleep(REOPEN_MS, undefined, { signal: life.stopping }).catch(() => {});
      }
    }
  };
  const running = streams.map(follow);
  const ops =
    config.OPS_PORT === undefined
      ? undefined
      : await startOpsServer({
          ...{ host: config.OPS_HOST, port: config.OPS_PORT, metrics: registry },
          notReady: createReadiness({ db, scorer }),
        });
  life.onStop("streams", () => Promise.all(running));
  life.onStop("connections", async () => {
    scorer.close();
    await db.destroy();
    await ops?.close();
  });
  logger.info("ready");
});
