import { z } from "zod";
import { Intake } from "../../pipeline/doors/intake.ts";
import { toQueued } from "../../pipeline/doors/transaction-body.ts";
import { LANES } from "../../pipeline/lanes.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { AppContext, Deps } from "../context.ts";
import { isLines, mediaTypeOf } from "./body.ts";
import {
  type HandInResult,
  HandInTally,
  handInAnswer,
  handInResult,
  outcomeResult,
  type Place,
  refusedResult,
  stoppedLine,
} from "./hand-in-answer.ts";
import { type Entry, type Sent, sentBody } from "./hand-in-body.ts";
import { type HandedIn, type LineStop, takeLines } from "./hand-in-lines.ts";
import { answerOnce, idempotencyHeaders } from "./idempotency.ts";
import { domainErrorOf, toHttpFailure } from "./problem.ts";
import { API_SOURCE } from "./recording.ts";
import { type ApiRoute, route } from "./route.ts";

/** Who does not read the answer to what is being sent is let go after so long, milliseconds. */
const UNREAD_LIMIT_MS = 60_000;

export const HAND_IN_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "post",
      path: "/api/v1/transactions",
      summary: "Hand transactions in to be scored and recorded",
      description:
        "Queued; the decision appears within a second or two. One transaction, up to 1,000 as a list, plain or under `transactions`, or one a line: lines are read as they come, for up to five minutes. Each has a result of its own, and a wrong one is refused alone. A transaction_id counts once however often it is sent. Asked for application/x-ndjson, lines are answered by lines while they are sent: read them meanwhile; without that the answer comes at the end.",
      access: "transactions.record",
      query: z.object({
        priority: z
          .enum(LANES)
          .default("live")
          .meta({ description: "`replay`: decided when nothing live waits." }),
      }),
      headers: idempotencyHeaders,
      body: sentBody,
      status: 202,
      answer: handInAnswer,
      answerLine: handInResult.or(stoppedLine),
      says: {
        200: "Lines are answered by lines: the last is `stopped` where something was in the way",
        202: "Taken, all or some: see each one's status",
        409: "The id is another payment's, or a request with the same Idempotency-Key is still worked on",
        422: "The Idempotency-Key came with another body before",
        503: "The queue is full or away; see Retry-After. `results` say what was taken before, `stopped_at_line` where lines end",
      },
      failures: [409, 422, 503, 504],
    },
    (deps) => {
      const { db, transactions: queue, logger, config } = deps;
      const intake = new Intake({ db, queue, logger, queueLimit: config.QUEUE_LIMIT });
      return async ({ body: sent, query }, c) =>
        await answer(
          c,
          deps,
          { room: intake.room, take: (all) => intake.take(API_SOURCE, all, query.priority) },
          sent,
        );
    },
  ),
];

/** The way into the queue, as one request wants it. */
interface Door {
  readonly room: Intake["room"];
  take(transactions: Parameters<Intake["take"]>[1]): ReturnType<Intake["take"]>;
}

async function answer(c: AppContext, deps: Deps, intake: Door, sent: Sent): Promise<Response> {
  if (sent.kind === "lines") {
    const results = takeLines(c, intake, sent.batches, deps.stopping, (entries) => handIn(intake, entries));
    return asksForLines(c) ? await answerByLines(c, deps, results) : await answerAtTheEnd(c, deps, results);
  }
  const actor = c.get("user")?.actor;
  return await answerOnce(c, deps, `${actor?.kind}:${actor?.id}`, sent.asked, () =>
    answerList(c, deps, intake, sent.entries),
  );
}

/** Hands in what is right of the entries. */
async function handIn(intake: Door, entries: readonly Entry[]): Promise<HandedIn> {
  const right = entries.flatMap(({ read }) => (read instanceof DomainError ? [] : [toQueued(read)]));
  const { outcomes, failure } = await intake.take(right);
  let next = 0;
  const results = entries.map(({ place, given, read }) =>
    read instanceof DomainError
      ? refusedResult(place, given, read)
      : outcomeResult(place, read.transaction_id, outcomes[next++]!),
  );
  return failure ? { results, failure } : { results };
}

