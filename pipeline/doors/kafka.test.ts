import type { EachBatchPayload } from "kafkajs";
import { expect, test } from "vitest";
import { createLogger } from "../../platform/process/logger.ts";
import { type KafkaClient, kafkaStream } from "./kafka.ts";
import type { StreamMessage } from "./stream.ts";

/*
 * No broker of Kafka runs here (it needs a Java machine). These tests drive the door by a stand-in of kafkajs' client: they
 * show what is committed when, not that a real broker agrees.
 */

/** Stands in for kafkajs: delivers one batch of a partition, and notes what happens. */
function standIn(offsets: readonly number[]) {
  const happened: string[] = [];
  const stop = new AbortController();
  const consumer = {
    on: () => () => {},
    connect: async () => void happened.push("connect"),
    subscribe: async ({ topics }: { topics: string[] }) => void happened.push(`subscribe ${topics}`),
    commitOffsets: async ([at]: { offset: string }[]) => void happened.push(`commit ${at?.offset}`),
    disconnect: async () => void happened.push("disconnect"),
    run: async ({
      autoCommit,
      eachBatch,
    }: {
      autoCommit: boolean;
      eachBatch: (b: EachBatchPayload) => Promise<void>;
    }) => {
      expect(autoCommit).toBe(false);
      const messages = offsets.map((offset) => ({
        offset: String(offset),
        value: Buffer.from(`m${offset}`),
      }));
      await eachBatch({
        batch: { topic: "payments", partition: 3, messages },
        ...{
          resolveOffset: () => {},
          heartbeat: async () => {},
          isRunning: () => true,
          isStale: () => false,
        },
      } as unknown as EachBatchPayload).catch((error: Error) => happened.push(error.message));
      stop.abort();
    },
  };
  const client = { consumer: () => consumer, admin: () => ({}) } as unknown as KafkaClient;
  const stream = kafkaStream(client, { topic: "payments", group: "g" }, createLogger("test", "silent"));
  return { stream, happened, stopping: stop.signal };
}

test("over a stand-in of Kafka: an offset is committed after its messages are recorded, piece by piece", async () => {
  const { stream, happened, stopping } = standIn(Array.from({ length: 450 }, (_, i) => 1_000 + i));
  const ids: string[] = [];
  await stream.run(async (messages: readonly StreamMessage[]) => {
    ids.push(...messages.map(({ id }) => id));
    happened.push(`recorded ${messages.length}`);
  }, stopping);
  expect(happened).toEqual([
    ...["connect", "subscribe payments", "recorded 200", "commit 1200", "recorded 200", "commit 1400"],
    ...["recorded 50", "commit 1450", "disconnect"],
  ]);
  expect([ids[0], ids.at(-1), new Set(ids).size]).toEqual(["payments:3:1000", "payments:3:1449", 450]);
});

test("over a stand-in of Kafka: what could not be recorded is not committed, and comes again", async () => {
  const { stream, happened, stopping } = standIn([7, 8]);
  await stream.run(async () => {
    throw new Error("PostgreSQL is away");
  }, stopping);
  expect(happened).toEqual(["connect", "subscribe payments", "PostgreSQL is away", "disconnect"]);
});
