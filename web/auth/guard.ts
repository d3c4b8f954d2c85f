import type { MiddlewareHandler } from "hono";
import { type Right, ROLE_NAMES, rightRow } from "../../domain/rights.ts";
import {
  isOpenSession,
  type OpenSession,
  readSession,
  type SignedIn,
} from "../../pipeline/accounts/sessions.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { sessionLimits } from "../config.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { shownApiKeys } from "./api-key.ts";
import type { Programs } from "./programs.ts";
import { renameSessionCookie, sessionTokens } from "./session-cookie.ts";
import { WrongKeys } from "./wrong-keys.ts";

const STILL_IN_EVERY_MS = 5_000;

/** Whether `user` has the right. */
export function mayDo(user: SignedIn | null, right: Right): boolean {
  return user?.rights.has(right) ?? false;
}

/**
 * Finds out who asks, for every route behind it: `Authorization: Bearer …`, `X-API-Key` or the session cookie. A key or
 * token that is sent and wrong is refused, never taken for nobody, and slowed down ({@link WrongKeys}).
 */
export function identify(
  { config, db, redis }: Pick<Deps, "config" | "db" | "redis">,
  programs: Programs,
): MiddlewareHandler<AppEnv> {
  const wrongKeys = new WrongKeys({ config, redis });
  return async (c, next) => {
    c.set("user", null);
    c.set("credential", null);
    c.set("fresh", true);
    const keys = shownApiKeys(c);
    if (keys.length > 0) {
      try {
        c.set("user", await programs.identify(keys));
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== "unauthenticated") throw error;
        throw await wrongKeys.refusal(c, keys[0] ?? "", error);
      }
      c.set("credential", "api-key");
    } else {
      await identifySession(c, { config, db });
    }
    await next();
  };
}

async function identifySession(c: AppContext, { config, db }: Pick<Deps, "config" | "db">): Promise<void> {
  for (const token of sessionTokens(c, config)) {
    const user = await readSession(db, token, sessionLimits(config));
    if (!user) continue;
    const provedAt = user.session?.provedAt.getTime() ?? 0;
    c.set("user", user);
    c.set("fresh", Date.now() - provedAt <= config.STEP_UP_MINUTES * 60_000);
    c.set("credential", "session");
    c.set("sessionToken", token);
    c.set("stillIn", stillInOf(db, token));
    renameSessionCookie(c, config, token);
    return;
  }
}

/** Asked at most every few seconds; while the database is away, whoever was in stays. */
function stillInOf(db: Deps["db"], token: string): () => Promise<boolean> {
  let askedAt = performance.now();
  let known = true;
  return async () => {
    if (performance.now() - askedAt < STILL_IN_EVERY_MS) return known;
    askedAt = performance.now();
    known = await isOpenSession(db, token).catch(() => known);
    return known;
  };
}

/**
 * Lets only a caller with the right through.
 *
 * @throws DomainError `unauthenticated` or `permission_denied`; the transport shows a page or a problem document
 */
export function requireRight(right: Right): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    demandRight(c, right);
    await next();
  };
}

/**
 * What a route asks for beside its own right, where an option of the request does more than the route alone.
 *
 * @throws DomainError as {@link requireRight}
 */
export function demandRight(c: AppContext, right: Right): void {
  const user = currentUser(c);
  if (!mayDo(user, right)) throw new DomainError("permission_denied", refusal(user, right));
  if (rightRow(right).stepUp) requireFresh(c);
}

/** A dangerous act by somebody who has not proved lately who they are. */
export class StepUpNeeded extends DomainError {
  constructor() {
    super("permission_denied", "confirm first that it is you: open /account/confirm in the console");
  }
}

/** @throws StepUpNeeded when a person has not proved who they are within STEP_UP_MINUTES; keys prove it each time */
export function requireFresh(c: AppContext): void {
  if (!c.get("fresh")) throw new StepUpNeeded();
}

function refusal(user: SignedIn, right: Right): string {
  const who = user.role === null ? "this API key may not" : `your role (${ROLE_NAMES[user.role]}) may not`;
  return `${who} ${rightRow(right).allows}: that needs the right ${right}`;
}

/** A person with an account and a session. */
export type Person = SignedIn & { readonly session: OpenSession };

/**
 * Lets only people through, for what concerns their own account; no right is needed for that, and no key has one.
 *
 * @throws DomainError `unauthenticated` or `permission_denied`
 */
export const requirePerson: MiddlewareHandler<AppEnv> = async (c, next) => {
  currentPerson(c);
  await next();
};

/** The person behind {@link requirePerson}, or behind a right that is people's alone. */
export function currentPerson(c: AppContext): Person {
  const user = currentUser(c);
  if (!user.session) throw new DomainError("permission_denied", "an API key has no account; sign in instead");
  return { ...user, session: user.session };
}

/** The user behind {@link requireRight}. */
export function currentUser(c: AppContext): SignedIn {
  const user = c.get("user");
  if (!user) throw new DomainError("unauthenticated", "sign in first, or send an API key");
  return user;
}
