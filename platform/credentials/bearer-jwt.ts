import { createHash } from "node:crypto";
import { errors, type JWTPayload, jwtVerify } from "jose";
import { containsPan, maskPans } from "../../domain/pan.ts";
import type { Right } from "../../domain/rights.ts";
import { DomainError } from "../process/errors.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import type { JwtSettings } from "./jwt-config.ts";

/** A machine that its organisation's issuer vouches for. */
export interface Machine {
  /** `jwt:` and the token's `sub`. */
  readonly id: string;
  readonly name: string;
  readonly rights: ReadonlySet<Right>;
}

/** Signatures that only the issuer can make: never `none`, never HMAC, for which everybody has the "key". */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
const CLOCK_SKEW_S = 30;
const LONGEST_TOKEN = 8 * 1_024;
/** A token that was found right is not looked into again for so long, or until it expires. */
const REMEMBER_MS = 5 * 60_000;
const MOST_REMEMBERED = 10_000;
const SHAPE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;
/** Stands in the audit log and on pages: no control characters, no half of a character. */
const SUBJECT = /^[^\p{C}]{1,255}$/u;

/** Whether a credential is meant to be a token rather than an API key. */
export function looksLikeJwt(credential: string): boolean {
  return credential.length <= LONGEST_TOKEN && SHAPE.test(credential);
}

/** The organisation's tokens, verified by the issuer's published keys. */
export class BearerTokens {
  readonly #settings: JwtSettings;
  readonly #keys: IssuerKeys;
  readonly #remembered = new Map<string, { readonly machine: Machine; readonly until: number }>();

  constructor(settings: JwtSettings) {
    this.#settings = settings;
    this.#keys = new IssuerKeys(settings);
  }

  /** Whose token it is, when it was verified a short while ago. */
  known(token: string): Machine | undefined {
    const hash = hashOf(token);
    const found = this.#remembered.get(hash);
    if (found && found.until > Date.now()) return found.machine;
    this.#remembered.delete(hash);
    return undefined;
  }

  /**
   * Whose token it is.
   *
   * @throws DomainError `unauthenticated`; `unavailable` while the issuer's keys cannot be had
   */
  async verify(token: string): Promise<Machine> {
    const known = this.known(token);
    if (known) return known;
    const { issuer, audiences, maxAgeSeconds } = this.#settings;
    const { payload } = await jwtVerify(token, (header) => this.#keys.find(header), {
      issuer,
      audience: [...audiences],
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_SKEW_S,
      maxTokenAge: maxAgeSeconds,
      requiredClaims: ["exp", "sub"],
    }).catch((error: unknown) => {
      throw error instanceof DomainError ? error : refused(error);
    });
    const machine = this.#machineOf(payload);
    const until = Math.min((payload.exp as number) * 1_000, Date.now() + REMEMBER_MS);
    this.#remembered.set(hashOf(token), { machine, until });
    if (this.#remembered.size > MOST_REMEMBERED) {
      this.#remembered.delete(this.#remembered.keys().next().value as string);
    }
    return machine;
  }

  #machineOf(payload: JWTPayload): Machine {
    const { sub = "" } = payload;
    if (!SUBJECT.test(sub) || containsPan(sub)) {
      throw new DomainError("unauthenticated", "the token's sub is not one that can be written down");
    }
    const called = [payload["client_id"], payload["azp"]].find(
      (name): name is string => typeof name === "string" && SUBJECT.test(name),
    );
    const claim = payload[this.#settings.scopesClaim];
    const names = typeof claim === "string" ? claim.split(" ") : Array.isArray(claim) ? claim : [];
    const rights = names.flatMap((name) => (typeof name === "string" ? this.#settings.rightsOf(name) : []));
    return { id: `jwt:${sub}`, name: maskPans(called ?? sub), rights: new Set(rights) };
  }
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}

/** What is wrong with a token, in words that give nothing away; the library's own are for the log. */
function refused(cause: unknown): DomainError {
  const why =
    cause instanceof errors.JWTExpired
      ? "it has expired"
      : cause instanceof errors.JWTClaimValidationFailed
        ? `its claim ${cause.claim} is missing or not right`
        : "it is not signed by a key of the issuer";
  return new DomainError("unauthenticated", `the token is not valid: ${why}`);
}
