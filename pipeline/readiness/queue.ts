import { Cluster } from "ioredis";
import { TRANSACTIONS_QUEUE } from "../../domain/jobs.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { leaveServer, type RedisConnection } from "../../platform/process/redis.ts";
import { readInfo } from "../../platform/process/redis-info.ts";
import { primaryOf, replicated } from "../../platform/process/replicated.ts";

/** How long the trial's key is kept, milliseconds. */
const TRIAL_MS = 10_000;
/** A write under our prefix, in a script and beside a key of the queue, as every job is added. */
const TRIAL = "return redis.call('set', KEYS[1], '1', 'px', ARGV[1])";
/** What we ask of it, GETDEL above all, is there since. */
const OLDEST = [6, 2] as const;

/** What Redis says when it is there and takes no job (older servers put a script's error in words around it). */
const WORDS: readonly (readonly [said: RegExp, words: string])[] = [
  [/READONLY|MASTERDOWN/, "is a replica, which takes no writes"],
  [/\bOOM\b/, "is full: it takes no more (maxmemory)"],
  [/NOPERM.*channel/i, "does not let our user use channels under REDIS_PREFIX (&{paysecure}:* in its ACL)"],
  [/NOPERM/, "does not let our user write under REDIS_PREFIX, or run scripts"],
  [/NOAUTH|WRONGPASS/, "does not let us in with the user and password of REDIS_URL"],
  [
    /MOVED|CROSSSLOT|CLUSTERDOWN|^ASK/,
    "is a cluster: REDIS_URL must say so (redis+cluster://A:PORT,B:PORT) or lead to the node that holds our keys, and REDIS_PREFIX must keep them in one slot (with braces)",
  ],
  [/MISCONF/, "cannot keep its data on its disk, and takes no writes until it can"],
  [/NOREPLICAS/, "has fewer replicas than it needs to take writes"],
  [/LOADING/, "is reading its data from disk"],
];

/** A cluster that has lost the servers of our slot, or that cannot have our names, of which we know that it is one. */
const CLUSTER_WORDS: typeof WORDS = [
  [/CLUSTERDOWN/, "is a cluster that is down: nobody serves the slot of our keys"],
  [/CROSSSLOT/, "is a cluster: REDIS_PREFIX must keep our keys in one slot (with braces)"],
];

/**
 * Looks whether a job could be added and would be kept: by a write that is forgotten after ten seconds, on as many
 * replicas as a job has to be, and by what the server says of itself. A connection that leads to a replica (a fail-over
 * that left it standing) is left, so that the next look may find the master.
 *
 * @param prefix `REDIS_PREFIX`
 * @returns what is wrong, as words that follow "redis"; undefined when nothing is
 */
export async function queueTrouble(redis: RedisConnection, prefix: string): Promise<string | undefined> {
  try {
    if (await isReplica(redis)) {
      leaveServer(redis);
      return "is a replica, which takes no writes";
    }
    const key = `${prefix}:trial`;
    await replicated(redis, key, () =>
      redis.eval(TRIAL, 2, key, `${prefix}:${TRANSACTIONS_QUEUE}:meta`, TRIAL_MS),
    );
    // Nobody listens there; news goes by channels beside it.
    await redis.publish(key, "");
    return await unfit(redis, key);
  } catch (error) {
    if (error instanceof DomainError) return "has fewer replicas than REDIS_WAIT_REPLICAS asks for";
    const said = error instanceof Error ? error.message : "";
    const words = redis instanceof Cluster ? [...CLUSTER_WORDS, ...WORDS] : WORDS;
    return words.find(([pattern]) => pattern.test(said))?.[1] ?? "does not answer";
  }
}

/** ROLE; a user that may not ask is told by the write itself. A cluster is asked by the write alone. */
async function isReplica(redis: RedisConnection): Promise<boolean> {
  if (redis instanceof Cluster) return false;
  const [role] = (await asked(redis.role())) ?? [];
  return role === "slave";
}

/** What makes a server that takes jobs one that we cannot use; a user that may not ask is told nothing. */
async function unfit(redis: RedisConnection, key: string): Promise<string | undefined> {
  const info = await asked(primaryOf(redis, key)?.info() ?? Promise.resolve(undefined));
  if (info === undefined) return undefined;
  const read = readInfo(info);
  const version = read("redis_version");
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (version !== "" && (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))) {
    return `is version ${version}: ${OLDEST.join(".")} or later is needed`;
  }
  const policy = read("maxmemory_policy");
  if (Number(read("maxmemory")) > 0 && policy.startsWith("allkeys-")) {
    return `throws jobs away when it is full (maxmemory-policy ${policy}): set noeviction`;
  }
  return undefined;
}

/** The answer; undefined where our user may not ask. */
async function asked<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("NOPERM")) return undefined;
    throw error;
  }
}
