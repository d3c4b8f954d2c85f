import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { DomainError } from "../../platform/process/errors.ts";
import type { RedisConnection } from "../../platform/process/redis.ts";

/** So many attempts within so many seconds. */
type Allowance = readonly [attempts: number, seconds: number];

/** Of one account from one address, or from one browser that it knows: whoever mistypes waits a little, a guesser long. */
const PER_ACCOUNT: readonly Allowance[] = [
  [5, 60],
  [20, 3_600],
  [60, 86_400],
];

/** Of all accounts from one address that no browser known to the account speaks for: an office has one address. */
const PER_ADDRESS: readonly Allowance[] = [
  [40, 60],
  [300, 3_600],
];

/** Who tries to come in as whom. */
export interface Attempt {
  /** The account's number, or the name that was typed where there is no such account. */
  readonly account: string;
  readonly address: string;
  /** The number of a browser that came in as this account before (OWASP's device cookie); it has its own allowance. */
  readonly device?: string | undefined;
}

/**
 * Counts attempts to sign in, in Redis, so that guessing is slow and nobody is kept out: what counts is who tries from
 * where, never the account alone, and a browser that was in before is not slowed by others at its address. While Redis
 * is away each process counts for itself.
 */
export class SignInAttempts {
  readonly #perAccount: readonly RateLimiterRedis[];
  readonly #perAddress: readonly RateLimiterRedis[];

  /** @param prefix REDIS_PREFIX */
  constructor(redis: RedisConnection, prefix: string) {
    const limiters = (what: string, allowances: readonly Allowance[]): RateLimiterRedis[] =>
      allowances.map(([points, duration]) => {
        const keyPrefix = `${prefix}:sign-in:${what}:${duration}`;
        return new RateLimiterRedis({
          storeClient: redis,
          keyPrefix,
          points,
          duration,
          rejectIfRedisNotReady: true,
          insuranceLimiter: new RateLimiterMemory({ keyPrefix, points, duration }),
        });
      });
    this.#perAccount = limiters("account", PER_ACCOUNT);
    this.#perAddress = limiters("address", PER_ADDRESS);
  }

  /**
   * Counts an attempt, before anything costly is done for it.
   *
   * @throws DomainError `resource_exhausted` with the time to wait
   */
  async begin(attempt: Attempt): Promise<void> {
    await this.#take(this.#perAccount, accountKey(attempt));
    if (attempt.device === undefined) await this.#take(this.#perAddress, networkOf(attempt.address));
  }

  /** Forgets what was counted: whoever comes in was no guesser. */
  async succeeded(attempt: Attempt): Promise<void> {
    await Promise.all(this.#perAccount.map((limiter) => limiter.delete(accountKey(attempt))));
    if (attempt.device !== undefined) return;
    await Promise.all(this.#perAddress.map((limiter) => limiter.reward(networkOf(attempt.address), 1)));
  }

  async #take(limiters: readonly RateLimiterRedis[], key: string): Promise<void> {
    const answers = await Promise.allSettled(limiters.map((limiter) => limiter.consume(key, 1)));
    const waits = answers.flatMap((answer) => {
      if (answer.status === "fulfilled") return [];
      if (answer.reason instanceof RateLimiterRes) return [answer.reason.msBeforeNext];
      throw answer.reason;
    });
    if (waits.length === 0) return;
    throw new DomainError("resource_exhausted", "too many attempts; wait before the next one", {
      retryAfterMs: Math.max(...waits),
    });
  }
}

/** What people type is hashed: a key is short, whatever was typed, and gives no names away. */
function accountKey({ account, address, device }: Attempt): string {
  const who = createHash("sha256").update(account).digest("base64url").slice(0, 22);
  return device === undefined ? `${who}@${networkOf(address)}` : `${who}+${device}`;
}

/** Whoever has an IPv6 address has its /64 (RFC 6177). */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = "", tail = ""] = address.split("%")[0]!.split("::");
  const groups = head.split(":").filter(Boolean);
  const after = tail.split(":").filter(Boolean);
  const zeros = address.includes("::") ? 8 - groups.length - after.length : 0;
  const all = [...groups, ...Array.from({ length: Math.max(0, zeros) }, () => "0"), ...after];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
