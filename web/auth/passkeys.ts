import { isIP } from "node:net";
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import {
  findPasskey,
  listPasskeys,
  type NewPasskey,
  type StoredPasskey,
} from "../../pipeline/accounts/passkeys.ts";
import { newToken } from "../../pipeline/accounts/tokens.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { publicUrl } from "../config.ts";
import type { AppContext, Deps } from "../context.ts";
import { cookieName } from "./session-cookie.ts";

/** Without the port: {@link cookieName}. */
const COOKIE = "paysecure_passkey";
const CHALLENGE_S = 5 * 60;

/** What a challenge is for: one for signing in registers nothing. */
type Purpose = "sign-in" | "register";

type Needs = Pick<Deps, "config" | "db" | "redis">;

/** The page's own origin: as people come in by PUBLIC_URL, or as this request came. */
function originOf(c: AppContext, { PUBLIC_URL, PORT }: Needs["config"]): URL {
  return new URL(PUBLIC_URL === undefined ? new URL(c.req.url).origin : publicUrl({ PUBLIC_URL, PORT }));
}

/** Passkeys belong to a host's name; browsers make none for an address of numbers. */
function hostOf(origin: URL): string {
  const host = origin.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0) {
    throw new DomainError(
      "conflict",
      `browsers keep passkeys for names, not for ${host}: open the console by its name, on this machine http://localhost:${origin.port || 80}`,
    );
  }
  return host;
}

const challengeKey = (config: Needs["config"], id: string): string => `${config.REDIS_PREFIX}:passkey:${id}`;

/** Remembers a challenge for this browser, once and for five minutes. */
async function remember(
  c: AppContext,
  { config, redis }: Needs,
  purpose: Purpose,
  challenge: string,
): Promise<void> {
  const id = newToken();
  await redis.set(challengeKey(config, id), `${purpose} ${challenge}`, "EX", CHALLENGE_S);
  setCookie(c, cookieName(COOKIE, c, config), id, {
    httpOnly: true,
    sameSite: "Strict",
    path: "/",
    secure: originOf(c, config).protocol === "https:",
    maxAge: CHALLENGE_S,
  });
}

/** The challenge this browser was given; it is spent by asking. @throws DomainError `failed_precondition` */
async function spend(c: AppContext, { config, redis }: Needs, purpose: Purpose): Promise<string> {
  const name = cookieName(COOKIE, c, config);
  const id = getCookie(c, name);
  deleteCookie(c, name, { path: "/", secure: name.startsWith("__Host-") });
  const kept = id === undefined ? null : await redis.getdel(challengeKey(config, id));
  const [what, challenge] = kept?.split(" ") ?? [];
  if (what !== purpose || challenge === undefined) {
    throw new DomainError("conflict", "this took too long: try the passkey again");
  }
  return challenge;
}

/** What the browser needs to ask an authenticator for a passkey, as JSON. */
export async function passkeyOptions(c: AppContext, deps: Needs) {
  const options = await generateAuthenticationOptions({
    rpID: hostOf(originOf(c, deps.config)),
    userVerification: "required",
  });
  await remember(c, deps, "sign-in", options.challenge);
  return options;
}

/** What a checked signature says. */
export interface ProvedPasskey extends StoredPasskey {
  /** To be stored by `usePasskey`. */
  readonly newCounter: number;
}

/**
 * Checks an authenticator's answer: the person was verified by it, so that it stands for two factors.
 *
 * @throws DomainError `unauthenticated` when it does not hold, whatever the reason
 */
export async function provePasskey(
  c: AppContext,
  deps: Needs,
  response: AuthenticationResponseJSON,
): Promise<ProvedPasskey> {
  const challenge = await spend(c, deps, "sign-in");
  const passkey = await findPasskey(deps.db, response.id);
  if (!passkey) throw new DomainError("unauthenticated", "this passkey is not known here");
  const origin = originOf(c, deps.config);
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: origin.origin,
    expectedRPID: hostOf(origin),
    requireUserVerification: true,
    credential: { id: passkey.credentialId, publicKey: passkey.publicKey, counter: passkey.counter },
  }).catch(refused);
  if (!verified) return refused();
  return { ...passkey, newCounter: authenticationInfo.newCounter };
}

function refused(cause?: unknown): never {
  throw new DomainError("unauthenticated", "the passkey's answer does not hold", { cause });
}

/** What the browser needs to have an authenticator make a passkey for `user`, as JSON. */
export async function newPasskeyOptions(
  c: AppContext,
  deps: Needs,
  user: { readonly userId: number; readonly name: string },
) {
  const options = await generateRegistrationOptions({
    rpName: "PaySecure",
    rpID: hostOf(originOf(c, deps.config)),
    userID: new TextEncoder().encode(`user:${user.userId}`),
    userName: user.name,
    attestationType: "none",
    // Those that are there are not made twice.
    excludeCredentials: (await listPasskeys(deps.db, user.userId)).map(({ credentialId }) => ({
      id: credentialId,
    })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
  await remember(c, deps, "register", options.challenge);
  return options;
}

/** Checks what an authenticator made. @throws DomainError `unauthenticated` when it does not hold */
export async function checkNewPasskey(
  c: AppContext,
  deps: Needs,
  name: string,
  response: RegistrationResponseJSON,
): Promise<NewPasskey> {
  const challenge = await spend(c, deps, "register");
  const origin = originOf(c, deps.config);
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: origin.origin,
    expectedRPID: hostOf(origin),
    requireUserVerification: true,
  }).catch(refused);
  if (!verified) return refused();
  const { credential, credentialBackedUp } = registrationInfo;
  return {
    credentialId: credential.id,
    publicKey: credential.publicKey,
    counter: credential.counter,
    transports: credential.transports ?? [],
    name,
    backedUp: credentialBackedUp,
  };
}
