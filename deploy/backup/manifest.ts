import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { filesOf, hashOf } from "./copy-folder.ts";
import { stateSchema } from "./state.ts";

/** In a backup's folder: what it is, beside `data/`, which is a DATA_DIR. */
export const MANIFEST = "backup.json";
export const DATA = "data";

const manifestSchema = z.object({
  format: z.literal(1),
  /** Of PaySecure. */
  version: z.string(),
  /** What the backup holds is what was so then, by the database's clock. */
  moment: z.iso.datetime(),
  /** Absent where the database had no tables yet. */
  state: stateSchema.optional(),
  /** SHA-256 of every file, by its path below `data/`. */
  files: z.record(z.string(), z.string()),
});
export type Manifest = z.output<typeof manifestSchema>;

/** The hash of every file below a folder. */
export async function hashesOf(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const path of await filesOf(folder)) hashes[path] = await hashOf(join(folder, path));
  return hashes;
}

/**
 * Reads a backup's manifest and compares every file with it.
 *
 * @throws DomainError `invalid_argument` when it is none, is not whole, or a file is missing, added or changed
 */
export async function checkedManifest(folder: string): Promise<Manifest> {
  let manifest: Manifest;
  try {
    manifest = manifestSchema.parse(JSON.parse(await readFile(join(folder, MANIFEST), "utf8")));
  } catch (error) {
    throw new DomainError(
      "invalid_argument",
      `${folder} is no whole backup: ${MANIFEST} cannot be read (${messageOf(error).slice(0, 200)})`,
      { cause: error },
    );
  }
  const found = await hashesOf(join(folder, DATA));
  for (const path of new Set([...Object.keys(manifest.files), ...Object.keys(found)])) {
    if (found[path] === manifest.files[path]) continue;
    const why =
      found[path] === undefined ? "missing" : manifest.files[path] === undefined ? "added" : "changed";
    throw new DomainError("invalid_argument", `${folder} is not as it was made: ${DATA}/${path} is ${why}`);
  }
  return manifest;
}
