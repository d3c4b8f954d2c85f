import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { messageOf } from "../../platform/process/errors.ts";

/** How often it is asked whether the snapshot is written, and until when, milliseconds. */
const ASK_EVERY_MS = 50;
const LIMIT_MS = 600_000;

/**
 * Has Redis set about writing what it holds now to a file. The rest, {@link takeSnapshot}, may take its time.
 *
 * @returns what it holds as of when
 */
export async function beginSnapshot(redis: Redis): Promise<number> {
  const end = Date.now() + LIMIT_MS;
  for (;;) {
    const before = await redis.lastsave();
    // LASTSAVE counts in seconds: two snapshots in one could not be told apart.
    const [seconds] = await redis.time();
    if (Number(seconds) > before) {
      try {
        await redis.bgsave();
        return before;
      } catch (error) {
        // It is rewriting its append-only file.
        if (!/in progress/i.test(messageOf(error)) || Date.now() > end) throw error;
      }
    }
    await sleep(ASK_EVERY_MS);
  }
}

/** Waits for the file and takes it, as the append-only file that Redis 6.2 and later begin with. */
export async function takeSnapshot(redis: Redis, since: number, folder: string, to: string): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while ((await redis.lastsave()) === since) {
    const info = await redis.info("persistence");
    if (/rdb_last_bgsave_status:err/.test(info))
      throw new Error("Redis could not write its snapshot (its log says why)");
    if (Date.now() > end) throw new Error("Redis has not written its snapshot in ten minutes");
    await sleep(ASK_EVERY_MS);
  }
  await mkdir(to, { recursive: true, mode: 0o700 });
  await copyFile(join(folder, "dump.rdb"), join(to, "appendonly.aof"));
}
