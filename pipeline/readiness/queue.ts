import type { Redis } from "ioredis";
import { TRANSACTIONS_QUEUE } from "../../domain/jobs.ts";

/** How long the trial's key is kept, milliseconds. */
const TRIAL_MS = 10_000;

/** A write under our prefix, in a script and beside a key of the queue, as every job is added. */
const TRIAL = "return redis.call('set', KEYS[1], '1', 'px', ARGV[1])";

/** What Redis says when it is there and takes no job (older servers put a script's error in words around it). */
const WORDS: readonly (readonly [said: RegExp, words: string])[] = [
  [/READONLY|MASTERDOWN/, "is a replica, which takes no writes"],
  [/\bOOM\b/, "is full: it takes no more (maxmemory)"],
  [/NOPERM.*channel/i, "does not let our user use channels under REDIS_PREFIX (&{paysecure}:* in its ACL)"],
  [/NOPERM/, "does not let our user write under REDIS_PREFIX, or run scripts"],
  [/NOAUTH|WRONGPASS/, "does not let us in with the user and password of REDIS_URL"],
  [
    /MOVED|CROSSSLOT|CLUSTERDOWN|^ASK/,
    "is a cluster: REDIS_URL must lead to the node that holds our keys, and REDIS_PREFIX must keep them in one slot (with braces)",
  ],
  [/MISCONF/, "cannot keep its data on its disk, and takes no writes until it can"],
  [/NOREPLICAS/, "has fewer replicas than it needs to take writes"],
  [/LOADING/, "is reading its data from disk"],
];

/**
 * Looks whether a job could be added, by a write that is forgotten after ten seconds. A connection that leads to a
 * replica (a fail-over that left it standing) is left, so that the next look may find the master.
 *
 * @param prefix `REDIS_PREFIX`
 * @returns what is wrong, as words that follow "redis"; undefined when nothing is
 */
export async function queueTrouble(redis: Redis, prefix: string): Promise<string | undefined> {
  try {
    if (await isReplica(redis)) {
      redis.disconnect(true);
      return "is a replica, which takes no writes";
    }
    await redis.eval(TRIAL, 2, `${prefix}:trial`, `${prefix}:${TRANSACTIONS_QUEUE}:meta`, TRIAL_MS);
    // Nobody listens there; news goes by channels beside it.
    await redis.publish(`${prefix}:trial`, "");
    return undefined;
  } catch (error) {
    const said = error instanceof Error ? error.message : "";
    return WORDS.find(([pattern]) => pattern.test(said))?.[1] ?? "does not answer";
  }
}

/** ROLE; a user that may not ask is told by the write itself. */
async function isReplica(redis: Redis): Promise<boolean> {
  try {
    const [role] = await redis.role();
    return role === "slave";
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("NOPERM")) return false;
    throw error;
  }
}
