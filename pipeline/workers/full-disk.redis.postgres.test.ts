import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { postgresPrograms } from "../../platform/embedded/testing/locked-postgres.ts";
import { startRealPostgres } from "../../platform/embedded/testing/real-postgres.ts";
import { startTestRedis } from "../../platform/embedded/testing/redis.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { inTime } from "../../platform/process/in-time.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { enqueueTransactions, openTransactionsQueue } from "../queues.ts";
import { queueTrouble } from "../readiness/queue.ts";
import { foldCounters } from "../store/fold-counters.ts";
import { migrate } from "../store/migrate.ts";
import { findDrift } from "../store/reconcile.ts";
import type { Database } from "../store/schema.ts";
import { startFakeScorer } from "../testing/fake-scorer.ts";
import { eventually, startProcess } from "../testing/started-process.ts";

const PREFIX = "{test}";

/** A disk of so many megabytes, where this user may make one; undefined elsewhere. */
function mountDisk(megabytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "paysecure-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "tmpfs", folder], {
      stdio: "ignore",
    });
    return folder;
  } catch {
    rmdirSync(folder);
    return undefined;
  }
}

const disk = postgresPrograms() === undefined ? undefined : mountDisk(160);

test.skipIf(disk === undefined)(
  "on a disk that is full nothing that was acknowledged is lost, and all goes on when there is room",
  async () => {
    const on = disk!;
    const logger = createLogger("test", "silent");
    const [server, postgres, scorer] = await Promise.all([
      startTestRedis(on),
      startRealPostgres({ max_wal_size: "32MB", min_wal_size: "32MB" }, on),
      startFakeScorer(),
    ]);
    const db = openDatabase<Database>(postgres.url, logger, 2);
    await migrate(db);
    const redis = connectRedis(server.url, "producer", logger);
    const queue = openTransactionsQueue(redis, PREFIX);
    queue.on("error", () => {});
    const worker = await startProcess("pipeline/workers/main.ts", {
      ...{ REDIS_URL: server.url, REDIS_PREFIX: PREFIX, DATABASE_URL: postgres.url, LOG_LEVEL: "info" },
      ...{ SCORER_ADDRESS: scorer.address, DATA_DIR: join(on, "data"), RECONCILE_SECONDS: "2" },
    });
    const taken = new Set<string>();
    let [refused, made] = [0, 0];
    const hand = async (): Promise<void> => {
      const ids = Array.from({ length: 200 }, () => `t-${made++}`);
      const transactions = ids.map((transactionId) => ({
        ...{ transactionId, amount: 1, time: 0, v: [0.01, ...Array(27).fill(0)] },
        fields: { a: "x".repeat(100), b: "y".repeat(100) },
      }));
      const chunk = { chunkId: `c-${made}`, source: "api", transactions };
      await inTime(enqueueTransactions(queue, chunk), 2_000).then(
        () => {
          for (const id of ids) taken.add(id);
        },
        () => refused++,
      );
    };
    const count = async (): Promise<number> =>
      (
        await db
          .selectFrom("decisions")
          .select((eb) => eb.fn.countAll<number>().as("n"))
          .executeTakeFirstOrThrow()
      ).n;
    try {
      await hand();
      await eventually(async () => (await count()) === 200);
      const ballast = join(on, "ballast");
      const file = openSync(ballast, "w");
      for (const size of [1 << 20, 1 << 12]) {
        try {
          for (;;) writeSync(file, Buffer.alloc(size));
        } catch {
          // Full.
        }
      }
      closeSync(file);
      for (let i = 0; i < 5; i++) {
        await hand();
        await sleep(100);
      }
      expect(refused).toBeGreaterThan(0);
      // With `appendfsync always` Redis ends rather than say that it has what it could not write.
      expect(await queueTrouble(redis, PREFIX)).toBe("does not answer");
      rmSync(ballast);
      // As whatever looks after it would: systemd, or our own supervisor.
      await server.kill();
      await server.start();
      await eventually(async () => (await queueTrouble(redis, PREFIX)) === undefined);
      await hand();
      expect(taken.has(`t-${made - 1}`)).toBe(true);
      const stored = async (): Promise<string[]> =>
        (await db.selectFrom("decisions").select("transaction_id as id").execute()).map(({ id }) => id);
      await eventually(async () => {
        const there = new Set(await stored());
        return [...taken].every((id) => there.has(id));
      });
      const ids = await stored();
      expect(new Set(ids).size).toBe(ids.length);
      await foldCounters(db, "test");
      expect(await findDrift(db)).toEqual([]);
      expect(await worker.stop()).toBe(0);
    } finally {
      await worker.kill();
      await queue.close();
      redis.disconnect();
      scorer.stop();
      await db.destroy();
      await Promise.all([server.stop(), postgres.stop()]);
      execFileSync("umount", [on]);
      rmdirSync(on);
    }
  },
  180_000,
);
