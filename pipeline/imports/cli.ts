import { FeatureEngine } from "../../features/engine/engine.ts";
import { forgetComplete } from "../../features/online/marks.ts";
import { StateStore } from "../../features/online/state-store.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { showProgress } from "../../platform/process/progress.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { loadAggregatesConfig } from "../aggregates/config.ts";
import { ServedSchemas } from "../aggregates/served-schemas.ts";
import type { Database } from "../store/schema.ts";
import { type Asked, askedFor } from "./asked.ts";
import { type ImportResult, importPayments } from "./import-payments.ts";
import { takeImportLease } from "./lease.ts";
import { rebuildAfterImport } from "./rebuild-after.ts";
import { RefusedFile } from "./refused-file.ts";

/** How often the making of aggregates is told, milliseconds. */
const SAY_EVERY_MS = 2_000;

/** `npm run import`: payments of the past from a file into store and aggregates. */
try {
  const asked = await askedFor(process.argv.slice(2), say);
  if (asked) await bringIn(asked);
} catch (error) {
  say(messageOf(error));
  process.exitCode = error instanceof DomainError && error.code === "invalid_argument" ? 2 : 1;
}

async function bringIn(asked: Asked): Promise<void> {
  const config = configOrExit(loadAggregatesConfig);
  const logger = createLogger("import", "warn");
  const db = openDatabase<Database>(config.DATABASE_URL, logger, 3);
  const redis = connectRedis(config, "producer", logger);
  try {
    const store = new StateStore(redis, config.REDIS_PREFIX);
    const lease = await takeImportLease(db, () =>
      say("another import is under way, or has just died: waiting"),
    );
    try {
      const start = performance.now();
      const progress = showProgress("import");
      const refused = new RefusedFile(asked.path);
      const result = await importPayments({
        ...{ db, refused, actor: operator(), ...asked },
        check: lease.check,
        onChange: () => forgetComplete(store),
        onProgress: ({ taken, repeated, labelled }) =>
          progress.update(
            Math.floor(100 * asked.share()),
            100,
            `% · ${words(taken + repeated + labelled)} payments`,
          ),
      });
      progress.stop();
      process.stdout.write(`${described(result, refused, performance.now() - start)}\n`);
      const engines = [
        new FeatureEngine(asked.schema),
        ...(await new ServedSchemas(config.registry, logger).engines()),
      ];
      await rebuild(store, engines, result);
    } finally {
      await lease.giveUp();
    }
  } finally {
    redis.disconnect();
    await db.destroy();
  }

  async function rebuild(
    store: StateStore,
    engines: readonly FeatureEngine[],
    result: ImportResult,
  ): Promise<void> {
    const start = performance.now();
    let saidAt = start;
    const rebuilt = await rebuildAfterImport(
      {
        ...{ db, store, engines },
        onProgress: ({ payments, until }) => {
          if (performance.now() - saidAt < SAY_EVERY_MS) return;
          saidAt = performance.now();
          say(`aggregates: ${words(payments)} payments, until ${until}`);
        },
      },
      result.taken + result.labelled > 0,
      () => say("another rebuild of aggregates is under way, or has just died: waiting"),
    );
    process.stdout.write(
      rebuilt
        ? `aggregates: made anew out of ${words(rebuilt.payments)} payments in ${seconds(performance.now() - start)}\n`
        : "aggregates: nothing was missing\n",
    );
  }
}

function described(
  { taken, repeated, labelled, refused }: ImportResult,
  { path }: RefusedFile,
  ms: number,
): string {
  const parts = [`${words(taken)} payments brought in`, `${words(repeated)} were there`];
  if (labelled > 0) parts.push(`${words(labelled)} were there and got a label`);
  parts.push(`${words(refused)} refused${refused > 0 ? ` (${path})` : ""}`);
  return `${parts.join(", ")}; ${seconds(ms)}`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function words(count: number): string {
  return count.toLocaleString("en");
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
