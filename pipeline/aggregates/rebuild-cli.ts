import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { FeatureEngine } from "../../features/engine/engine.ts";
import { StateStore } from "../../features/online/state-store.ts";
import { parseSchema } from "../../features/schema/read.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { StoredRates } from "../store/exchange-rates.ts";
import type { Database } from "../store/schema.ts";
import { loadAggregatesConfig } from "./config.ts";
import { type RebuildProgress, rebuildAggregates } from "./rebuild.ts";
import { ServedSchemas } from "./served-schemas.ts";

const USAGE = `npm run features:rebuild                     aggregates of the models that serve, anew out of the store
npm run features:rebuild -- --schema FILE…   of these schemas, before a model serves with them
`;

/** How often progress is said, milliseconds. */
const SAY_EVERY_MS = 2_000;

const { schema: files } = options();
const config = configOrExit(loadAggregatesConfig);
const logger = createLogger("features", "warn");
const db = openDatabase<Database>(config.DATABASE_URL, logger, 2);
const redis = connectRedis(config, "producer", logger);
const rates = new StoredRates(db);
try {
  await rates.refresh();
  const engines = files.length > 0 ? await Promise.all(files.map(engineOf)) : await served();
  const start = performance.now();
  let saidAt = start;
  const say = ({ payments, until }: RebuildProgress): void => {
    const now = performance.now();
    if (now - saidAt < SAY_EVERY_MS) return;
    saidAt = now;
    const rate = Math.round((payments * 1_000) / (now - start));
    process.stderr.write(`${words(payments)} payments, until ${until}, ${words(rate)} a second\n`);
  };
  const { payments, moved } = await rebuildAggregates({
    ...{ db, engines, onProgress: say },
    store: new StateStore(redis, config.REDIS_PREFIX),
  });
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  process.stdout.write(
    `${words(payments)} payments in ${seconds} s: ${words(moved.taken)} entries in aggregates, ` +
      `${words(moved.late)} too late to count, ${words(moved.refused)} payments that a schema does not read\n`,
  );
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
} finally {
  redis.disconnect();
  await db.destroy();
}

async function served(): Promise<readonly FeatureEngine[]> {
  const engines = await new ServedSchemas(config.registry, logger, rates).engines();
  if (engines.length > 0) return engines;
  throw new DomainError(
    "not_found",
    `no model that serves from ${config.registry} has a schema with aggregates: name one by --schema`,
  );
}

async function engineOf(file: string): Promise<FeatureEngine> {
  return new FeatureEngine(parseSchema(await readFile(file, "utf8"), file), { rates });
}

function words(count: number): string {
  return count.toLocaleString("en");
}

function options(): { schema: string[] } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { schema: { type: "string", multiple: true } },
    });
    return { schema: [...(values.schema ?? []), ...positionals] };
  } catch {
    process.stderr.write(USAGE);
    process.exit(2);
  }
}
