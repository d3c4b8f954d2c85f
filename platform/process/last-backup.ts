import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceFile } from "./replace-file.ts";

/** In DATA_DIR. */
const FILE = "last-backup.json";

const kept = z.object({ moment: z.iso.datetime() });

/** Writes down as of which moment the last backup is. */
export async function keepLastBackup(dataDir: string, moment: string): Promise<void> {
  await replaceFile(join(dataDir, FILE), `${JSON.stringify({ moment })}\n`, FILE, 0o600);
}

/** As of which moment the last backup of this DATA_DIR is; null where nobody wrote one down. */
export async function readLastBackup(dataDir: string): Promise<Date | null> {
  try {
    return new Date(kept.parse(JSON.parse(await readFile(join(dataDir, FILE), "utf8"))).moment);
  } catch {
    return null;
  }
}
