import { rename, rm, writeFile } from "node:fs/promises";
import { codeOf, DomainError } from "./errors.ts";

/**
 * Replaces a file in one step: a reader sees the old text or the new one.
 *
 * @param what what cannot be written when it fails
 * @param mode the permissions of the new file
 * @throws DomainError `conflict` when the folder cannot be written
 */
export async function replaceFile(path: string, text: string, what: string, mode = 0o666): Promise<void> {
  const next = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(next, text, { mode });
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true }).catch(() => {});
    throw new DomainError("conflict", `${what} cannot be written (${codeOf(error)})`, { cause: error });
  }
}