async function answerList(
  c: AppContext,
  deps: Pick<Deps, "logger">,
  intake: Door,
  entries: readonly Entry[],
): Promise<Response> {
  const { results, failure } = await handIn(intake, entries);
  const tally = new HandInTally();
  results.forEach((result, i) => {
    tally.add(result, entries[i]!.place);
  });
  if (failure && tally.accepted === 0) throw failure;
  if (failure) return answerPartly(c, deps, failure, tally.answer());
  const status = tally.status();
  if (!asksForLines(c)) return c.json(tally.answer(), status);
  return c.body(results.map(lineOf).join(""), status, { "Content-Type": "application/x-ndjson" });
}

/** Lines whose caller asked for one answer. */
async function answerAtTheEnd(
  c: AppContext,
  deps: Pick<Deps, "logger">,
  batches: AsyncGenerator<readonly (readonly [HandInResult, Place])[], LineStop | undefined>,
): Promise<Response> {
  const tally = new HandInTally();
  for (;;) {
    const { done, value } = await batches.next();
    if (!done) {
      for (const [result, place] of value) tally.add(result, place);
      continue;
    }
    if (!value) return c.json(tally.answer(), tally.status());
    const { error, line } = value;
    // Nothing is there to be told of, or nobody to tell it to.
    if (tally.all === 0 || (error instanceof DomainError && error.code === "cancelled")) throw error;
    return answerPartly(c, deps, error, { ...tally.answer(), stopped_at_line: line });
  }
}

/** Lines that are answered by lines, while they come. */
async function answerByLines(
  c: AppContext,
  deps: Pick<Deps, "logger">,
  batches: AsyncGenerator<readonly (readonly [HandInResult, Place])[], LineStop | undefined>,
): Promise<Response> {
  // What is wrong from the start is a failure like any other.
  const first = await batches.next();
  if (first.done && first.value) throw first.value.error;
  if (first.done) new HandInTally().status();
  let batch: typeof first | undefined = first;
  let unread: NodeJS.Timeout | undefined;
  let end = (): void => {};
  c.get("stayUntil")?.(
    new Promise<void>((resolve) => {
      end = () => {
        clearTimeout(unread);
        resolve();
      };
    }),
  );
  // Also of an answer that nobody ever asks for.
  c.env?.outgoing?.once("close", end);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (out) => {
        clearTimeout(unread);
        const { done, value } = batch ?? (await batches.next());
        batch = undefined;
        if (!done) {
          out.enqueue(encoder.encode(value.map(([result]) => lineOf(result)).join("")));
          unread = setTimeout(() => c.env?.outgoing?.destroy(), UNREAD_LIMIT_MS).unref();
          return;
        }
        if (value) {
          tell(c, deps, value.error);
          out.enqueue(encoder.encode(lineOf(stoppedOf(value))));
        }
        out.close();
        end();
      },
      cancel: () => end(),
    },
    { highWaterMark: 0 },
  );
  return c.body(body, 200, { "Content-Type": "application/x-ndjson", "X-Accel-Buffering": "no" });
}

function stoppedOf({ line, error }: LineStop): z.output<typeof stoppedLine> {
  const { problem, headers } = toHttpFailure(error);
  const seconds = headers["Retry-After"];
  return {
    status: "stopped",
    line,
    error: { code: problem.code, message: problem.detail },
    ...(seconds === undefined ? {} : { retry_after: Number(seconds) }),
  };
}

/** A failure after something was taken: its problem says what. */
function answerPartly(c: AppContext, deps: Pick<Deps, "logger">, error: unknown, taken: object): Response {
  const { status, headers, problem } = toHttpFailure(error, c.get("requestId"));
  tell(c, deps, error);
  const type = { "Content-Type": "application/problem+json" };
  return c.body(JSON.stringify({ ...problem, ...taken }), status, { ...headers, ...type });
}

/** The answer has begun, or says more than that it failed: what went wrong inside is said here. */
function tell(c: AppContext, { logger }: Pick<Deps, "logger">, error: unknown): void {
  const known = domainErrorOf(error);
  if (known.cause === undefined || known.code === "cancelled") return;
  const about = { err: known.cause, requestId: c.get("requestId"), code: known.code };
  logger[known.code === "internal" ? "error" : "warn"](about, "transactions taken in part");
}

function asksForLines(c: AppContext): boolean {
  return (c.req.header("accept") ?? "").split(",").some((part) => isLines(mediaTypeOf(part)));
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
