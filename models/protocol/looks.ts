import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { codeOf, DomainError } from "../../platform/process/errors.ts";
import { operator } from "../../platform/process/operator.ts";
import type { Dataset } from "../data/dataset.ts";
import { HONEST_TRAIN_END } from "../data/honest-stretches.ts";

const looksSchema = z.array(
  z.object({
    /** SHA-256 of the data file; "store" for the payments of the store, which go on. */
    data: z.string(),
    /** Seconds: where the stretch begins. */
    test_start: z.number(),
    /** Seconds: its last row, where rows may follow it. */
    test_end: z.number().optional(),
    at: z.iso.datetime(),
    by: z.string(),
    /** How many were made together, where they were not noted one by one. */
    count: z.number().int().min(1).default(1),
  }),
);

/** One look at the test stretch of a file. */
export type Look = z.output<typeof looksSchema>[number];

/** How many looks they are. */
export function countOf(looks: readonly Pick<Look, "count">[]): number {
  return looks.reduce((sum, { count }) => sum + count, 0);
}

const timesOf = (count: number): string => (count === 1 ? "1 time" : `${count} times`);

/** A stretch that is to be looked at. */
export type Stretch = Pick<Look, "data" | "test_start">;

/** Where a registry keeps who looked at which test stretch. */
const file = (registry: string) => join(registry, "looks.json");

/**
 * Notes that a test stretch is looked at, before it is: a look that then fails has been one all the same.
 *
 * @param again that a stretch which was looked at before may be once more
 * @returns all looks at this file's stretch from that time or an earlier or later one, this one last
 * @throws DomainError `conflict` when it was looked at and `again` is not said
 */
export async function noteLook(registry: string, look: Look, again: boolean): Promise<readonly Look[]> {
  const all = await readLooks(registry);
  const before = allowedBefore(all, look, again);
  await mkdir(registry, { recursive: true });
  const written = `${file(registry)}.${process.pid}`;
  await writeFile(written, `${JSON.stringify([...all, look], null, 2)}\n`);
  await rename(written, file(registry));
  return [...before, look];
}

/** A look of this moment, by whoever runs this process. */
export function lookNow(stretch: Stretch & Pick<Look, "test_end">): Look {
  return { ...stretch, at: new Date().toISOString(), by: operator().name, count: 1 };
}

/**
 * Counts a look that is no claim: who trains, compares, imports or retunes by the honest protocol sees figures of its test
 * rows, and whatever is chosen by them is chosen on them.
 *
 * @returns how many looks at this file there have been, as a line for a terminal
 */
export async function countLook(registry: string, { sha256 }: Pick<Dataset, "sha256">): Promise<string> {
  return await countLookAt(registry, { data: sha256, test_start: HONEST_TRAIN_END });
}

/** {@link countLook} at any stretch. */
export async function countLookAt(
  registry: string,
  stretch: Stretch & Pick<Look, "test_end">,
): Promise<string> {
  const count = countOf(await noteLook(registry, lookNow(stretch), true));
  return `test rows of this file looked at ${timesOf(count)} by now; npm run walk-forward chooses without them`;
}

/**
 * The looks at a test stretch so far: asked before the work that leads to another.
 *
 * @param stretch a file's, or one of data that go on: looks at what had ended before it are none at it
 * @throws DomainError `conflict` when there are some and `again` is not said
 */
export async function looksBefore(
  registry: string,
  stretch: string | Stretch,
  again: boolean,
): Promise<readonly Look[]> {
  const asked =
    typeof stretch === "string" ? { data: stretch, test_start: Number.NEGATIVE_INFINITY } : stretch;
  return allowedBefore(await readLooks(registry), asked, again);
}

function allowedBefore(all: readonly Look[], { data, test_start: start }: Stretch, again: boolean): Look[] {
  const before = all.filter(
    (look) => look.data === data && (look.test_end ?? Number.POSITIVE_INFINITY) >= start,
  );
  const count = countOf(before);
  if (count > 0 && !again) {
    throw new DomainError(
      "conflict",
      `the test stretch of this file was looked at ${timesOf(count)}, last ${before.at(-1)?.at} by ${before.at(-1)?.by}: ` +
        "a figure that is looked at again flatters. Wait for later rows, or say --look-again, which the card will say too",
    );
  }
  return before;
}

async function readLooks(registry: string): Promise<Look[]> {
  let text: string;
  try {
    text = await readFile(file(registry), "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
  try {
    return looksSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new DomainError("invalid_argument", `${file(registry)} is not a list of looks`, { cause: error });
  }
}
