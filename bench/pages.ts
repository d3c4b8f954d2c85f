import { parseArgs } from "node:util";
import type { Kysely } from "kysely";
import pg from "pg";
import { migrate } from "../pipeline/store/migrate.ts";
import { recordDecisions } from "../pipeline/store/record-decisions.ts";
import type { Database } from "../pipeline/store/schema.ts";
import { decision, risky, SLA } from "../pipeline/store/testing.ts";
import { startProcess } from "../pipeline/testing/started-process.ts";
import { startTestRedis } from "../platform/embedded/testing/redis.ts";
import { openDatabase } from "../platform/process/database.ts";
import { freePort } from "../platform/process/free-port.ts";
import { createLogger } from "../platform/process/logger.ts";
import { addressesOf } from "./pages/addresses.ts";
import { fill } from "./pages/fill.ts";
import { type Figure, meets, print } from "./report.ts";
import { startBenchPostgres } from "./servers/postgres.ts";

/**
 * `npm run bench -- pages [-- --rows 10000000 --keep FOLDER --quick]`: how long every page and every list takes over ten
 * million decisions and 150,000 cases, against ten thousand of the same, while 500 payments a second are recorded. The
 * rows are made by SQL. `--keep` keeps them for the next time: making ten million takes minutes.
 */
const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "10000000" },
    keep: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});
const LARGE = values.quick ? 300_000 : Number(values.rows);
const SMALL = 10_000;
const REQUESTS = values.quick ? 40 : 150;
const WRITES_PER_SECOND = 500;
const WRITE_CHUNK = 50;
const KEY = "bench-admin-key-0123456789";
const MOST_MS = 50;
const MOST_RATIO = 3;
/** Below this both are noise and their ratio says nothing. */
const NOISE_MS = 10;

const logger = createLogger("bench", "silent");
const postgres = await startBenchPostgres(values.keep);
const redis = await startTestRedis();
const scorerPort = await freePort();
const scorer = await startProcess("scorer/main.ts", { SCORER_PORT: String(scorerPort), LOG_LEVEL: "info" });
const figures: Figure[] = [];

/** A database of so many rows on the server, filled once. */
async function database(name: string, rows: number): Promise<{ url: string; db: Kysely<Database> }> {
  const url = postgres.url.replace(/\/postgres$/, `/${name}`);
  const admin = new pg.Client(postgres.url);
  await admin.connect();
  const { rowCount } = await admin.query("select from pg_database where datname = $1", [name]);
  if (rowCount === 0) await admin.query(`create database ${name}`);
  await admin.end();
  const db = openDatabase<Database>(url, logger, 4);
  if (rowCount === 0) {
    await migrate(db);
    await fill(db, rows, (what) => console.log(`       ${name}: ${what}`));
  }
  return { url, db };
}

/** Records as workers do, until told to stop. */
function write(db: Kysely<Database>, run: string): () => Promise<number> {
  let stopping = false;
  let count = 0;
  const writing = (async () => {
    const started = performance.now();
    while (!stopping) {
      const chunk = Array.from({ length: WRITE_CHUNK }, (_, i) =>
        (i === 0 ? risky : decision)(`${run}-${count + i}`, { cardToken: `tok_${(count + i) % 200_000}` }),
      );
      await recordDecisions(db, chunk, SLA);
      count += WRITE_CHUNK;
      const ahead = (count / WRITES_PER_SECOND) * 1_000 - (performance.now() - started);
      if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
    }
  })();
  return async () => {
    stopping = true;
    await writing;
    return count;
  };
}

/** p99 of each address, milliseconds. */
async function measure(name: string, rows: number): Promise<Map<string, number>> {
  const { url, db } = await database(name, rows);
  const port = await freePort();
  const env = {
    DATABASE_URL: url,
    REDIS_URL: redis.url,
    REDIS_PREFIX: `{${name}}`,
    SCORER_ADDRESS: `127.0.0.1:${scorerPort}`,
    LOG_LEVEL: "info",
  };
  const started = performance.now();
  const worker = await startProcess("pipeline/workers/main.ts", env);
  const workerSeconds = (performance.now() - started) / 1_000;
  const web = await startProcess("web/main.ts", { ...env, PORT: String(port), ADMIN_API_KEY: KEY });
  const stop = write(db, `w-${Date.now().toString(36)}`);
  try {
    const took = new Map<string, number>([["worker", workerSeconds]]);
    for (const address of await addressesOf(db)) {
      const times: number[] = [];
      for (let i = -5; i < REQUESTS; i++) {
        const at = performance.now();
        const response = await fetch(`http://127.0.0.1:${port}${address.path}`, {
          headers: { authorization: `Bearer ${KEY}` },
        });
        await response.arrayBuffer();
        if (response.status !== 200) throw new Error(`${address.path} answers ${response.status}`);
        if (i >= 0) times.push(performance.now() - at);
      }
      times.sort((a, b) => a - b);
      took.set(address.name, times[Math.ceil(0.99 * times.length) - 1]!);
    }
    return took;
  } finally {
    await stop();
    await web.stop();
    await worker.stop();
    await db.destroy();
  }
}

const show = (figure: Figure): void => {
  figures.push(figure);
  print(figure);
};
try {
  const small = await measure("small", SMALL);
  const large = await measure(`large_${LARGE}`, LARGE);
  console.log(
    `       ${LARGE.toLocaleString("en")} decisions, ${WRITES_PER_SECOND} more a second; p99 of ${REQUESTS}`,
  );
  show({ name: "worker, from start to ready", value: large.get("worker")!, unit: "s", atMost: 5 });
  for (const [name, ms] of large) {
    if (name === "worker") continue;
    const before = small.get(name)!;
    const times = ms / before;
    show({
      name,
      value: ms,
      unit: "ms",
      atMost: MOST_MS,
      note: `${times.toFixed(1)} × ten thousand's ${before.toFixed(1)} ms`,
    });
    if (ms > NOISE_MS && times > MOST_RATIO)
      show({ name: `${name}, against ten thousand`, value: times, unit: "×", atMost: MOST_RATIO });
  }
} finally {
  await scorer.stop();
  await redis.stop();
  await postgres.stop();
}
process.exit(figures.every(meets) ? 0 : 1);
