import { setTimeout as sleep } from "node:timers/promises";
import { configOrExit } from "../../platform/process/env.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { showProgress } from "../../platform/process/progress.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { type Asked, askedFor } from "../imports/asked.ts";
import { RefusedFile } from "../imports/refused-file.ts";
import { openTransactionShards } from "../queues.ts";
import { createProducer } from "../simulator/producer.ts";
import { loadReplayConfig } from "./config.ts";
import { givenBound, givenPace } from "./pace.ts";
import { replayPayments } from "./replay-payments.ts";

const USAGE = `npm run replay -- FILE --schema SCHEMA.yaml [options]
  FILE                payments: CSV (commas, semicolons, tabs), JSON lines (also gzip) or Parquet
  --speed 10x         ten seconds of the file in one; as fast as they are decided when left out
  --rate 500          so many payments a second
  --from, --to TIME   only payments from this time on, and before that one: a day, or a time with its zone
  --column WHAT=COL   a column that is not named like the field or entity it is; again for each
  --zone UTC          where the clocks of times without an offset are: UTC, +02:00, Europe/Prague
  --decimal comma     what stands before decimals: point or comma
  --yes               the proposal is right: begin without asking
Hands the payments in to be decided, as any producer does, under their own ids: stopped in between, run it again, with
--from to go on faster. Rows that are refused are in FILE.refused.csv.`;

/** Handed in and not yet decided, at most. */
const MOST_OUTSTANDING = 20_000;
const CHECK_AFTER_MS = 10_000;
/** How long the end waits for Redis to take what is left. */
const CLOSE_LIMIT_MS = 10_000;

/** `npm run replay`: payments of a file through the queue, at a pace. */
try {
  const words = { usage: USAGE, undone: "nothing was replayed", question: "Replay it like that?" };
  const more = ["speed", "rate", "from", "to"];
  const asked = await askedFor(process.argv.slice(2), say, { ...words, more });
  if (asked) await replay(asked);
} catch (error) {
  say(messageOf(error));
  process.exitCode = error instanceof DomainError && error.code === "invalid_argument" ? 2 : 1;
}

async function replay(asked: Asked): Promise<void> {
  const { speed, rate, from, to } = asked.more;
  const pace = givenPace(speed, rate);
  const bounds = { fromMs: givenBound("--from", from), toMs: givenBound("--to", to) };
  const config = configOrExit(loadReplayConfig);
  const logger = createLogger("replay", "warn");
  const redis = connectRedis(config, "producer", logger);
  const queue = openTransactionShards(redis, config.REDIS_PREFIX, config);
  for (const one of queue.queues) one.on("error", () => {}); // the connection logs its losses itself
  const producer = createProducer({
    ...{ queue, redis, logger, maxOutstanding: MOST_OUTSTANDING, checkAfterMs: CHECK_AFTER_MS },
  });
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
  const refused = new RefusedFile(asked.path);
  const progress = showProgress("replay");
  try {
    const { count, until } = await replayPayments({
      ...{ ...asked, ...bounds, pace, producer, refused, stopping: stop.signal },
      onProgress: ({ count: so, until: far }) =>
        progress.update(Math.floor(100 * asked.share()), 100, `% · ${words(so)} payments, until ${far}`),
    });
    while (producer.outstanding() > 0 && !stop.signal.aborted) await sleep(100);
    progress.stop();
    const left = refused.count > 0 ? `; ${words(refused.count)} rows refused (${refused.path})` : "";
    const on = stop.signal.aborted && until !== undefined ? `; go on with --from ${until}` : "";
    process.stdout.write(`${words(count)} payments handed in${left}${on}\n`);
    if (stop.signal.aborted) process.exitCode = 130;
  } finally {
    progress.stop();
    const lost = await producer.close(CLOSE_LIMIT_MS);
    if (lost > 0) say(`Redis did not take the last ${lost} chunks: run it again`);
    await Promise.all(queue.queues.map((one) => one.close()));
    redis.disconnect();
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function words(count: number): string {
  return count.toLocaleString("en");
}
