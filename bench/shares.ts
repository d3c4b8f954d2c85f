import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startProcess } from "../pipeline/testing/started-process.ts";
import { startTestRedis } from "../platform/embedded/testing/redis.ts";
import { freePort } from "../platform/process/free-port.ts";
import { createScorerClient } from "../scorer/client.ts";
import { startServer } from "./scorer/server-process.ts";
import { startBenchPostgres } from "./servers/postgres.ts";
import { prepareSchema } from "./servers/schema.ts";

/**
 * `npm run bench -- shares [-- --seconds 10]`: what a caller who asks for one thing at a time waits for while another
 * process asks for all it can. Exits with 1 when it is refused, or waits typically 100 ms or more.
 */
const args = process.argv.slice(2);
const seconds = args.includes("--seconds") ? Number(args[args.indexOf("--seconds") + 1]) : 10;
const TYPICAL_MS = 100;
const KEY = "a-bench-key-of-enough-length";
const FLOOD = fileURLToPath(new URL("shares/flood.ts", import.meta.url));
let failed = false;

/** Asks again and again, one at a time, beside a flood of that kind. */
async function beside(what: string, ask: () => Promise<unknown>, flood?: readonly string[]): Promise<void> {
  const child =
    flood &&
    spawn(process.execPath, ["--import", "tsx", FLOOD, ...flood], { stdio: ["ignore", "pipe", "inherit"] });
  if (child) {
    await once(child.stdout, "data");
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
  const times: number[] = [];
  let refused = 0;
  for (const until = performance.now() + seconds * 1_000; performance.now() < until; ) {
    const asked = performance.now();
    await ask().then(
      () => times.push(performance.now() - asked),
      () => refused++,
    );
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (child) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => `${at(share).toFixed(1)} ms`);
  console.log(`${what}: ${times.length} answered, ${refused} refused, p50 ${p50}, p95 ${p95}, p99 ${p99}`);
  if (refused > 0 || !(at(0.5) < TYPICAL_MS)) failed = true;
}

const scorer = await startServer("scorer/main.ts");
const client = createScorerClient({ address: scorer.address, deadlineMs: 60_000 });
const one = { transactionId: "modest", time: 1, v: new Array<number>(28).fill(0.1), amount: 1 };
const score = (): Promise<unknown> => client.score(one);
await beside("Score, alone", score);
await beside("Score, beside one that keeps 2,000 calls under way", score, ["score", scorer.address]);
await beside("Score, beside five with explained batches of 2,000", score, ["explain", scorer.address]);
client.close();

const [postgres, redis, port] = await Promise.all([startBenchPostgres(), startTestRedis(), freePort()]);
await prepareSchema(postgres.url);
const base = `http://127.0.0.1:${port}`;
const web = await startProcess("web/main.ts", {
  REDIS_URL: redis.url,
  DATABASE_URL: postgres.url,
  SCORER_ADDRESS: scorer.address,
  PORT: String(port),
  ADMIN_API_KEY: KEY,
  KEY_RATE_LIMIT: "0",
});
const figures = async (): Promise<void> => {
  const answer = await fetch(`${base}/api/v1/stats`);
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`refused with ${answer.status}`);
};
await beside("GET /api/v1/stats, alone", figures);
await beside("the same, beside a key that keeps 100 calls under way", figures, ["calls", base, KEY]);
await beside("the same, beside a key that hands in batches of 2,000, 20 at once", figures, [
  "batches",
  base,
  KEY,
]);
await web.kill();
await scorer.stop();
await Promise.all([postgres.stop(), redis.stop()]);
process.exit(failed ? 1 : 0);
