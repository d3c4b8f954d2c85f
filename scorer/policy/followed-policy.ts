import { policyPlace, readPublication } from "../../features/policy/publication.ts";
import { ChangedFiles } from "../../platform/process/changed-files.ts";
import { Followed } from "../../platform/process/followed.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { publishedMark, publishedText } from "../../platform/process/published.ts";
import { connectRedis, type RedisAddress } from "../../platform/process/redis.ts";
import { type RuleCounts, ServedPolicy } from "./served-policy.ts";

export interface FollowedPolicyOptions {
  /** Where the console's policy is found; undefined for a scorer that follows the file alone. */
  readonly redis: RedisAddress | undefined;
  readonly prefix: string;
  /** The last known state, so that a start needs no Redis. */
  readonly file: string;
  readonly logger: Logger;
}

/**
 * The active policy with its lists, followed: through Redis, and where there is none, through the file. It is read and
 * compiled off the answer's path; one that cannot be used leaves the last one deciding.
 */
export class FollowedPolicy {
  /** By rule, since the process started. */
  readonly counts = new Map<string, RuleCounts>();
  #current = ServedPolicy.byTier();
  #refresh: () => Promise<void> = () => Promise.resolve();
  #close: () => void = () => {};

  private constructor() {}

  static async open({
    redis: address,
    prefix,
    file,
    logger,
  }: FollowedPolicyOptions): Promise<FollowedPolicy> {
    const policy = new FollowedPolicy();
    const redis = address === undefined ? undefined : connectRedis(address, "producer", logger);
    const place = policyPlace(prefix);
    const followed = await Followed.open({
      ...{ what: "the policy", file, logger },
      async ask() {
        const mark = redis && (await publishedMark(redis, place));
        if (!redis || !mark) return null;
        return { mark: `${mark.version} ${mark.digest}`, text: () => publishedText(redis, place) };
      },
      async parse(text) {
        const published = await readPublication(text);
        return { version: published.version, served: await ServedPolicy.of(published, policy.counts) };
      },
      use: ({ served }) => {
        if (served.version !== policy.#current.version) {
          logger.info({ from: policy.#current.version, to: served.version }, "policy swapped");
        }
        policy.#current = served;
      },
    });
    const changed = new ChangedFiles([file]);
    await changed.look();
    policy.#refresh = async () => {
      if (redis) await followed.refresh();
      else if (await changed.look()) await followed.readFile();
    };
    policy.#close = () => redis?.disconnect();
    return policy;
  }

  /** What decides now. */
  get current(): ServedPolicy {
    return this.#current;
  }

  /** Looks whether the policy or a list has changed. */
  refresh(): Promise<void> {
    return this.#refresh();
  }

  close(): void {
    this.#close();
  }
}
