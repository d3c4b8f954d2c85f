import * as oidc from "openid-client";
import { codeOf, DomainError, messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { type GroupRole, roleOfGroups } from "./group-roles.ts";
import type { SsoPerson } from "./single-sign-on.ts";
import { groupsIn, textsIn } from "./sso-claims.ts";

/** How long the provider has for an answer, seconds; a sign-in asks it four times at most. */
const PATIENCE_S = 5;

/** A subject is at most 255 characters of ASCII (OpenID Connect Core, 2); control characters name nobody. */
const SUBJECT = /^[\x20-\x7e]{1,255}$/;

/** How far the provider's clock and ours may be apart, seconds. */
const CLOCK_TOLERANCE_S = 60;

/** The provider's own description is read again after so long, milliseconds; its keys are looked after by the client. */
const KNOWN_FOR_MS = 3_600_000;

/** A provider that did not answer is left alone for so long, so that whoever asks meanwhile waits for nothing. */
const REST_MS = 3_000;

/** One sign-in on its way: what must come back as it was sent (RFC 6749, 10.12; RFC 7636; OpenID Connect Core, 3.1.2). */
export interface SsoAttempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Whether the provider was to ask again who it is. */
  readonly fresh: boolean;
}

/** How the provider is reached and what its groups are here. */
export interface IdentityProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clientAuth: "basic" | "post";
  readonly scopes: string;
  readonly groupsClaim: string;
  readonly roles: readonly GroupRole[];
  /** What people call it. */
  readonly name: string;
  /** Our address for people coming back, as it is registered at the provider. */
  readonly redirectUri: string;
}

/** The organisation's identity provider, by OpenID Connect: authorization code with PKCE, state and nonce. */
export class IdentityProvider {
  readonly name: string;
  readonly #options: IdentityProviderOptions;
  readonly #logger: Logger;
  #known: { readonly client: Promise<oidc.Configuration>; readonly until: number } | undefined;

  /** Asks nobody anything yet: the provider may be away while the console starts. */
  constructor(options: IdentityProviderOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
    this.name = options.name;
  }

  /** Whether identities of this issuer are signed in here. */
  isIssuer(issuer: string): boolean {
    return new URL(issuer).href === new URL(this.#options.issuer).href;
  }

  /**
   * @param fresh whether the provider is to ask again who it is, though it knows the browser
   * @returns where to send the browser, and what to keep until it comes back
   * @throws DomainError `unavailable` when the provider does not answer
   */
  async begin(fresh: boolean): Promise<{ readonly url: URL; readonly attempt: SsoAttempt }> {
    const client = await this.#client();
    const attempt = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      fresh,
    };
    const url = oidc.buildAuthorizationUrl(client, {
      redirect_uri: this.#options.redirectUri,
      scope: this.#options.scopes,
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: "S256",
      ...(fresh ? { prompt: "login", max_age: "0" } : {}),
    });
    return { url, attempt };
  }

