import { type Asked, beginExport } from "../../pipeline/exports/export.ts";
import { FORMATS } from "../../pipeline/exports/formats.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { callerAddress } from "../auth/caller-address.ts";
import { currentUser } from "../auth/guard.ts";
import type { AppContext, Deps } from "../context.ts";
import { Places } from "../places.ts";

/** Each reads a store for minutes, and encodes in this process: few at once. */
const placesOf = new WeakMap<Deps["db"], Places>();

function placesFor({ db }: Deps): Places {
  const places = placesOf.get(db) ?? new Places({ what: "exports", each: 2, together: 4 });
  placesOf.set(db, places);
  return places;
}

/**
 * Answers with a dataset as a file, made while it is read: as fast as the caller takes it, and no longer than the caller
 * is let in. A file that does not come to its end is cut off, so that nobody takes it for a whole one.
 *
 * @throws DomainError `invalid_argument`, `resource_exhausted`; what fails before the first rows are there
 */
export async function exportAnswer(c: AppContext, deps: Deps, asked: Asked): Promise<Response> {
  const { dataset, format } = asked;
  const headers = (until: string | null): Record<string, string> => ({
    "Content-Type": FORMATS[format].contentType,
    "Content-Disposition": `attachment; filename="paysecure-${dataset.name}-${new Date().toISOString().slice(0, 10)}.${format}"`,
    ...(until === null ? {} : { "Export-Until": until }),
  });
  // The head alone takes nothing out.
  if (c.req.method === "HEAD") return c.body(null, 200, headers(null));
  return await answerWithFile(c, deps, async () => {
    const from = { address: callerAddress(c, deps.config) };
    const { bytes, until } = await beginExport(deps.db, asked, currentUser(c).actor, from);
    return { bytes, headers: headers(until) };
  });
}

/**
 * Answers with a file that is made while it is read, as {@link exportAnswer} does; few at once for each caller.
 *
 * @throws DomainError `resource_exhausted`; what fails before the first bytes are there
 */
export async function answerWithFile(
  c: AppContext,
  deps: Deps,
  begin: () => Promise<{
    readonly bytes: AsyncGenerator<Uint8Array>;
    readonly headers: Record<string, string>;
  }>,
): Promise<Response> {
  const { actor } = currentUser(c);
  const giveBack = placesFor(deps).take(`${actor.kind}:${actor.id}`);
  try {
    const { bytes, headers } = await begin();
    // What cannot be read at all is an answer of its own, not a torn file.
    const first = await bytes.next();
    return c.body(fileOf(first, bytes, mayGoOn(c, deps), giveBack), 200, headers);
  } catch (error) {
    giveBack();
    throw error;
  }
}

/** Asked before each part: the process may be told to stop, and a session may end, while a file is on its way. */
function mayGoOn(c: AppContext, { stopping }: Deps): () => Promise<void> {
  const stillIn = c.get("stillIn");
  return async () => {
    if (stopping.aborted) throw new DomainError("unavailable", "this process is stopping");
    if (stillIn && !(await stillIn())) throw new DomainError("unauthenticated", "the session has ended");
  };
}

function fileOf(
  first: IteratorResult<Uint8Array>,
  bytes: AsyncGenerator<Uint8Array>,
  ask: () => Promise<void>,
  giveBack: () => void,
): ReadableStream<Uint8Array> {
  let next: Promise<IteratorResult<Uint8Array>> | undefined = Promise.resolve(first);
  const end = async (): Promise<void> => {
    giveBack();
    await bytes.return(undefined);
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          await ask();
          const { done, value } = await (next ?? bytes.next());
          next = undefined;
          if (value) controller.enqueue(value);
          if (!done) return;
          controller.close();
          giveBack();
        } catch (error) {
          await end();
          throw error;
        }
      },
      cancel: end,
    },
    // Nothing is read ahead of the caller.
    { highWaterMark: 0 },
  );
}
