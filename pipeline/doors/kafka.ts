import { readFileSync } from "node:fs";
import { type EachBatchPayload, Kafka, type KafkaConfig, logLevel, type SASLOptions } from "kafkajs";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { MOST_MESSAGES, type TakeMessages, type TransactionStream } from "./stream.ts";

/** What `KAFKA_…` says. */
export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly topic: string;
  /** The consumer group; all doors of one name share its partitions. */
  readonly group: string;
  readonly tls:
    | {
        readonly ca?: string | undefined;
        readonly cert?: string | undefined;
        readonly key?: string | undefined;
      }
    | undefined;
  readonly sasl:
    | {
        readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
        readonly username: string;
        readonly password: string;
      }
    | undefined;
}

/** Of kafkajs what the door uses; tests bring a stand-in. */
export type KafkaClient = Pick<Kafka, "consumer" | "admin">;

/** While a batch is recorded the group is told so often that we live. */
const HEARTBEAT_MS = 3_000;

/**
 * Opens a topic of Kafka as a door, by kafkajs: pure JavaScript, no install script, Node 20. (`@platformatic/kafka`, which
 * is younger and better kept, asks for Node 22.)
 */
export function openKafka({ brokers, tls, sasl }: KafkaSettings, logger: Logger): Kafka {
  const read = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path));
  const config: KafkaConfig = {
    clientId: "paysecure",
    brokers: [...brokers],
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ log: { message, error } }) => {
        logger.warn({ err: error }, `Kafka: ${message}`);
      },
    retry: { retries: Number.MAX_SAFE_INTEGER, maxRetryTime: 30_000 },
    ...(tls === undefined ? {} : { ssl: certificates(read(tls.ca), read(tls.cert), read(tls.key)) }),
    ...(sasl === undefined ? {} : { sasl: sasl as SASLOptions }),
  };
  return new Kafka(config);
}

function certificates(ca: Buffer | undefined, cert: Buffer | undefined, key: Buffer | undefined) {
  return {
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** A topic as a door: offsets are committed after the record, partition by partition. */
export function kafkaStream(
  client: KafkaClient,
  { topic, group }: Pick<KafkaSettings, "topic" | "group">,
  logger: Logger,
): TransactionStream {
  return {
    source: "kafka",
    async run(take, stopping) {
      const consumer = client.consumer({ groupId: group });
      const crashed = new Promise<never>((_, reject) =>
        consumer.on("consumer.crash", ({ payload }) => {
          logger.warn({ err: messageOf(payload.error), restart: payload.restart }, "Kafka cannot be read");
          if (!payload.restart) reject(payload.error);
        }),
      );
      await consumer.connect();
      try {
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        await consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          eachBatch: (batch) => takeBatch(batch, take, consumer, stopping),
        });
        logger.info({ topic, group }, "Kafka is open");
        await Promise.race([crashed, until(stopping)]);
      } finally {
        await consumer.disconnect();
      }
    },
    async lag() {
      const admin = client.admin();
      try {
        await admin.connect();
        const [ends, [committed]] = await Promise.all([
          admin.fetchTopicOffsets(topic),
          admin.fetchOffsets({ groupId: group, topics: [topic] }),
        ]);
        const at = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
        return ends.reduce((sum, { partition, high, low }) => {
          const read = at.get(partition) ?? -1;
          return sum + Number(high) - (read < 0 ? Number(low) : read);
        }, 0);
      } catch {
        return undefined;
      } finally {
        await admin.disconnect().catch(() => {});
      }
    },
  };
}

/** Of a batch of one partition, pieces in their order; each is committed when it is recorded. */
async function takeBatch(
  { batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload,
  take: TakeMessages,
  consumer: { commitOffsets: ReturnType<Kafka["consumer"]>["commitOffsets"] },
  stopping: AbortSignal,
): Promise<void> {
  const { topic, partition, messages } = batch;
  for (let from = 0; from < messages.length; from += MOST_MESSAGES) {
    if (!isRunning() || isStale() || stopping.aborted) return;
    const piece = messages.slice(from, from + MOST_MESSAGES);
    const beating = setInterval(() => void heartbeat().catch(() => {}), HEARTBEAT_MS);
    try {
      await take(
        piece
          // What compaction leaves of a deleted key.
          .filter(({ value }) => value !== null)
          .map(({ offset, value }) => ({ id: `${topic}:${partition}:${offset}`, body: value! })),
      );
    } finally {
      clearInterval(beating);
    }
    const last = piece.at(-1)!.offset;
    resolveOffset(last);
    await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last) + 1n) }]);
    await heartbeat();
  }
}

const until = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
