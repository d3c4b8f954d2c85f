import { getConnInfo } from "@hono/node-server/conninfo";
import type { MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Role } from "../../pipeline/store/schema.ts";
import { DomainError } from "../../platform/errors.ts";
import { publicUrl, type WebConfig } from "../config.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { readSession, type SignedIn } from "./sessions.ts";
import { sameSecret } from "./tokens.ts";

const COOKIE = "paysecure_session";

/** Each role may do what the ones before it may. */
const RANK: Record<Role, number> = { viewer: 0, analyst: 1, admin: 2 };

/** Whether `user` may do what `role` may. */
export function hasRole(user: SignedIn | null, role: Role): boolean {
  return user !== null && RANK[user.role] >= RANK[role];
}

/** The session token of the request's cookie. */
export function sessionToken(c: AppContext): string | undefined {
  return getCookie(c, COOKIE);
}

/** Gives the browser its session. Lax, so that a link from outside still opens the console signed in. */
export function setSessionCookie(c: AppContext, config: WebConfig, token: string): void {
  setCookie(c, COOKIE, token, {
    httpOnly: true,
    sameSite: "Lax",
    path: "/",
    secure: publicUrl(config).startsWith("https:"),
    maxAge: 7 * 24 * 3_600,
  });
}

export function clearSessionCookie(c: AppContext): void {
  deleteCookie(c, COOKIE, { path: "/" });
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
 * Finds out who asks, for every route behind it: `Authorization: Bearer <ADMIN_API_KEY>` or the session cookie.
 * A key that is sent and wrong is refused, never taken for nobody.
 */
export function identify({ config, db }: Pick<Deps, "config" | "db">): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    c.set("user", null);
    c.set("credential", null);
    const authorization = c.req.header("authorization");
    if (authorization !== undefined) {
      const key = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
      if (!config.ADMIN_API_KEY || key === undefined || !sameSecret(key, config.ADMIN_API_KEY)) {
        throw new DomainError("unauthenticated", "the API key is not valid");
      }
      c.set("user", { name: "api-key", role: "admin" });
      c.set("credential", "api-key");
    } else {
      const token = sessionToken(c);
      const user = token ? await readSession(db, token, config.SESSION_IDLE_HOURS) : null;
      if (user) {
        c.set("user", user);
        c.set("credential", "session");
      }
    }
    await next();
  };
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
