import { createHash } from "node:crypto";
import { DomainError } from "../../platform/process/errors.ts";
import type { AppContext, Deps } from "../context.ts";
import { RateLimiter } from "../rate-limit.ts";
import { addressGroup, callerAddress } from "./caller-address.ts";

/** An address may be wrong so often in a minute. People mistype, and a program with an old key asks again and again. */
const BY_ADDRESS = { name: "wrong-key:address", points: 30, seconds: 60 };
/** And so often, from anywhere, with keys that begin alike: one who knows how a key begins tries from many machines. */
const BY_BEGINNING = { name: "wrong-key:beginning", points: 300, seconds: 60 };

/** Characters of a key that say which it is and are no secret: `ps_` and a few more. */
const BEGINNING = 11;

/**
 * What is said to a caller whose key is wrong. Only wrong keys are counted and slowed down, so a right one is served
 * however many wrong ones come from the same address.
 */
export class WrongKeys {
  readonly #byAddress: RateLimiter;
  readonly #byBeginning: RateLimiter;
  readonly #config: Deps["config"];

  constructor({ redis, config }: Pick<Deps, "redis" | "config">) {
    this.#byAddress = new RateLimiter(redis, config.REDIS_PREFIX, BY_ADDRESS);
    this.#byBeginning = new RateLimiter(redis, config.REDIS_PREFIX, BY_BEGINNING);
    this.#config = config;
  }

  /**
   * @param key what was shown, wrong
   * @param wrong what is wrong with it, `unauthenticated`
   * @returns to be thrown: `wrong`, or `resource_exhausted` once there were too many
   */
  async refusal(c: AppContext, key: string, wrong: DomainError): Promise<DomainError> {
    const beginning = createHash("sha256").update(key.slice(0, BEGINNING)).digest("base64url").slice(0, 16);
    const waits = await Promise.all([
      this.#byAddress.take(addressGroup(callerAddress(c, this.#config))),
      this.#byBeginning.take(beginning),
    ]);
    const wait = Math.max(...waits);
    if (wait === 0) return wrong;
    return new DomainError(
      "resource_exhausted",
      "too many wrong API keys came from you; wait before you try again",
      {
        retryAfterMs: wait,
      },
    );
  }
}
