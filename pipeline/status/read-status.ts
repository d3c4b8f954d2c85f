import type { Queue } from "bullmq";
import type { Kysely } from "kysely";
import {
  type PartName,
  type Status,
  type StatusAlert,
  type StatusVersions,
  sumUp,
} from "../../domain/status.ts";
import { heldFor } from "../../platform/process/held.ts";
import { readLastBackup } from "../../platform/process/last-backup.ts";
import type { Logger } from "../../platform/process/logger.ts";
import type { RedisConnection } from "../../platform/process/redis.ts";
import { CODE_VERSION } from "../../platform/process/version.ts";
import type { ScorerClient } from "../../scorer/client.ts";
import { listOpenAlerts } from "../alerts/lists.ts";
import { readQueues } from "../queue-care/status.ts";
import { databaseTrouble } from "../readiness/database.ts";
import { queueTrouble } from "../readiness/queue.ts";
import { scorerTrouble } from "../readiness/scorer.ts";
import { shardTrouble } from "../shards.ts";
import type { Database } from "../store/schema.ts";
import { patiently } from "./asked.ts";
import { deadLetters, neighbour, outbox, queues, reviews, workers } from "./parts.ts";
import { readPromises, UNCOUNTED } from "./promises.ts";
import { Since } from "./since.ts";
import { readVersions } from "./versions.ts";
import { readWork, type StoredWork } from "./work.ts";

/** What the status is read from. */
export interface StatusOptions {
  readonly db: Kysely<Database>;
  readonly redis: RedisConnection;
  readonly redisPrefix: string;
  /** The queues of transactions, and of decisions. */
  readonly queues: readonly Queue[];
  /** `QUEUE_SHARDS` */
  readonly shards: number;
  readonly scorer: Pick<ScorerClient, "health">;
  readonly dataDir: string;
  readonly logger: Logger;
}

/** How long an answer holds, so that many who look cost the neighbours what one does. */
const HOLDS_MS = 2_000;
/** Of a long queue thousands of jobs are read. */
const QUEUES_HOLD_MS = 5_000;
/** Sums over days change slowly. */
const PROMISES_HOLD_MS = 30_000;
/** Alerts that are told one by one. */
const MOST_ALERTS = 20;

/** What the workers' readings of conditions are about. */
const READ_AS = {
  scorer_away: "scorer",
  redis_away: "redis",
  queue_age: "queues",
} as const satisfies Partial<Record<string, PartName>>;

interface Stored {
  readonly work: StoredWork;
  readonly over: ReadonlyMap<PartName, Date>;
  readonly alerts: readonly StatusAlert[];
  readonly versions: StatusVersions;
}

/** One after the other: whoever else needs a connection finds one. */
async function readStored(db: Kysely<Database>): Promise<Stored> {
  const work = await readWork(db);
  const readings = await db
    .selectFrom("alert_readings")
    .select(["kind", "over_since"])
    .where("over_since", "is not", null)
    .where("kind", "in", Object.keys(READ_AS) as (keyof typeof READ_AS)[])
    .execute();
  const { items } = await listOpenAlerts(db, { limit: MOST_ALERTS });
  const over = new Map<PartName, Date>();
  for (const { kind, over_since: since } of readings)
    if (since) over.set(READ_AS[kind as keyof typeof READ_AS], since);
  return { work, over, alerts: items.map(alertOf), versions: await readVersions(db) };
}

function alertOf({ id, kind, severity, title, body, state, firedAt }: StatusAlert): StatusAlert {
  return { id, kind, severity, title, body, state, firedAt };
}

/**
 * Says how the house is, from what each part of it answers within two seconds. A part that does not is said to be away, or
 * not to be asked; nothing of it is thrown.
 *
 * @returns a function that asks every part at once, or says what was found less than two seconds ago
 */
export function createStatus(options: StatusOptions): () => Promise<Status> {
  const { db, redis, redisPrefix, scorer, dataDir, logger } = options;
  const since = new Since();
  const ask = {
    postgresql: patiently({ what: "PostgreSQL", logger, ask: () => databaseTrouble(db) }),
    redis: patiently({ what: "Redis", logger, ask: () => queueTrouble(redis, redisPrefix) }),
    scorer: patiently({ what: "the scorer", logger, ask: () => scorerTrouble(scorer) }),
    shards: patiently({
      ...{ what: "how many queues are read", logger },
      ask: () => shardTrouble(redis, redisPrefix, options.shards),
    }),
    queues: patiently({
      ...{ what: "the queues", logger, holdsMs: QUEUES_HOLD_MS },
      ask: () => readQueues(options.queues, redisPrefix),
    }),
    stored: patiently({ what: "the store", logger, ask: () => readStored(db) }),
    promises: patiently({
      ...{ what: "the counters", logger, holdsMs: PROMISES_HOLD_MS },
      ask: () => readPromises(db),
    }),
  };
  return heldFor(HOLDS_MS, async () => {
    const [postgresql, inRedis, scoring, shards, waiting, stored, promises, lastBackup] = await Promise.all([
      ask.postgresql(),
      ask.redis(),
      ask.scorer(),
      ask.shards(),
      ask.queues(),
      ask.stored(),
      ask.promises(),
      readLastBackup(dataDir),
    ]);
    const at = new Date();
    const work = stored && { answer: stored.answer.work, tookMs: stored.tookMs };
    const parts = [
      neighbour("postgresql", "PostgreSQL", postgresql),
      neighbour("redis", "Redis", inRedis),
      neighbour("scorer", "the scorer", scoring),
      workers(work, shards),
      queues(waiting, at),
      outbox(work),
      reviews(work),
      deadLetters(work),
    ].map((part) => since.of(part, stored?.answer.over ?? new Map(), at));
    const alerts = stored?.answer.alerts ?? null;
    return {
      ...{ at, parts, alerts, lastBackup, code: CODE_VERSION },
      ...sumUp(parts, alerts),
      promises: promises?.answer ?? UNCOUNTED,
      versions: stored?.answer.versions ?? null,
    };
  });
}
