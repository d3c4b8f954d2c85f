import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { runOrSayUsage, UsageError } from "../../platform/process/usage.ts";
import { openDecisionsQueue, openReviewTimersQueue, openTransactionShards } from "../queues.ts";
import type { Database } from "../store/schema.ts";
import { CARE_ACTS, careFor, untilDrained } from "./care.ts";
import { loadQueueConfig } from "./config.ts";
import { type QueueStatus, readQueues } from "./status.ts";

const USAGE = `npm run queue             what waits in each queue, for how long, and of which source
npm run queue -- pause    workers take no more transactions; doors take them until the queue is full (QUEUE_LIMIT)
npm run queue -- drain    doors take no more; waits until workers have done what is there
npm run queue -- resume   ends both
`;

/** `npm run queue`: the queues seen, paused, drained. */
await runOrSayUsage(USAGE, run);

async function run(): Promise<void> {
  const [command = "status", ...rest] = process.argv.slice(2);
  const act = CARE_ACTS.find((one) => one === command);
  if (rest.length > 0 || (!act && command !== "status")) throw new UsageError("");
  const config = configOrExit(loadQueueConfig);
  const logger = createLogger("queue", "warn");
  const redis = connectRedis(config, "producer", logger);
  const prefix = config.REDIS_PREFIX;
  const transactions = openTransactionShards(redis, prefix, config);
  const decisions = openDecisionsQueue(redis, prefix);
  const timers = openReviewTimersQueue(redis, prefix);
  const queues = [...transactions.queues, decisions, timers];
  for (const queue of queues) queue.on("error", () => {}); // the connection logs its losses itself
  const db = openDatabase<Database>(config.DATABASE_URL, logger, 1);
  try {
    if (act) await careFor(db, transactions, prefix, act, operator());
    if (act === "drain") await drained();
    const { queues: found, closed } = await readQueues(queues, prefix);
    for (const status of found) tell(status);
    say(
      closed
        ? `the doors are closed: by ${closed.closedBy}, ${closed.closedAt}; npm run queue -- resume opens them`
        : "the doors are open",
    );
  } finally {
    await Promise.all(queues.map((queue) => queue.close()));
    redis.disconnect();
    await db.destroy();
  }

  async function drained(): Promise<void> {
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
    let told = -1;
    const all = await untilDrained([...transactions.queues, decisions], stop.signal, (left) => {
      if (left !== told) process.stderr.write(`${left} jobs left\n`);
      told = left;
    });
    say(all ? "drained" : "not drained yet: the doors stay closed");
  }
}

function tell({ name, paused, waiting, active, delayed, failed, oldest, sources, read }: QueueStatus): void {
  const age = oldest ? `, the oldest for ${ageOf(oldest)}` : "";
  say(
    `${name}${paused ? " (paused)" : ""}: ${waiting} wait${age}; ${active} in work, ${delayed} to be tried again, ${failed} given up`,
  );
  for (const { source, jobs, oldest: since } of sources) say(`  ${jobs} of ${source}, for ${ageOf(since)}`);
  if (read < waiting) say(`  … by source, of the first ${read}`);
}

function ageOf(since: Date): string {
  const seconds = Math.max(0, Math.round((Date.now() - since.getTime()) / 1_000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
