import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { replaceFile } from "../../platform/process/replace-file.ts";

/**
 * Which models get traffic beside the champion (which is the registry's alias "champion"): `serving.json` in the
 * registry's folder. Every scorer process reads it, so that a change made through one of them reaches all.
 */
const schema = z.object({
  /** Answers for this share of the cards, [0, 1]. */
  challenger: z
    .object({ model: z.string(), share: z.number().min(0).max(1) })
    .nullable()
    .default(null),
  /** Score everything too, off the answer's path, to be compared. */
  shadows: z.array(z.string()).max(4).default([]),
});

export type Traffic = Readonly<z.output<typeof schema>>;

const FILE = "serving.json";

export const NO_TRAFFIC: Traffic = Object.freeze(schema.parse({}));

/**
 * Reads the registry's `serving.json`; a registry without one has a champion and nothing else.
 *
 * @throws DomainError `invalid_argument` when the file is wrong
 */
export async function readTraffic(root: string): Promise<Traffic> {
  let text: string;
  try {
    text = await readFile(join(root, FILE), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return NO_TRAFFIC;
    throw error;
  }
  try {
    return Object.freeze(schema.parse(JSON.parse(text)));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new DomainError("invalid_argument", `${FILE} of the registry is wrong`, { cause: why });
  }
}

/** Replaces `serving.json` in one step. */
export async function writeTraffic(root: string, traffic: Traffic): Promise<void> {
  await replaceFile(join(root, FILE), `${JSON.stringify(traffic, null, 2)}\n`, "the registry");
}

/**
 * Where a card stands between 0 and 1: FNV-1a over its token's bytes, mixed so that all bits count. The same card always
 * stands at the same place, so it keeps seeing the same model while the share stays or grows.
 */
export function cardPosition(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) / 2 ** 32;
}
