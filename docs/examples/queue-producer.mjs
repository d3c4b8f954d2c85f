// Hands payments to PaySecure as a job of BullMQ. What a job has: ../queue-job.schema.json.
//   REDIS_URL=redis://… node docs/examples/queue-producer.mjs < payments.ndjson
import { createInterface } from "node:readline";
import { Queue } from "bullmq";

const JOB_SIZE = 200;

const queue = new Queue("transactions", {
  connection: { url: process.env.REDIS_URL ?? "redis://127.0.0.1:6379" },
  // As REDIS_PREFIX of PaySecure.
  prefix: process.env.REDIS_PREFIX ?? "{paysecure}",
  // Tried again while scorer or database are in trouble; finished jobs need not be kept. Failed ones are: PaySecure
  // moves them to its dead letters.
  defaultJobOptions: {
    attempts: 8,
    backoff: { type: "exponential", delay: 500 },
    removeOnComplete: true,
    removeOnFail: false,
    // A file of the night may wait behind what is live. A job without a priority goes before all others.
    priority: 1_000_000,
  },
});

/** A job is added once under its id: after a crash, send everything again. */
async function send(transactions) {
  const jobId = `nightly-${transactions[0].transactionId}-${transactions.length}`;
  await queue.add("chunk", { version: 1, source: "nightly", transactions }, { jobId });
}

let chunk = [];
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === "") continue;
  chunk.push(JSON.parse(line));
  if (chunk.length === JOB_SIZE) {
    await send(chunk);
    chunk = [];
  }
}
if (chunk.length > 0) await send(chunk);
await queue.close();