  /**
   * @param query what the browser brought back
   * @returns who it is, as the provider signed it
   * @throws DomainError `unauthenticated` when the provider or what it says is no proof; `unavailable` when it is away
   */
  async finish(query: string, attempt: SsoAttempt): Promise<SsoPerson> {
    const client = await this.#client();
    const url = new URL(this.#options.redirectUri);
    url.search = query;
    try {
      const tokens = await oidc.authorizationCodeGrant(client, url, {
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        pkceCodeVerifier: attempt.verifier,
        idTokenExpected: true,
        ...(attempt.fresh ? { maxAge: 0 } : {}),
      });
      const claims = tokens.claims();
      if (!claims) throw new DomainError("unauthenticated", "the provider named nobody");
      // Many providers keep the ID token small and tell the rest here.
      const more =
        client.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : await oidc.fetchUserInfo(client, tokens.access_token, claims.sub);
      return this.#personOf({ ...more, ...claims });
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  /** Where one signs out at the provider too; null where it knows no such thing. @throws DomainError `unavailable` */
  async signOutUrl(backTo: string): Promise<URL | null> {
    const client = await this.#client();
    if (client.serverMetadata().end_session_endpoint === undefined) return null;
    return oidc.buildEndSessionUrl(client, { post_logout_redirect_uri: backTo });
  }

  #personOf(claims: Record<string, unknown> & { iss: string; sub: string }): SsoPerson {
    const { roles, groupsClaim } = this.#options;
    const [email] = textsIn(claims, "email");
    if (!SUBJECT.test(claims.sub)) throw new DomainError("unauthenticated", `${this.name} named nobody`);
    return {
      issuer: claims.iss,
      subject: claims.sub,
      names: textsIn(claims, "preferred_username", "email", "name"),
      displayName: textsIn(claims, "name")[0],
      verifiedEmail: claims["email_verified"] === true ? email : undefined,
      granted: roleOfGroups(roles, groupsIn(claims, groupsClaim)),
    };
  }

  #client(): Promise<oidc.Configuration> {
    const now = performance.now();
    if (!this.#known || this.#known.until <= now) {
      const known = { client: this.#discover(), until: now + KNOWN_FOR_MS };
      this.#known = known;
      known.client.catch(() => {
        if (this.#known === known) this.#known = { ...known, until: performance.now() + REST_MS };
      });
    }
    return this.#known.client;
  }

  async #discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret, clientAuth } = this.#options;
    const url = new URL(issuer);
    try {
      return await oidc.discovery(
        url,
        clientId,
        { [oidc.clockTolerance]: CLOCK_TOLERANCE_S },
        clientAuth === "basic" ? oidc.ClientSecretBasic(clientSecret) : oidc.ClientSecretPost(clientSecret),
        {
          timeout: PATIENCE_S,
          // Signatures are checked though the token came by TLS: a proxy on the way may have ended that.
          execute: [
            oidc.enableNonRepudiationChecks,
            ...(url.protocol === "http:" ? [oidc.allowInsecureRequests] : []),
          ],
        },
      );
    } catch (error) {
      this.#logger.warn(
        { why: reasonOf(error), issuer: url.host },
        "the identity provider cannot be reached",
      );
      throw this.#away(error);
    }
  }

  #away(cause: unknown): DomainError {
    return new DomainError("unavailable", `${this.name} does not answer just now`, { cause });
  }

  #refusal(error: unknown): DomainError {
    if (error instanceof DomainError) return error;
    const why = reasonOf(error);
    this.#logger.warn({ why }, "single sign-on was refused");
    const said = error instanceof oidc.AuthorizationResponseError ? error.error : undefined;
    if (said === "access_denied")
      return new DomainError(
        "unauthenticated",
        `${this.name} says that you did not agree, or may not come in`,
      );
    const busy = said === "temporarily_unavailable" || said === "server_error";
    const setUpWrong = error instanceof oidc.ResponseBodyError && error.error !== "invalid_grant";
    if (busy || setUpWrong || isAway(error)) return this.#away(error);
    return new DomainError("unauthenticated", `what ${this.name} answered is no proof of who you are`);
  }
}

/** The client's name for what went wrong and the provider's; neither has a secret in it. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${messageOf(error.cause)}` : "";
  const said = error instanceof oidc.ResponseBodyError ? ` ${error.error}` : "";
  return `${codeOf(error)} ${messageOf(error)}${said}${cause}`.slice(0, 300);
}

/** Nothing came, or not what a provider sends: a connection refused, a time-out, a proxy's page. */
function isAway(error: unknown): boolean {
  if (error instanceof TypeError) return true;
  return ["OAUTH_TIMEOUT", "OAUTH_RESPONSE_IS_NOT_CONFORM", "OAUTH_RESPONSE_IS_NOT_JSON"].includes(
    codeOf(error),
  );
}
