import { type CryptoKey, createRemoteJWKSet, errors, type JWSHeaderParameters } from "jose";
import { z } from "zod";
import { DomainError } from "../process/errors.ts";
import { isTrustworthy, type JwtSettings } from "./jwt-config.ts";

/** What is known is asked for again in the background after so long, so that a key that was withdrawn is forgotten. */
const RENEW_AFTER_MS = 10 * 60_000;
/** Tokens with a key that is not known make us ask at most this often. */
const COOL_DOWN_MS = 30_000;
/** … and an issuer that did not answer is left alone for so long. */
const AWAY_FOR_MS = 5_000;
const ANSWER_LIMIT_MS = 5_000;
const LARGEST_DOCUMENT = 256 * 1_024;

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

/** The public keys of an issuer. While it is away those it published before go on to count. */
export class IssuerKeys {
  readonly #settings: Pick<JwtSettings, "issuer" | "jwksUrl">;
  #remote: ReturnType<typeof createRemoteJWKSet> | undefined;
  #opening: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;
  #renewedAt = 0;
  #awayUntil = 0;

  constructor(settings: Pick<JwtSettings, "issuer" | "jwksUrl">) {
    this.#settings = settings;
  }

  /**
   * The key that a token's header names.
   *
   * @throws DomainError `unavailable` while the issuer cannot be asked; JOSEError when it has no such key
   */
  async find(header: JWSHeaderParameters): Promise<CryptoKey> {
    if (this.#remote === undefined) this.#leaveAlone();
    try {
      const remote = this.#remote ?? (await this.#open());
      this.#renew(remote);
      const { kid } = header;
      const known = kid === undefined || remote.jwks()?.keys.some((key) => key.kid === kid);
      if (!known && !remote.coolingDown) this.#leaveAlone();
      return await remote(header);
    } catch (error) {
      if (error instanceof DomainError || isVerdict(error)) throw error;
      this.#awayUntil = Date.now() + AWAY_FOR_MS;
      throw away(error);
    }
  }

  /** @throws DomainError `unavailable` when the issuer did not answer just now */
  #leaveAlone(): void {
    if (Date.now() < this.#awayUntil) throw away(undefined);
  }

  #open(): Promise<ReturnType<typeof createRemoteJWKSet>> {
    this.#opening ??= this.#discover()
      .then(async (url) => {
        const remote = createRemoteJWKSet(url, {
          cacheMaxAge: Number.POSITIVE_INFINITY,
          cooldownDuration: COOL_DOWN_MS,
          timeoutDuration: ANSWER_LIMIT_MS,
        });
        await remote.reload();
        this.#renewedAt = Date.now();
        this.#remote = remote;
        return remote;
      })
      .finally(() => {
        this.#opening = undefined;
      });
    return this.#opening;
  }

  #renew(remote: ReturnType<typeof createRemoteJWKSet>): void {
    if (Date.now() - this.#renewedAt < RENEW_AFTER_MS || remote.reloading) return;
    this.#renewedAt = Date.now();
    remote.reload().catch(() => {
      // Away: tried again soon, and those that are known go on.
      this.#renewedAt = Date.now() - RENEW_AFTER_MS + COOL_DOWN_MS;
    });
  }

  async #discover(): Promise<URL> {
    const { issuer, jwksUrl } = this.#settings;
    if (jwksUrl) return jwksUrl;
    const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const answer = await fetch(address, {
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      redirect: "error",
      headers: { accept: "application/json" },
    });
    const text = await answer.text();
    if (!answer.ok || text.length > LARGEST_DOCUMENT) throw new Error(`${address} answered ${answer.status}`);
    const found = discovery.parse(JSON.parse(text));
    if (found.issuer !== issuer) throw new Error(`${address} speaks for ${found.issuer}`);
    const keys = new URL(found.jwks_uri);
    if (!isTrustworthy(keys)) throw new Error(`${keys.href} is plain text`);
    return keys;
  }
}

/** Whether the issuer's keys were there and said no. */
function isVerdict(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function away(cause: unknown): DomainError {
  return new DomainError(
    "unavailable",
    "the issuer's keys cannot be had right now, so no token can be verified",
    {
      cause,
      retryAfterMs: AWAY_FOR_MS,
    },
  );
}
