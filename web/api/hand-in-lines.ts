import type { Intake } from "../../pipeline/doors/intake.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { AppContext } from "../context.ts";
import type { HandInResult, Place } from "./hand-in-answer.ts";
import { type Entry, entryOfLine } from "./hand-in-body.ts";
import type { Line } from "./line-stream.ts";

/** A full queue is waited for so long, with the caller's lines left unread, milliseconds. */
const WAIT_FOR_ROOM_MS = 10_000;

/** The results of entries in their order; with `failure`, some are `not_taken`. */
export interface HandedIn {
  readonly results: readonly HandInResult[];
  readonly failure?: DomainError;
}

/** Where and why lines were not gone through to their end: from this one on nothing was taken that is known of. */
export interface LineStop {
  readonly line: number;
  readonly error: unknown;
}

/**
 * Hands lines in as they come, batch by batch: while one is worked on the next is not read, so that who sends is as fast
 * as the queue. Each batch has a turn among the callers.
 *
 * @returns by batch each line's result; at last where it stopped, if it did
 */
export async function* takeLines(
  c: AppContext,
  { room }: Pick<Intake, "room">,
  batches: AsyncGenerator<Line[]>,
  stopping: AbortSignal,
  handIn: (entries: readonly Entry[]) => Promise<HandedIn>,
): AsyncGenerator<readonly (readonly [HandInResult, Place])[], LineStop | undefined> {
  let index = 0;
  let line = 1;
  try {
    for await (const lines of batches) {
      line = lines[0]!.line;
      if (stopping.aborted) throw STOPPING;
      await room.wait(WAIT_FOR_ROOM_MS, stopping);
      const endTurn = await c.get("borrowTurn")?.();
      let entries: Entry[];
      let handed: HandedIn;
      try {
        entries = lines.map((each) => entryOfLine(each, index++));
        handed = await handIn(entries);
      } finally {
        endTurn?.();
      }
      const { results, failure } = handed;
      const lost = results.findIndex(({ status }) => status === "not_taken");
      const said = lost < 0 ? results : results.slice(0, lost);
      if (said.length > 0) yield said.map((result, i) => [result, entries[i]!.place] as const);
      if (failure) return { line: results[lost]?.line ?? line, error: failure };
      line = lines.at(-1)!.line + 1;
    }
  } catch (error) {
    return { line, error };
  }
  return undefined;
}

const STOPPING = new DomainError("unavailable", "this process is stopping; send the rest again", {
  retryAfterMs: 2_000,
});
