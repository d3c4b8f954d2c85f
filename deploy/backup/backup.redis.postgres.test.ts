import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Queue } from "bullmq";
import type { Kysely } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appendAudit } from "../../pipeline/audit/append.ts";
import { recordDecisions } from "../../pipeline/record/record-decisions.ts";
import { foldCounters } from "../../pipeline/store/fold-counters.ts";
import { migrate } from "../../pipeline/store/migrate.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { decision, risky, SLA } from "../../pipeline/store/testing.ts";
import { startRedisServer } from "../../platform/embedded/redis-server.ts";
import { projectRoot } from "../../platform/process/config.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { freePort } from "../../platform/process/free-port.ts";
import { createLogger } from "../../platform/process/logger.ts";
import type { Running } from "../runner/running-file.ts";
import { makeBackup } from "./make-backup.ts";
import { checkedManifest } from "./manifest.ts";
import { withFolder } from "./open-folder.ts";
import { restoreBackup } from "./restore-backup.ts";
import { differences, readState } from "./state.ts";

/** The servers of `npm start`, each in a process of its own, and somebody who records as fast as it goes. */

const PASSWORD = "a-password-of-this-test";
let folder: string;
let data: string;
let running: Running;
let db: Kysely<Database>;
let servers: ChildProcess[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "paysecure backup-"));
  data = join(folder, "data");
  mkdirSync(data);
  const [postgres, redis] = [await freePort(), await freePort()];
  const server = spawn(process.execPath, ["--import", "tsx", "deploy/embedded/postgres.ts"], {
    cwd: projectRoot,
    env: {
      PATH: process.env["PATH"],
      ...{ ENV_FILE: "/dev/null", DATA_DIR: data },
      ...{ EMBEDDED_POSTGRES_PORT: String(postgres), EMBEDDED_POSTGRES_PASSWORD: PASSWORD },
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(server.stdout, "data");
  servers = [
    server,
    await startRedisServer({ port: redis, password: PASSWORD, folder: join(data, "redis") }),
  ];
  const DATABASE_URL = `postgres://postgres:${PASSWORD}@127.0.0.1:${postgres}/postgres`;
  running = { pid: process.pid, env: { DATABASE_URL, REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${redis}` } };
  db = openDatabase<Database>(DATABASE_URL, createLogger("test", "silent"), 4);
  await migrate(db);
});
afterAll(async () => {
  for (const server of servers) server.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** Records until told to stop. @returns how many were acknowledged before each moment asked for */
function load(): { acknowledged: () => number; stop: () => Promise<void> } {
  let stopping = false;
  let count = 0;
  const worker = async (name: string): Promise<void> => {
    for (let i = 0; !stopping; i += 10) {
      const ids = Array.from({ length: 10 }, (_, n) => `${name}-${i + n}`);
      await recordDecisions(
        db,
        ids.map((id, n) => (n === 0 ? risky(id) : decision(id))),
        SLA,
      );
      count += ids.length;
    }
  };
  const folding = async (): Promise<void> => {
    while (!stopping) {
      await foldCounters(db, "test");
      await sleep(50);
    }
  };
  const all = [worker("a"), worker("b"), folding()];
  return {
    acknowledged: () => count,
    stop: async () => {
      stopping = true;
      await Promise.all(all);
    },
  };
}

test("a backup under load, everything deleted, a restore: counters, cases and audit chain are of the moment it names", async () => {
  const queue = new Queue("waiting", { connection: { url: running.env["REDIS_URL"] ?? "" } });
  for (let i = 0; i < 5; i++) await queue.add("payment", { i });
  await db.transaction().execute((trx) =>
    appendAudit(trx, {
      actor: { kind: "operator", id: "1", name: "test" },
      act: "policy.publish",
      subject: "policy:1",
      detail: { note: "before" },
    }),
  );
  const writing = load();
  while (writing.acknowledged() < 200) await sleep(10);

  const before = writing.acknowledged();
  const { manifest } = await makeBackup(data, running, join(folder, "backup"));
  const after = writing.acknowledged();
  await writing.stop();
  await queue.close();
  await db.destroy();
  for (const server of servers) {
    const gone = once(server, "exit");
    server.kill("SIGKILL");
    await gone;
  }
  rmSync(data, { recursive: true });

  // What was acknowledged before is there; of each of the two at work one more may be.
  expect(manifest.state?.decisions).toBeGreaterThanOrEqual(before);
  expect(manifest.state?.decisions).toBeLessThanOrEqual(after + 20);
  expect(manifest.state?.counted).toBe(manifest.state?.decisions);
  const restored = await restoreBackup(join(folder, "backup"), data);
  expect(restored.faults).toEqual([]);
  expect(restored.audited).toBe(1);

  const port = await freePort();
  const redis = await startRedisServer({ port, folder: join(data, "redis") });
  servers = [redis];
  const again = new Queue("waiting", { connection: { port } });
  expect(await again.getWaitingCount()).toBe(5);
  await again.close();
  const gone = once(redis, "exit");
  redis.kill("SIGTERM");
  await gone;

  // Stopped, it is backed up as well; a file that was changed since, and a folder that is in use, are refused.
  const second = join(folder, "second");
  expect((await makeBackup(data, undefined, second)).manifest.state).toEqual(manifest.state);
  await expect(restoreBackup(second, data)).rejects.toThrow("is not empty");
  appendFileSync(join(second, "data/postgres/PG_VERSION"), "\n");
  await expect(restoreBackup(second, join(folder, "third"))).rejects.toThrow(
    "data/postgres/PG_VERSION is changed",
  );
});

test("a database that is not what it was at the moment is told", async () => {
  const backup = join(folder, "fourth");
  await makeBackup(data, undefined, backup);
  await withFolder(join(data, "postgres"), async (store) => {
    await recordDecisions(store, [decision("later")], SLA);
    const { state } = await checkedManifest(backup);
    const now = await readState(store);
    expect(state && now ? differences(state, now)[0] : undefined).toMatch(/^decisions: \d+ instead of \d+$/);
  });
});
