import { randomUUID } from "node:crypto";
import type { Queue } from "bullmq";
import type { Kysely } from "kysely";
import { ALERT_KIND_NAMES, type AlertKind } from "../../domain/alerts.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { inTime } from "../../platform/process/in-time.ts";
import type { Logger } from "../../platform/process/logger.ts";
import type { RedisConnection } from "../../platform/process/redis.ts";
import { giveUpLease, takeLease } from "../store/leases.ts";
import type { Database } from "../store/schema.ts";
import { readDeadLetters, readQueueAge } from "./conditions/backlog.ts";
import { InputWatch } from "./conditions/inputs.ts";
import { readCertificates, readDisk, readRedisMemory } from "./conditions/machine.ts";
import { NeighbourWatch } from "./conditions/neighbours.ts";
import { type Reading, unknown } from "./conditions/reading.ts";
import { readDrift, readSilence, readTraffic } from "./conditions/traffic.ts";
import { type Condition, readAlertSettings, readConditions, usualCondition } from "./settings.ts";
import { settleReadings } from "./settle.ts";
import type { StoreAway } from "./store-away.ts";
import { endAlerts, escalateAlerts, forgetAlerts } from "./upkeep.ts";

/** What conditions are read from. */
export interface EvaluatorOptions {
  readonly db: Kysely<Database>;
  readonly redis: RedisConnection;
  readonly queues: readonly Queue[];
  readonly logger: Logger;
  /** Which neighbours are away and why (pipeline/readiness). */
  readonly missing: () => Promise<ReadonlyMap<string, string>>;
  readonly dataDir: string;
  /** Certificates by the variable that names their file. */
  readonly certificates: readonly (readonly [variable: string, path: string])[];
  /** Told while PostgreSQL is away, and when it is back. */
  readonly storeAway: StoreAway;
}

/** One look at every condition, by one worker at a time. */
export interface Evaluator {
  /** @throws the database's error when it went away in between */
  look(at?: Date): Promise<void>;
  /** Gives the lease back. */
  stop(): Promise<void>;
}

const LEASE = "alerts";
/** An evaluator that dies is followed after this long. */
const LEASE_MS = 30_000;
/** A condition that takes longer is not known this time. */
const LIMIT_MS = 5_000;
/** Figures of whole minutes are read once a minute. */
const SLOW_MS = 60_000;
const FORGET_MS = 3_600_000;

export function createEvaluator(options: EvaluatorOptions): Evaluator {
  const { db, logger, missing, storeAway } = options;
  const holder = randomUUID();
  const neighbours = new NeighbourWatch();
  const inputs = new InputWatch(db);
  let conditions: Readonly<Record<AlertKind, Condition>> | undefined;
  let slowAt = Number.NEGATIVE_INFINITY;
  let forgotAt = Number.NEGATIVE_INFINITY;
  let hadLease = false;

  return {
    async look(at = new Date()) {
      const away = await missing();
      const now = conditions ?? usualConditions();
      const watched = neighbours.read(away, at, {
        scorer: thresholdOf(now, "scorer_away"),
        redis: thresholdOf(now, "redis_away"),
        postgresql: thresholdOf(now, "store_away"),
      });
      if (away.has("postgresql")) {
        const store = watched.find(({ kind }) => kind === "store_away");
        if (hadLease && store?.level === "over" && now.store_away.enabled)
          await storeAway.begins(store.words, at);
        return;
      }
      await storeAway.ends(at);
      hadLease = await takeLease(db, LEASE, holder, LEASE_MS);
      if (!hadLease) return;
      conditions = await readConditions(db);
      await storeAway.refresh(conditions.store_away);
      const slow = performance.now() - slowAt >= SLOW_MS;
      if (slow) slowAt = performance.now();
      const readings = await readAll(options, inputs, conditions, at, slow);
      const all = [...watched.filter(({ kind }) => kind !== "store_away"), ...readings];
      const enabled = conditions;
      await settleReadings(
        db,
        all.filter(({ kind }) => enabled[kind].enabled),
        at,
      );
      await escalateAlerts(db, await readAlertSettings(db));
      await endAlerts(db, conditions);
      if (performance.now() - forgotAt >= FORGET_MS) {
        forgotAt = performance.now();
        await forgetAlerts(db);
      }
    },
    async stop() {
      await inputs.settled();
      await giveUpLease(db, LEASE, holder).catch((error: unknown) =>
        logger.debug({ err: messageOf(error) }, "the lease of alerts runs out by itself"),
      );
    },
  };
}

const usualConditions = (): Readonly<Record<AlertKind, Condition>> =>
  Object.fromEntries(ALERT_KIND_NAMES.map((kind) => [kind, usualCondition(kind)])) as Record<
    AlertKind,
    Condition
  >;

const thresholdOf = (conditions: Readonly<Record<AlertKind, Condition>>, kind: AlertKind): number =>
  conditions[kind].threshold ?? 0;

/** Everything but neighbours. One that fails, or takes too long, is not known. */
async function readAll(
  { db, redis, queues, dataDir, certificates }: EvaluatorOptions,
  inputs: InputWatch,
  conditions: Readonly<Record<AlertKind, Condition>>,
  at: Date,
  slow: boolean,
): Promise<Reading[]> {
  const threshold = (kind: AlertKind): number => thresholdOf(conditions, kind);
  const each = async (
    kinds: readonly AlertKind[],
    read: () => Promise<Reading | Reading[]>,
  ): Promise<Reading[]> => {
    if (kinds.every((kind) => !conditions[kind].enabled)) return [];
    try {
      return [await inTime(read(), LIMIT_MS)].flat();
    } catch (error) {
      return kinds.map((kind) => unknown(kind, `could not be read: ${messageOf(error)}`));
    }
  };
  const fast = [
    each(["no_payments"], () => readSilence(db, at, threshold("no_payments"))),
    each(["queue_age"], () => readQueueAge(queues, at, threshold("queue_age"))),
    each(["dead_letters"], () => readDeadLetters(db, at, threshold("dead_letters"))),
    each(["disk_full"], () => readDisk(dataDir, threshold("disk_full"))),
    each(["redis_memory"], () => readRedisMemory(redis, threshold("redis_memory"))),
    each(["certificate_expiry"], () => readCertificates(certificates, at, threshold("certificate_expiry"))),
  ];
  const rare = [
    each(["fraud_rate", "volume"], () =>
      readTraffic(db, at, { volume: threshold("volume"), fraudRate: threshold("fraud_rate") }),
    ),
    each(["score_drift"], () => readDrift(db, at, threshold("score_drift"))),
    each(["input_drift"], () => inputs.read(at, threshold("input_drift"))),
  ];
  return (await Promise.all(slow ? [...fast, ...rare] : fast)).flat();
}
