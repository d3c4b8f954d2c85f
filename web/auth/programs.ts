import type { Actor } from "../../domain/actors.ts";
import { type Right, SCOPES } from "../../domain/rights.ts";
import type { SignedIn } from "../../pipeline/accounts/sessions.ts";
import { sameSecret } from "../../pipeline/accounts/tokens.ts";
import { BearerTokens, looksLikeJwt } from "../../platform/credentials/bearer-jwt.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Deps } from "../context.ts";
import { StoredKeys } from "./stored-keys.ts";

/** Whoever shows ADMIN_API_KEY. */
const ADMIN_KEY: Actor = { kind: "api_key", id: "admin", name: "api-key" };
const ADMIN_RIGHTS: ReadonlySet<Right> = new Set(SCOPES);

/** Programs, by what they show instead of a session. */
export class Programs {
  readonly stored: StoredKeys;
  readonly #adminKey: string | undefined;
  readonly #tokens: BearerTokens | undefined;

  constructor({ config, db, logger }: Pick<Deps, "config" | "db" | "logger">) {
    this.stored = new StoredKeys(db, logger);
    this.#adminKey = config.ADMIN_API_KEY;
    this.#tokens = config.jwt && new BearerTokens(config.jwt);
  }

  /**
   * Who shows these: ADMIN_API_KEY, a key of the store, or a token of the organisation's issuer. Several are one only
   * when they are the same.
   *
   * @throws DomainError `unauthenticated` for anything else; `unavailable` while the issuer cannot be asked
   */
  async identify(shown: readonly string[]): Promise<SignedIn> {
    const [credential = "", ...others] = new Set(shown);
    if (credential === "" || others.length > 0) throw wrongKey();
    if (this.#adminKey !== undefined && sameSecret(credential, this.#adminKey)) {
      return { name: ADMIN_KEY.name, role: null, rights: ADMIN_RIGHTS, actor: ADMIN_KEY };
    }
    if (this.#tokens && looksLikeJwt(credential)) {
      const { id, name, rights } = await this.#tokens.verify(credential);
      return { name, role: null, rights, actor: { kind: "api_key", id, name } };
    }
    const key = await this.stored.find(credential);
    if (!key) throw wrongKey();
    const { id, name, rights } = key;
    return { name, role: null, rights: new Set(rights), actor: { kind: "api_key", id, name } };
  }
}

function wrongKey(): DomainError {
  return new DomainError("unauthenticated", "the API key is not valid");
}
