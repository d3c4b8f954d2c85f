import type { MiddlewareHandler } from "hono";
import type { Actor } from "../../domain/actors.ts";
import { type Right, ROLE_NAMES, rightRow, SCOPES } from "../../domain/rights.ts";
import { readSession, type SignedIn } from "../../pipeline/accounts/sessions.ts";
import { sameSecret } from "../../pipeline/accounts/tokens.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { shownApiKeys } from "./api-key.ts";
import { renameSessionCookie, sessionTokens } from "./session-cookie.ts";
import { WrongKeys } from "./wrong-keys.ts";

/** Whoever shows ADMIN_API_KEY. */
const ADMIN_KEY: Actor = { kind: "api_key", id: "admin", name: "api-key" };
const ADMIN_RIGHTS: ReadonlySet<Right> = new Set(SCOPES);

/** Whether `user` has the right. */
export function mayDo(user: SignedIn | null, right: Right): boolean {
  return user?.rights.has(right) ?? false;
}

/**
 * Finds out who asks, for every route behind it: `Authorization: Bearer <ADMIN_API_KEY>`, `X-API-Key` or the session
 * cookie. A key that is sent and wrong is refused, never taken for nobody, and slowed down ({@link WrongKeys}).
 */
export function identify({
  config,
  db,
  redis,
}: Pick<Deps, "config" | "db" | "redis">): MiddlewareHandler<AppEnv> {
  const wrongKeys = new WrongKeys({ config, redis });
  return async (c, next) => {
    c.set("user", null);
    c.set("credential", null);
    const keys = shownApiKeys(c);
    if (keys.length > 0) {
      const expected = config.ADMIN_API_KEY;
      const wrong = keys.find((key) => !expected || !sameSecret(key, expected));
      if (wrong !== undefined) throw await wrongKeys.refusal(c, wrong);
      c.set("user", { name: ADMIN_KEY.name, role: null, rights: ADMIN_RIGHTS, actor: ADMIN_KEY });
      c.set("credential", "api-key");
    } else {
      await identifySession(c, { config, db });
    }
    await next();
  };
}

async function identifySession(c: AppContext, { config, db }: Pick<Deps, "config" | "db">): Promise<void> {
  for (const token of sessionTokens(c, config)) {
    const user = await readSession(db, token, config.SESSION_IDLE_HOURS);
    if (!user) continue;
    c.set("user", user);
    c.set("credential", "session");
    c.set("sessionToken", token);
    renameSessionCookie(c, config, token);
    return;
  }
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
}

function refusal(user: SignedIn, right: Right): string {
  const who = user.role === null ? "this API key may not" : `your role (${ROLE_NAMES[user.role]}) may not`;
  return `${who} ${rightRow(right).allows}: that needs the right ${right}`;
}

/** The user behind {@link requireRight}. */
export function currentUser(c: AppContext): SignedIn {
  const user = c.get("user");
  if (!user) throw new DomainError("unauthenticated", "sign in first, or send an API key");
  return user;
}
