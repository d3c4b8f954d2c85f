import type { Right } from "../../domain/rights.ts";
import { hashKey, type KnownKey } from "../../platform/credentials/api-key.ts";
import { type BearerTokens, looksLikeJwt, type Machine } from "../../platform/credentials/bearer-jwt.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { TokenBucket } from "../../platform/process/token-bucket.ts";

/** Who calls. */
export interface Caller {
  /** Stable; what acts are recorded under. */
  readonly id: string;
  /** What people call it; "anonymous" where no keys are asked for. */
  readonly name: string;
  /** Calls that share a turn where many want the same; undefined: each connection by itself. */
  readonly who: string | undefined;
  /** @throws DomainError `permission_denied` when the caller may not */
  demand(right: Right): void;
  /**
   * Takes transactions off the key's allowance.
   *
   * @throws DomainError `resource_exhausted` with the time after which there is enough again
   */
  spend(transactions: number): void;
}

/** Decides who may call what. */
export interface Authority {
  /**
   * @param authorization the metadata value "Bearer KEY"
   * @returns at once where nobody has to be asked
   * @throws DomainError `unauthenticated` or `permission_denied`, or rejects with it; `unavailable` while the issuer of a
   * token cannot be asked
   */
  check(authorization: string | undefined, right: Right): Caller | Promise<Caller>;
}

/** Everybody, where no keys are asked for. */
export const ANONYMOUS: Caller = {
  id: "anonymous",
  name: "anonymous",
  who: undefined,
  demand: demandOpen,
  spend: () => {},
};

function demandOpen(right: Right): void {
  if (right !== "models.manage") return;
  throw new DomainError(
    "permission_denied",
    'administration needs an API key with the right models.manage: set SCORER_REQUIRE_KEYS=true, or SCORER_API_KEYS_FILE with a key of scope "admin"',
  );
}

/**
 * No keys are asked for, so nobody may administer: a caller on this machine may be a proxy or a sidecar, whoever stands
 * behind it.
 */
export const OPEN_AUTHORITY: Authority = {
  check(_authorization, right) {
    ANONYMOUS.demand(right);
    return ANONYMOUS;
  },
};

/** Where a key is known from. */
export type KeySource = "file" | "store" | "house";

/** Asks for a key, or for a token of the organisation's issuer. Only hashes of keys are known. */
export class KeyAuthority implements Authority {
  readonly #tokens: BearerTokens | undefined;
  readonly #bySource = new Map<KeySource, readonly KeyCaller[]>();
  #byHash = new Map<string, KeyCaller>();
  /** Keys that have been seen, by the whole metadata value: hashing takes longer than looking up. */
  #seen = new Map<string, KeyCaller>();

  constructor(tokens?: BearerTokens) {
    this.#tokens = tokens;
  }

  /** From now on these are the keys of a source; what a key has left of its allowance stays. */
  replace(source: KeySource, keys: readonly KnownKey[]): void {
    this.#bySource.set(
      source,
      keys.map((key) => new KeyCaller(key, source, this.#byHash.get(key.sha256))),
    );
    const all = [...this.#bySource.values()].flat();
    this.#byHash = new Map(all.map((caller) => [caller.key.sha256, caller]));
    this.#seen = new Map();
  }

  /** The ids of the store's keys that were used since this was last asked. */
  takeUsed(): string[] {
    const used = (this.#bySource.get("store") ?? []).filter((caller) => caller.used);
    for (const caller of used) caller.used = false;
    return used.map((caller) => caller.id);
  }

  check(authorization: string | undefined, right: Right): Caller | Promise<Caller> {
    if (authorization === undefined) {
      throw new DomainError("unauthenticated", "an API key is needed: metadata authorization: Bearer KEY");
    }
    let key = this.#seen.get(authorization);
    if (!key) {
      const [scheme = "", value = "", ...more] = authorization.split(" ");
      // With anything behind the key each call could be another entry to remember.
      const credential = scheme.toLowerCase() === "bearer" && more.length === 0 ? value : "";
      if (this.#tokens && looksLikeJwt(credential)) return this.#checkToken(this.#tokens, credential, right);
      key = this.#byHash.get(hashKey(credential));
      if (!key) throw new DomainError("unauthenticated", "the API key is not known");
      this.#seen.set(authorization, key);
    }
    if (key.expiresAt <= Date.now()) {
      throw new DomainError("unauthenticated", `the API key "${key.name}" has expired`);
    }
    key.demand(right);
    key.used = true;
    return key;
  }

  #checkToken(tokens: BearerTokens, token: string, right: Right): Caller | Promise<Caller> {
    const known = tokens.known(token);
    if (known) return callerOf(known, right);
    return tokens.verify(token).then((machine) => callerOf(machine, right));
  }
}

class KeyCaller implements Caller {
  readonly id: string;
  readonly name: string;
  readonly who: string | undefined;
  readonly key: KnownKey;
  readonly expiresAt: number;
  used = false;
  readonly #rights: ReadonlySet<Right>;
  readonly #bucket: TokenBucket | undefined;

  /** @param before the same key as it was known until now */
  constructor(key: KnownKey, source: KeySource, before: KeyCaller | undefined) {
    const { id, name, ratePerSecond: rate, burst } = key;
    this.key = key;
    this.id = id;
    this.name = name;
    // Web and workers speak for many: one that works off a backlog must not take the other's turn.
    this.who = source === "house" ? undefined : id;
    this.expiresAt = key.expiresAt ?? Number.POSITIVE_INFINITY;
    this.#rights = new Set(key.rights);
    const sameRate = before?.key.ratePerSecond === rate && before?.key.burst === burst;
    const fresh = rate === undefined ? undefined : new TokenBucket(rate, burst ?? rate * 2);
    this.#bucket = before && sameRate ? before.#bucket : fresh;
    this.used = source === "store" && (before?.used ?? false);
  }

  demand(right: Right): void {
    if (this.#rights.has(right)) return;
    throw new DomainError("permission_denied", `the API key "${this.name}" lacks the right ${right}`);
  }

  spend(transactions: number): void {
    this.#bucket?.take(transactions, this.name);
  }
}

function callerOf({ id, name, rights }: Machine, asked: Right): Caller {
  const demand = (right: Right): void => {
    if (rights.has(right)) return;
    throw new DomainError("permission_denied", `the token of "${name}" lacks the right ${right}`);
  };
  demand(asked);
  return { id, name, who: id, demand, spend: () => {} };
}
