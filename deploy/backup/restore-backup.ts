import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { compareServing } from "../../pipeline/audit/compare-serving.ts";
import { verifyAudit } from "../../pipeline/audit/verify.ts";
import { startRedisServer } from "../../platform/embedded/redis-server.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { freePort } from "../../platform/process/free-port.ts";
import { readServingHistory } from "../../scorer/serving/state.ts";
import { copyFolder } from "./copy-folder.ts";
import { checkedManifest, DATA, type Manifest } from "./manifest.ts";
import { withFolder } from "./open-folder.ts";
import { differences, readState } from "./state.ts";

/** What a restored folder was found to be. */
export interface Restored {
  readonly manifest: Manifest;
  /** Entries of the audit log, each of which fits the one before it. */
  readonly audited: number;
  /** What is not as it was at the moment, in words; none when all is. */
  readonly faults: readonly string[];
}

/**
 * Puts a backup's files into a data folder and opens what it has put there: counters, cases and the audit chain are held
 * against what was written down at the moment, Redis reads its file.
 *
 * @param dataDir missing or empty
 * @throws DomainError in words; nothing is written then
 */
export async function restoreBackup(from: string, dataDir: string): Promise<Restored> {
  const manifest = await checkedManifest(from);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // A file system of its own has that one from the beginning.
  const there = (await readdir(dataDir)).filter((name) => name !== "lost+found");
  if (there.length > 0) {
    throw new DomainError(
      "conflict",
      `${dataDir} is not empty (${there.slice(0, 3).join(", ")} …): move away what is in it first`,
    );
  }
  await copyFolder(join(from, DATA), dataDir);
  const found = await verify(manifest, dataDir);
  await tryRedis(join(dataDir, "redis"));
  return { manifest, ...found };
}

async function verify(manifest: Manifest, dataDir: string): Promise<Omit<Restored, "manifest">> {
  return withFolder(join(dataDir, "postgres"), async (db) => {
    const state = await readState(db);
    if (state === undefined || manifest.state === undefined) {
      const same = state === manifest.state;
      return { audited: 0, faults: same ? [] : ["the database has tables on one side alone"] };
    }
    const { sound, fault } = await verifyAudit(db);
    const history = await readServingHistory(join(dataDir, "registry"));
    const { fault: serving } = await compareServing(db, history);
    return {
      audited: sound,
      faults: [
        ...differences(manifest.state, state),
        ...(fault ? [`audit log: entry ${fault.auditId} ${fault.why}`] : []),
        ...(serving === undefined ? [] : [`who serves: ${serving}`]),
      ],
    };
  });
}

/** Redis reads the file once, and keeps it in the way of its own version. */
async function tryRedis(folder: string): Promise<void> {
  const child = await startRedisServer({ port: await freePort(), folder });
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
