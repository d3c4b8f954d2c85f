import { chmod, lstat, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./errors.ts";

/** Rights of the group and of others. */
const FOR_OTHERS = 0o077;

/** From now on what this process and its children write is for this user alone. */
export function writePrivately(): void {
  process.umask(FOR_OTHERS);
}

/**
 * Makes a folder, when it is missing, and takes the rights of group and others from it and from all that is in it (a folder
 * of an earlier version, or one that was copied). Symbolic links are left alone, and not followed.
 *
 * @returns how many entries others had rights to
 * @throws Error in words when the folder is another user's
 */
export async function makePrivate(folder: string): Promise<number> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    // First, so that nobody can come in while the rest is looked at.
    const open = await closeToOthers(folder, true);
    return open + (await makeContentsPrivate(folder));
  } catch (error) {
    throw new Error(
      `${folder} cannot be closed to other users of this machine (${codeOf(error)}): it must belong to the user who ` +
        "runs PaySecure. Set DATA_DIR to a folder of your own, or give this one to yourself (chown -R)",
      { cause: error },
    );
  }
}

async function makeContentsPrivate(folder: string): Promise<number> {
  let open = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) continue;
    open += await closeToOthers(path, false);
    if (entry.isDirectory()) open += await makeContentsPrivate(path);
  }
  return open;
}

async function closeToOthers(path: string, itself: boolean): Promise<number> {
  try {
    const { mode } = await lstat(path);
    if ((mode & FOR_OTHERS) === 0 && !itself) return 0;
    await chmod(path, mode & 0o700);
    return (mode & FOR_OTHERS) === 0 ? 0 : 1;
  } catch (error) {
    // Gone meanwhile: nobody reads it.
    if (codeOf(error) === "ENOENT") return 0;
    throw error;
  }
}
