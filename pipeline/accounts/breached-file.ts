import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

/** A line of the file is 40 digits, a colon and a count of a few digits. */
const LINE_BYTES = 128;

/**
 * Whether a password is in a file of Have I Been Pwned's form "ordered by hash": a line `<SHA-1, hex>:<count>` each,
 * sorted. Found by bisection: some 35 reads in the whole list of 40 GB.
 *
 * @throws the system's error when the file cannot be read
 */
export async function isInBreachedFile(file: string, password: string): Promise<boolean> {
  const wanted = createHash("sha1").update(password).digest("hex").toUpperCase();
  const handle = await open(file);
  try {
    let low = 0;
    let high = (await handle.stat()).size;
    // The line that begins at or after `low` and before `high` is looked for.
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const line = await lineFrom(handle, middle);
      if (line === null || line.start >= high) {
        high = middle;
        continue;
      }
      if (line.hash === wanted) return true;
      if (line.hash < wanted) low = line.start + 1;
      else high = middle;
    }
    return false;
  } finally {
    await handle.close();
  }
}

/** The first line that begins at or after an offset. */
async function lineFrom(handle: FileHandle, offset: number): Promise<{ start: number; hash: string } | null> {
  const from = Math.max(0, offset - 1);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(2 * LINE_BYTES), 0, 2 * LINE_BYTES, from);
  const text = buffer.toString("latin1", 0, bytesRead);
  // A line begins after a line feed, the first one at 0.
  const begin = offset === 0 ? 0 : text.indexOf("\n") + 1;
  if (offset > 0 && begin === 0) return null;
  const hash = text.slice(begin, begin + 40).toUpperCase();
  return hash.length < 40 ? null : { start: from + begin, hash };
}
