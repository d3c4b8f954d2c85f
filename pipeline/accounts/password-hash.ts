import { hash, type Options, parseOptions, verify } from "@node-rs/argon2";
import { DomainError } from "../../platform/process/errors.ts";

/**
 * Argon2id (RFC 9106) as OWASP's Password Storage Cheat Sheet has it at least: 19 MiB, two passes, one lane. A hash made
 * by other ones is made anew when its password is next seen.
 */
export const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const satisfies Options;

/** Each takes 19 MiB and a thread of libuv's four, which file reads and name lookups need too. */
const AT_ONCE = 2;

/** Some 4 s of waiting; who comes then is told to come again. */
const MOST_WAITING = 50;

/** What a password is held against where there is none, so that the answer takes as long. */
let nobodys: Promise<string> | undefined;

/** Makes and checks password hashes, two at a time. */
export class PasswordHasher {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /**
   * @returns a PHC string
   * @throws DomainError `unavailable` when too many wait already
   */
  async hash(password: string): Promise<string> {
    return await this.#inTurn(() => hash(prepare(password), PARAMETERS));
  }

  /**
   * Whether it is the password. Takes as long where there is no hash to hold it against.
   *
   * @returns `stale` when the hash was made with other parameters than today's
   * @throws DomainError `unavailable` when too many wait already
   */
  async verify(stored: string | null, password: string): Promise<{ matches: boolean; stale: boolean }> {
    return await this.#inTurn(async () => {
      nobodys ??= hash("nobody's password", PARAMETERS);
      const against = stored ?? (await nobodys);
      const matches = await verify(against, prepare(password));
      return { matches: matches && stored !== null, stale: isStale(against) };
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= MOST_WAITING) {
        throw new DomainError("unavailable", "too many people sign in at this moment; try again", {
          retryAfterMs: 5_000,
        });
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      // Whoever waits takes the place over.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}

/** The same letters typed on another keyboard are the same password (NIST SP 800-63B, 3.1.1.2). */
function prepare(password: string): string {
  return password.normalize("NFKC");
}

function isStale(stored: string): boolean {
  const made = parseOptions(stored);
  return (Object.keys(PARAMETERS) as (keyof typeof PARAMETERS)[]).some(
    (name) => made[name] !== PARAMETERS[name],
  );
}
