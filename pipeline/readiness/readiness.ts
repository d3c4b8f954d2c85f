import type { Kysely } from "kysely";
import { heldFor } from "../../platform/process/held.ts";
import type { RedisConnection } from "../../platform/process/redis.ts";
import type { ScorerClient } from "../../scorer/client.ts";
import type { Database } from "../store/schema.ts";
import { databaseTrouble } from "./database.ts";
import { queueTrouble } from "./queue.ts";
import { scorerTrouble } from "./scorer.ts";

/** How long a neighbour has to answer. */
const LIMIT_MS = 2_000;

/** How long an answer holds, so that asking often costs the neighbours little. */
const HOLDS_MS = 1_000;

/** Which neighbours keep a payment from being decided and recorded, and why in words: no addresses. */
export type Missing = ReadonlyMap<string, string>;

type Trouble = string | undefined;

/** What a process needs to decide and record a payment. */
export interface Neighbours {
  readonly db: Kysely<Database>;
  /** Left out by a process that needs none. */
  readonly redis?: RedisConnection;
  readonly redisPrefix?: string;
  readonly scorer: Pick<ScorerClient, "health">;
  /** What else of Redis it needs, by a name that the words follow; Redis' own trouble is said without it. */
  readonly beside?: Readonly<Record<string, () => Promise<Trouble>>>;
}

/** What a neighbour's trouble is, or that it does not answer in time. Of each only one question is under way. */
function patiently(ask: () => Promise<Trouble>): () => Promise<Trouble> {
  const asked = heldFor(0, ask);
  return async () => {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<Trouble>((resolve) => {
      timer = setTimeout(resolve, LIMIT_MS, "does not answer");
    });
    try {
      return await Promise.race([asked(), limit]);
    } finally {
      clearTimeout(timer);
    }
  };
}

/**
 * Looks whether a payment would be decided and recorded.
 *
 * @returns a function that asks every neighbour at once, or says what it found less than a second ago
 */
export function createReadiness({
  db,
  redis,
  redisPrefix = "",
  scorer,
  beside = {},
}: Neighbours): () => Promise<Missing> {
  const questions: readonly (readonly [string, () => Promise<Trouble>])[] = [
    ["scorer", patiently(() => scorerTrouble(scorer))],
    ...(redis ? [["redis", patiently(() => queueTrouble(redis, redisPrefix))] as const] : []),
    ...Object.entries(beside).map(
      ([name, ask]) => [name, patiently(() => ask().catch(() => undefined))] as const,
    ),
    ["postgresql", patiently(() => databaseTrouble(db))],
  ];
  return heldFor(HOLDS_MS, async () => {
    const answers = await Promise.all(questions.map(async ([name, ask]) => [name, await ask()] as const));
    return new Map(answers.filter((answer): answer is readonly [string, string] => answer[1] !== undefined));
  });
}
