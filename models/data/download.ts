import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DomainError, messageOf } from "../../platform/process/errors.ts";

/** A published file and what proves that it is the one. */
export interface PublishedFile {
  readonly url: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** The complete ULB data set, as TensorFlow's tutorials publish it without a login (ODbL 1.0; 284,807 rows). */
export const completeDataSet: PublishedFile = {
  url: "https://storage.googleapis.com/download.tensorflow.org/data/creditcard.csv",
  sha256: "76274b691b16a6c49d3f159c883398e03ccd6d1ee12d9d8ee38f4b4b98551a89",
  bytes: 150_828_752,
};

/** Where the download command puts the data set, from the project's folder. */
export const DOWNLOADED = ".data/creditcard.csv";

/**
 * Fetches a published file to `target`, under another name until its hash is right. A file that is there with the
 * right hash is kept and nothing is fetched.
 *
 * @returns whether it had to be fetched
 * @throws DomainError `unavailable` when the host cannot be reached or answers an error, `invalid_argument` when what
 *   came is not the file (nothing is left behind)
 */
export async function download(
  { url, sha256, bytes }: PublishedFile,
  target: string,
  progress?: (received: number, total: number) => void,
): Promise<boolean> {
  if ((await hashOf(target)) === sha256) return false;
  await mkdir(dirname(target), { recursive: true });
  const part = `${target}.part-${process.pid}`;
  try {
    const found = await fetchTo(url, part, (received) => progress?.(received, bytes));
    if (found !== sha256) {
      throw new DomainError(
        "invalid_argument",
        `${url} is not the expected file: SHA-256 ${found}, not ${sha256}`,
      );
    }
    await rename(part, target);
    return true;
  } finally {
    await rm(part, { force: true });
  }
}

async function fetchTo(url: string, path: string, received: (bytes: number) => void): Promise<string> {
  const hash = createHash("sha256");
  let sum = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      sum += chunk.length;
      received(sum);
      done(null, chunk);
    },
  });
  try {
    const response = await fetch(url);
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
    await pipeline(Readable.fromWeb(response.body), counting, createWriteStream(path));
  } catch (error) {
    const cause = error instanceof Error && error.cause ? `: ${messageOf(error.cause)}` : "";
    throw new DomainError("unavailable", `${url} cannot be fetched: ${messageOf(error)}${cause}`, {
      cause: error,
    });
  }
  return hash.digest("hex");
}

/** SHA-256 of a file, or undefined when it is not there. */
async function hashOf(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new DomainError("invalid_argument", `${basename(path)} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return hash.digest("hex");
}
