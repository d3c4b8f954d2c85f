import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { sql } from "kysely";
import { z } from "zod";
import type { Database } from "../../pipeline/store/schema.ts";
import { projectRoot } from "../../platform/process/config.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { replaceFile } from "../../platform/process/replace-file.ts";
import type { Running } from "../runner/running-file.ts";
import { copyFolder, type Seen } from "./copy-folder.ts";
import { DATA, hashesOf, MANIFEST, type Manifest } from "./manifest.ts";
import { withFolder } from "./open-folder.ts";
import { beginSnapshot, takeSnapshot } from "./redis-snapshot.ts";
import { readState, type StoreState } from "./state.ts";

/** Not part of a backup: what a start makes anew, and the servers' own folders, which are copied in their own ways. */
const MADE_ANEW = ["packages", "running.json"];
const SERVERS = new Set(["postgres", "redis", ...MADE_ANEW]);

const version = z.object({ version: z.string() });

/** What came of it. */
export interface Backup {
  readonly manifest: Manifest;
  /** How long nothing could be written, milliseconds; 0 of a stopped system. */
  readonly waitedMs: number;
}

/** A moment, and what the database held then. */
interface Frozen {
  readonly moment: string;
  readonly state: StoreState | undefined;
}

/**
 * Copies a data folder whose PostgreSQL and Redis are its own, running or stopped, as of one moment: all that was recorded
 * before is there, all that was accepted before is there or waits in Redis, nothing later is recorded.
 *
 * @param running the run that uses it, where there is one
 * @param to a folder that is not there yet
 * @throws DomainError in words
 */
export async function makeBackup(dataDir: string, running: Running | undefined, to: string): Promise<Backup> {
  if (existsSync(to)) throw new DomainError("conflict", `${to} is there already: name a new folder`);
  if (!existsSync(join(dataDir, "postgres")))
    throw new DomainError("not_found", `${dataDir} has no embedded database to back up`);
  await mkdir(join(to, DATA), { recursive: true, mode: 0o700 });
  try {
    const began = { frozen: 0, thawed: 0 };
    const frozen = running
      ? await copyRunning(dataDir, running, join(to, DATA), began)
      : await copyStopped(dataDir, join(to, DATA));
    const manifest: Manifest = {
      format: 1,
      version: version.parse(JSON.parse(await readFile(join(projectRoot, "package.json"), "utf8"))).version,
      moment: frozen.moment,
      ...(frozen.state === undefined ? {} : { state: frozen.state }),
      files: await hashesOf(join(to, DATA)),
    };
    // Last: what has none is no backup.
    await replaceFile(join(to, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, MANIFEST, 0o600);
    return { manifest, waitedMs: began.thawed - began.frozen };
  } catch (error) {
    await rm(to, { recursive: true, force: true });
    throw error;
  }
}

async function copyStopped(dataDir: string, to: string): Promise<Frozen> {
  const moment = new Date().toISOString();
  const state = await withFolder(join(dataDir, "postgres"), readState);
  await copyFolder(dataDir, to, new Set(MADE_ANEW));
  return { moment, state };
}

/** Everything once while work goes on, then what has changed meanwhile, while nothing is written. */
async function copyRunning(
  dataDir: string,
  running: Running,
  to: string,
  clock: { frozen: number; thawed: number },
): Promise<Frozen> {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = running.env;
  if (!databaseUrl || !redisUrl) throw new Error("running.json names no database and Redis");
  const from = { postgres: join(dataDir, "postgres"), redis: join(dataDir, "redis") };
  const db = openDatabase<Database>(databaseUrl, createLogger("backup", "silent"), 1);
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 3 });
  redis.on("error", () => {}); // the command that fails says it
  try {
    const first: Seen = await copyFolder(from.postgres, join(to, "postgres"));
    // The embedded server has one session: who has a transaction open keeps everybody else from writing.
    const { frozen, since } = await db.transaction().execute(async (trx) => {
      await sql`checkpoint`.execute(trx);
      clock.frozen = Date.now();
      const { rows } = await sql<{ moment: Date }>`select clock_timestamp() as moment`.execute(trx);
      const state = await readState(trx);
      const snapshot = await beginSnapshot(redis);
      await copyFolder(from.postgres, join(to, "postgres"), new Set(), first);
      await copyFolder(dataDir, to, SERVERS);
      const moment = (rows[0]?.moment ?? new Date()).toISOString();
      return { frozen: { moment, state }, since: snapshot };
    });
    clock.thawed = Date.now();
    await takeSnapshot(redis, since, from.redis, join(to, "redis"));
    return frozen;
  } finally {
    redis.disconnect();
    await db.destroy();
  }
}
