import type { AppContext } from "../context.ts";

const LONGEST = 2_000;

/**
 * Where to go after signing in, as a link or form says it: a path of this console only, so that nobody's link through
 * the sign-in page ends elsewhere.
 *
 * @returns the path with its query; "/" for anything else
 */
export function nextPath(given: unknown): string {
  if (typeof given !== "string" || given.length > LONGEST || !/^\/(?![/\\])[\x21-\x7e]*$/.test(given))
    return "/";
  const base = "http://console.invalid";
  const url = URL.canParse(given, base) ? new URL(given, base) : null;
  if (url?.origin !== base || /^\/(\/|sign-(in|out)|live\/)/.test(url.pathname)) return "/";
  return url.pathname + url.search + url.hash;
}

/** An address with where to go afterwards. */
export function withNext(path: string, next: string): string {
  return next === "/" ? path : `${path}?next=${encodeURIComponent(next)}`;
}

/** Where the page is that a request belongs to: its own path, or that of the page whose form or htmx sent it. */
export function pageOf(c: AppContext): string {
  const url = new URL(c.req.url);
  if (c.req.method === "GET" && c.req.header("hx-request") !== "true")
    return nextPath(url.pathname + url.search);
  const referer = c.req.header("hx-current-url") ?? c.req.header("referer") ?? "";
  if (!URL.canParse(referer)) return "/";
  const page = new URL(referer);
  return page.host === url.host ? nextPath(page.pathname + page.search) : "/";
}
