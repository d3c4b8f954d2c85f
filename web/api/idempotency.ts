import { createHash } from "node:crypto";
import { z } from "zod";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { inTime } from "../../platform/process/in-time.ts";
import type { RedisConnection } from "../../platform/process/redis.ts";
import type { AppContext, Deps } from "../context.ts";
import { Refusal } from "./problem.ts";

/** The header of draft-ietf-httpapi-idempotency-key-header. */
export const IDEMPOTENCY_KEY = "Idempotency-Key";

/** Longer than any request is worked on, milliseconds: who dies with it holds the key no longer. */
const WORKING_MS = 60_000;
/** Redis is asked for no longer than this, milliseconds. */
const LIMIT_MS = 2_000;

const LONGEST_KEY = 255;
/** A string of structured headers (RFC 8941, 3.3.3), or the same without its quotes, as many clients send it. */
const KEY = /^(?:"([\x20-\x21\x23-\x5B\x5D-\x7E]+)"|([\x21\x23-\x5B\x5D-\x7E]+))$/;

/** What lies in Redis under a key: what was asked and, once it is done, what was answered. */
const remembered = z.object({
  fingerprint: z.string(),
  answer: z.object({ status: z.int().min(200).max(599), type: z.string(), body: z.string() }).optional(),
});

/** The header as OpenAPI has it. */
export const idempotencyHeaders = z.object({
  [IDEMPOTENCY_KEY]: z.string().min(1).max(LONGEST_KEY).optional().meta({
    description:
      "A text of the caller's own for this request, e.g. a UUID: sent again with the same body within 24 hours (IDEMPOTENCY_HOURS) it has the same answer, marked with Idempotency-Replayed, and nothing is done again.",
  }),
});

/**
 * Answers a request with an Idempotency-Key once: the same key with the same body has the answer of the first. Only
 * answers that took something are kept: what was refused, or could not be done, may be tried again under its key. Without
 * the header it is the work alone.
 *
 * @param who the caller: keys of others are others
 * @param asked the same text for the same body
 * @throws DomainError `invalid_argument` for what is no key, `conflict` while the first is worked on, `unavailable`
 * @throws Refusal 422 for another body under the same key
 */
export async function answerOnce(
  c: AppContext,
  { redis, config, logger }: Pick<Deps, "redis" | "config" | "logger">,
  who: string,
  asked: () => string,
  work: () => Promise<Response>,
): Promise<Response> {
  const header = c.req.header(IDEMPOTENCY_KEY);
  if (header === undefined) return await work();
  const key = `${config.REDIS_PREFIX}:idempotency:${hashOf([who, c.req.method, c.req.path, readKey(header)])}`;
  const fingerprint = hashOf([asked()]);
  const earlier = await reachRedis(begin(redis, key, fingerprint));
  if (earlier) return answerAgain(earlier, fingerprint);
  let done = false;
  try {
    const response = await work();
    if (response.ok) {
      const [status, body] = [response.status, await response.clone().text()];
      const answer = { status, type: response.headers.get("content-type") ?? "application/json", body };
      const value = JSON.stringify({ fingerprint, answer });
      await inTime(redis.set(key, value, "EX", Math.ceil(config.IDEMPOTENCY_HOURS * 3_600)), LIMIT_MS).then(
        () => {
          done = true;
        },
        // Taken it is: a repeat within the minute is told to wait, and a later one is a list of repeats.
        (error: unknown) => {
          done = true;
          logger.warn({ err: messageOf(error) }, "the answer to an Idempotency-Key was not kept");
        },
      );
    }
    return response;
  } finally {
    if (!done) await inTime(redis.del(key), LIMIT_MS).catch(() => {});
  }
}

/** @returns what lies under the key already; undefined when this request is the first */
async function begin(
  redis: RedisConnection,
  key: string,
  fingerprint: string,
): Promise<z.output<typeof remembered> | undefined> {
  if (await redis.set(key, JSON.stringify({ fingerprint }), "PX", WORKING_MS, "NX")) return undefined;
  const there = await redis.get(key);
  // It ended between the two: as good as one that is worked on.
  return there === null ? { fingerprint } : remembered.parse(JSON.parse(there));
}

function answerAgain({ fingerprint, answer }: z.output<typeof remembered>, asked: string): Response {
  if (fingerprint !== asked) {
    throw new Refusal(422, "this Idempotency-Key came with another body before: give each request its own");
  }
  if (!answer) {
    throw new DomainError("conflict", "the request with this Idempotency-Key is still worked on", {
      retryAfterMs: 1_000,
    });
  }
  return new Response(answer.body, {
    status: answer.status,
    headers: { "Content-Type": answer.type, "Idempotency-Replayed": "true" },
  });
}

function readKey(header: string): string {
  const [, quoted, bare] = KEY.exec(header.trim()) ?? [];
  const key = quoted ?? bare ?? "";
  if (key !== "" && key.length <= LONGEST_KEY) return key;
  throw DomainError.invalid([
    {
      field: IDEMPOTENCY_KEY,
      description: `must be a text of 1 to ${LONGEST_KEY} ASCII characters, in quotes or without blanks`,
    },
  ]);
}

async function reachRedis<T>(asking: Promise<T>): Promise<T> {
  try {
    return await inTime(asking, LIMIT_MS);
  } catch (error) {
    throw new DomainError(
      "unavailable",
      "Redis does not answer right now; send it again under the same key",
      {
        cause: error,
        retryAfterMs: 2_000,
      },
    );
  }
}

function hashOf(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}
