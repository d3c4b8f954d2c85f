import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { publicUrl, type WebConfig } from "../config.ts";
import type { AppContext } from "../context.ts";

/** The name of the first release. A session that is still under it is read, and moved to the name of today. */
const FIRST_NAME = "paysecure_session";

type Reached = Pick<WebConfig, "PUBLIC_URL" | "PORT" | "TLS_CERT">;

/**
 * What the session cookie is called by a browser that reaches the console at `address`. Cookies know hosts, not ports
 * (RFC 6265, 8.5), so the port is in the name: two instances on one host leave each other's sessions alone. Over https
 * `__Host-` keeps other hosts of the domain from setting it.
 */
export function sessionCookieName(address: URL): string {
  return nameAt(address, FIRST_NAME);
}

function nameAt(address: URL, name: string): string {
  const secure = address.protocol === "https:";
  const port = address.port || (secure ? "443" : "80");
  return `${secure ? "__Host-" : ""}${name}_${port}`;
}

/** What another cookie of ours is called, by the same rules as {@link sessionCookieName}. */
export function cookieName(name: string, c: AppContext, config: Reached): string {
  return nameAt(new URL(config.PUBLIC_URL ?? c.req.url), name);
}

/** PUBLIC_URL is how people come in; without it the address they came to, which a tunnel may have given another port. */
function nameFor(c: AppContext, config: Reached): string {
  return cookieName(FIRST_NAME, c, config);
}

/** The session tokens that the browser sent, the likeliest first. */
export function sessionTokens(c: AppContext, config: Reached): string[] {
  const sent = [getCookie(c, nameFor(c, config)), getCookie(c, FIRST_NAME)];
  return sent.filter((token) => token !== undefined && token !== "") as string[];
}

/** Gives the browser its session. Lax, so that a link from outside still opens the console signed in. */
export function setSessionCookie(
  c: AppContext,
  config: Reached & Pick<WebConfig, "SESSION_LONGEST_HOURS">,
  token: string,
): void {
  setCookie(c, nameFor(c, config), token, {
    httpOnly: true,
    sameSite: "Lax",
    path: "/",
    secure: publicUrl(config).startsWith("https:"),
    maxAge: Math.round(config.SESSION_LONGEST_HOURS * 3_600),
  });
}

/** Gives a session that came under the first release's name today's name, and leaves the old one to nobody. */
export function renameSessionCookie(
  c: AppContext,
  config: Parameters<typeof setSessionCookie>[1],
  token: string,
): void {
  if (getCookie(c, FIRST_NAME) !== token) return;
  setSessionCookie(c, config, token);
  deleteCookie(c, FIRST_NAME, { path: "/" });
}

/** Takes this instance's cookie back; another instance's on the same host stays. */
export function clearSessionCookie(c: AppContext, config: Reached): void {
  const name = nameFor(c, config);
  deleteCookie(c, name, { path: "/", secure: name.startsWith("__Host-") });
}
