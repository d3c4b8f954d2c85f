import { setTimeout as sleep } from "node:timers/promises";
import { DomainError } from "../../platform/process/errors.ts";
import type { AppContext } from "../context.ts";
import { demandUtf8, isLines, lostBody, mediaType } from "./body.ts";
import { IDEMPOTENCY_KEY } from "./idempotency.ts";

/** The address whose lines are read as they come. */
const STREAMED_PATH = "/api/v1/transactions";

/** Bytes; a transaction has some hundreds, and one with all that is allowed some ten thousand. */
const LONGEST_LINE = 256 * 1024;

/** A line of a body that is not blank, unread. */
export interface Line {
  /** Counted from 1, blank ones too. */
  readonly line: number;
  readonly bytes: Uint8Array;
}

/** The head of a request, as far as it says how the body is read. */
interface Head {
  readonly method: string;
  readonly path: string;
  /** The media type. */
  readonly type: string;
  /** With an Idempotency-Key. */
  readonly keyed: boolean;
}

/**
 * Whether a request's lines are read as they come, for as long as they come. With an Idempotency-Key they are not: what
 * the same request is shows at its end.
 */
export function streamsLines({ method, path, type, keyed }: Head): boolean {
  return method === "POST" && path === STREAMED_PATH && isLines(type) && !keyed;
}

/** {@link streamsLines} of this request. */
export function isLineStream(c: AppContext): boolean {
  const { method, path } = c.req;
  return streamsLines({
    ...{ method, path, type: mediaType(c) },
    keyed: c.req.header(IDEMPOTENCY_KEY) !== undefined,
  });
}

/**
 * The body's lines, as many at a time as arrived together; nothing is read before somebody asks for it. The last line
 * need not end with a line feed.
 *
 * @throws Refusal 413, 415; DomainError `invalid_argument` for a line that is too long, `cancelled` when the body did not
 * arrive whole: its last lines were not given out then
 */
export async function* readLines(c: AppContext): AsyncGenerator<Line[]> {
  demandUtf8(c);
  // Not `for await`: leaving that early would cancel the body, and with it the connection that is to be answered.
  const reader = c.req.raw.body?.getReader();
  if (!reader) return;
  let line = 1;
  /** The beginning of a line whose end has not come. */
  let begun: Uint8Array[] = [];
  let length = 0;
  const tooLong = () =>
    DomainError.invalid([{ field: `line ${line}`, description: `must have at most ${LONGEST_LINE} bytes` }]);
  const end = (last: Uint8Array, into: Line[]): void => {
    if (length + last.length > LONGEST_LINE) throw tooLong();
    const bytes = begun.length === 0 ? last : Buffer.concat([...begun, last]);
    if (!isBlank(bytes)) into.push({ line, bytes });
    line++;
    begun = [];
    length = 0;
  };
  try {
    for (;;) {
      const { done, value: chunk } = await reader.read();
      if (done) break;
      const lines: Line[] = [];
      let from = 0;
      for (let feed = chunk.indexOf(10); feed >= 0; feed = chunk.indexOf(10, from)) {
        end(chunk.subarray(from, feed), lines);
        from = feed + 1;
      }
      const rest = chunk.subarray(from);
      if (length + rest.length > LONGEST_LINE) {
        if (lines.length > 0) yield lines;
        throw tooLong();
      }
      if (rest.length > 0) begun.push(rest);
      length += rest.length;
      if (lines.length > 0) yield lines;
    }
    if (length > 0) {
      const lines: Line[] = [];
      end(new Uint8Array(), lines);
      yield lines;
    }
  } catch (error) {
    throw lostBody(error);
  }
}

/** Spaces, tabs and carriage returns alone. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 32 || byte === 9 || byte === 13);
}

const PAUSE = Symbol("pause");

/**
 * Lines in batches: of at most so many, or fewer when no more come for a while, so that who sends slowly is answered
 * while sending. Lines that came before something went wrong are given out before it is thrown.
 */
export async function* inBatches(
  source: AsyncGenerator<Line[]>,
  most: number,
  pauseMs: number,
): AsyncGenerator<Line[]> {
  let waiting: Line[] = [];
  let next: Promise<IteratorResult<Line[]>> | undefined;
  for (;;) {
    next ??= source.next();
    let came: Awaited<typeof next> | typeof PAUSE;
    try {
      came = waiting.length === 0 ? await next : await Promise.race([next, pause(pauseMs)]);
    } catch (error) {
      if (waiting.length > 0) yield waiting;
      throw error;
    }
    if (came === PAUSE) {
      yield waiting;
      waiting = [];
      continue;
    }
    next = undefined;
    if (came.done) break;
    waiting = waiting.concat(came.value);
    while (waiting.length >= most) {
      yield waiting.slice(0, most);
      waiting = waiting.slice(most);
    }
  }
  if (waiting.length > 0) yield waiting;
}

/** Does not keep a process that stops. */
async function pause(ms: number): Promise<typeof PAUSE> {
  await sleep(ms, undefined, { ref: false });
  return PAUSE;
}
