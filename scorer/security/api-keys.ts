import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { TokenBucket } from "../../platform/process/token-bucket.ts";

export const SCOPES = ["score", "explain", "record", "admin"] as const;

/**
 * What a key may do: `score` get scores, `explain` reasons, `record` have decisions recorded, `admin` change who serves.
 * An option of a call asks for its scope as a call of its own would.
 */
export type Scope = (typeof SCOPES)[number];

/** Who calls. */
export interface Caller {
  /** The key's name; "anonymous" where no keys are asked for. */
  readonly name: string;
  /**
   * Takes transactions off the key's allowance.
   *
   * @throws DomainError `resource_exhausted` with the time after which there is enough again
   */
  spend(transactions: number): void;
  /**
   * Asks for another scope than the call's own.
   *
   * @throws DomainError `permission_denied`
   */
  demand(scope: Scope): void;
}

const fileSchema = z.array(
  z.object({
    name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
    /** SHA-256 of the key, lower-case hex. Keys are 256 random bits: nothing slower is needed against guessing. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    scopes: z.array(z.enum(SCOPES)).min(1),
    /** Transactions a second; unlimited when left out. */
    rate_per_second: z.number().positive().optional(),
    /** Transactions at once; twice the rate when left out. */
    burst: z.number().positive().optional(),
  }),
);

/** Everybody, where no keys are asked for. */
export const ANONYMOUS: Caller = { name: "anonymous", spend: () => {}, demand: () => {} };

/** Decides who may call what. */
export interface Authority {
  /**
   * @param authorization the metadata value "Bearer KEY"
   * @throws DomainError `unauthenticated` or `permission_denied`
   */
  check(authorization: string | undefined, scope: Scope): Caller;
}

/**
 * No keys are asked for, so nobody may administer: a caller on this machine may be a proxy or a sidecar, whoever stands
 * behind it.
 */
export const OPEN_AUTHORITY: Authority = {
  check(_authorization, scope) {
    if (scope === "admin") {
      throw new DomainError(
        "permission_denied",
        'administration needs an API key with the scope "admin": set SCORER_API_KEYS_FILE',
      );
    }
    return ANONYMOUS;
  },
};

/** SHA-256 of a key as the file holds it. */
export function hashKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** Keys from a JSON file. Only their hashes are known. */
export class KeyFileAuthority implements Authority {
  readonly #path: string;
  #keys = new Map<string, Caller>();
  /** Keys that have been seen, by the whole metadata value: hashing takes longer than looking up. */
  #seen = new Map<string, Caller>();

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws DomainError `invalid_argument` when the file cannot be used */
  static async open(path: string): Promise<KeyFileAuthority> {
    const authority = new KeyFileAuthority(path);
    await authority.reload();
    return authority;
  }

  /** Reads the file again; a wrong one leaves the keys as they are. @throws DomainError `invalid_argument` */
  async reload(): Promise<void> {
    let entries: z.output<typeof fileSchema>;
    try {
      entries = fileSchema.parse(JSON.parse(await readFile(this.#path, "utf8")));
    } catch (error) {
      const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
      throw new DomainError("invalid_argument", `the API keys in ${this.#path} cannot be used: ${why}`, {
        cause: error,
      });
    }
    this.#keys = new Map(
      entries.map(({ name, sha256, scopes, rate_per_second: rate, burst }) => {
        const bucket = rate === undefined ? undefined : new TokenBucket(rate, burst ?? rate * 2);
        const spend = (transactions: number): void => bucket?.take(transactions, name);
        const demand = (scope: Scope): void => {
          if (scopes.includes(scope)) return;
          throw new DomainError("permission_denied", `the API key "${name}" has no scope "${scope}"`);
        };
        return [sha256, { name, spend, demand }];
      }),
    );
    this.#seen = new Map();
  }

  check(authorization: string | undefined, scope: Scope): Caller {
    if (authorization === undefined) {
      throw new DomainError("unauthenticated", "an API key is needed: metadata authorization: Bearer KEY");
    }
    let key = this.#seen.get(authorization);
    if (!key) {
      const [scheme = "", value = "", ...more] = authorization.split(" ");
      // With anything behind the key each call could be another entry to remember.
      if (scheme.toLowerCase() === "bearer" && more.length === 0) key = this.#keys.get(hashKey(value));
      if (!key) throw new DomainError("unauthenticated", "the API key is not known");
      this.#seen.set(authorization, key);
    }
    key.demand(scope);
    return key;
  }
}
