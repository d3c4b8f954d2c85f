import { getConnInfo } from "@hono/node-server/conninfo";
import type { MiddlewareHandler } from "hono";
import type { Actor } from "../../domain/actors.ts";
import { readSession, type SignedIn } from "../../pipeline/accounts/sessions.ts";
import { sameSecret } from "../../pipeline/accounts/tokens.ts";
import type { Role } from "../../pipeline/store/schema.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { WebConfig } from "../config.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { shownApiKeys } from "./api-key.ts";
import { renameSessionCookie, sessionTokens } from "./session-cookie.ts";

/** Whoever shows ADMIN_API_KEY. */
const ADMIN_KEY: Actor = { kind: "api_key", id: "admin", name: "api-key" };

/** Each role may do what the ones before it may. */
const RANK: Record<Role, number> = { viewer: 0, analyst: 1, admin: 2 };

/** Whether `user` may do what `role` may. */
export function hasRole(user: SignedIn | null, role: Role): boolean {
  return user !== null && RANK[user.role] >= RANK[role];
}

/** The caller's address: the socket's, or the proxy's word for it when TRUST_PROXY says so. */
export function callerAddress(c: AppContext, config: Pick<WebConfig, "TRUST_PROXY">): string {
  if (config.TRUST_PROXY) {
    const last = c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim();
    if (last) return last;
  }
  // app.request() in tests has no socket.
  return c.env?.incoming ? (getConnInfo(c).remote.address ?? "unknown") : "local";
}

/**
 * Finds out who asks, for every route behind it: `Authorization: Bearer <ADMIN_API_KEY>`, `X-API-Key` or the session
 * cookie. A key that is sent and wrong is refused, never taken for nobody.
 */
export function identify({ config, db }: Pick<Deps, "config" | "db">): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    c.set("user", null);
    c.set("credential", null);
    const keys = shownApiKeys(c);
    if (keys.length > 0) {
      const expected = config.ADMIN_API_KEY;
      if (!expected || !keys.every((key) => sameSecret(key, expected))) {
        throw new DomainError("unauthenticated", "the API key is not valid");
      }
      c.set("user", { name: ADMIN_KEY.name, role: "admin", actor: ADMIN_KEY });
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
 * Lets only a signed-in caller with the role through.
 *
 * @throws DomainError `unauthenticated` or `permission_denied`; the transport shows a page or a problem document
 */
export function requireRole(role: Role): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const user = c.get("user");
    if (!user) throw new DomainError("unauthenticated", "sign in first, or send an API key");
    if (!hasRole(user, role)) {
      throw new DomainError("permission_denied", `this needs the role ${role}; you are ${user.role}`);
    }
    await next();
  };
}

/** The user behind {@link requireRole}. */
export function currentUser(c: AppContext): SignedIn {
  const user = c.get("user");
  if (!user) throw new DomainError("unauthenticated", "sign in first, or send an API key");
  return user;
}
