import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { copyFile, mkdir, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { codeOf } from "../../platform/process/errors.ts";

/** Of a file that was copied: another when it was written to since. */
export type Seen = ReadonlyMap<string, string>;

/** A file that was written to this shortly before it was read may have been so in the same tick of its clock. */
const TICK_MS = 1_000;

/**
 * Brings a copy of a folder up to date: with what an earlier round has seen, only what changed since is read again, so
 * that the last round, for which everybody waits, is short.
 *
 * @param skip names in the folder itself that are left out
 * @returns what this round has seen, for the next
 */
export async function copyFolder(
  from: string,
  to: string,
  skip: ReadonlySet<string> = new Set(),
  before: Seen = new Map(),
): Promise<Seen> {
  const seen = new Map<string, string>();
  const began = Date.now();
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const path of await filesOf(from, skip)) {
    try {
      const { size, mtimeMs } = await stat(join(from, path));
      const mark = `${size} ${mtimeMs}`;
      // In doubt it is read again next time.
      seen.set(path, mtimeMs > began - TICK_MS ? "just written" : mark);
      if (before.get(path) === mark) continue;
      await mkdir(dirname(join(to, path)), { recursive: true, mode: 0o700 });
      await copyFile(join(from, path), join(to, path), constants.COPYFILE_FICLONE);
    } catch (error) {
      // Gone meanwhile: the next round takes it out of the copy too.
      if (codeOf(error) !== "ENOENT") throw error;
      seen.delete(path);
    }
  }
  for (const path of before.keys()) if (!seen.has(path)) await rm(join(to, path), { force: true });
  await keepEmptyFolders(from, to, skip);
  return seen;
}

/** PostgreSQL does not begin without its empty folders. */
async function keepEmptyFolders(from: string, to: string, skip: ReadonlySet<string>): Promise<void> {
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = relativeTo(from, entry.parentPath, entry.name);
    if (entry.isDirectory() && !skip.has(path.split("/")[0] ?? ""))
      await mkdir(join(to, path), { recursive: true, mode: 0o700 });
  }
}

/** Relative paths of all files below a folder; links are left out. */
export async function filesOf(folder: string, skip: ReadonlySet<string> = new Set()): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relativeTo(folder, entry.parentPath, entry.name))
    .filter((path) => !skip.has(path.split("/")[0] ?? ""))
    .sort();
}

function relativeTo(folder: string, parent: string, name: string): string {
  return join(parent, name).slice(folder.length + 1);
}

/** SHA-256 of a file, lower-case hex. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
