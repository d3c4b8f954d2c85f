import { mkdir } from "node:fs/promises";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { servePglite } from "../../platform/embedded/pglite-server.ts";
import { givePrivateModes } from "../../platform/embedded/private-modes.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { runProcess } from "../../platform/process/lifecycle.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { loadPostgresConfig } from "./config.ts";

/** How often the watchdog asks, and how long an answer may take: longer than any query of the house. */
const WATCH_EVERY_MS = 15_000;
const ANSWER_LIMIT_MS = 60_000;

const config = configOrExit(loadPostgresConfig);
const logger = createLogger("postgres", config.LOG_LEVEL);

givePrivateModes();

runProcess(logger, async (life) => {
  await mkdir(config.folder, { recursive: true, mode: 0o700 });
  const db = await PGlite.create({ dataDir: config.folder });
  const server = await servePglite(db, config.EMBEDDED_POSTGRES_PORT, config.EMBEDDED_POSTGRES_PASSWORD);
  life.onStop("socket server", () => server.close());
  life.onStop("database", () => db.close());
  watch(server.url, (why) => life.stop(why));
  logger.info({ port: config.EMBEDDED_POSTGRES_PORT }, "ready");
});

/**
 * Ends the process when the database no longer answers: a broken WebAssembly engine stays broken, and a restart is what
 * mends it.
 */
function watch(url: string, giveUp: (why: string) => void): void {
  const ask = async (): Promise<void> => {
    const client = new pg.Client({ connectionString: url, query_timeout: ANSWER_LIMIT_MS });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.query("select 1");
    } catch (error) {
      giveUp(`the database does not answer: ${String(error)}`);
    } finally {
      await client.end().catch(() => {});
    }
  };
  setInterval(() => void ask(), WATCH_EVERY_MS).unref();
}
