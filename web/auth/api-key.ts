import type { AppContext } from "../context.ts";

/**
 * The API keys that a request shows: `Authorization: Bearer …` and `X-API-Key`. Other schemes are somebody else's word,
 * a proxy's for instance (Basic, Negotiate), and say nothing about our caller. Node joins repeated headers with commas.
 *
 * @returns every key, an empty one where a header names none; empty when no key was shown
 */
export function shownApiKeys(c: AppContext): string[] {
  const keys = (c.req.header("authorization") ?? "").split(",").flatMap((credentials) => {
    const [scheme = "", ...rest] = credentials.trim().split(/[ \t]/);
    return scheme.toLowerCase() === "bearer" ? [rest.join(" ").trim()] : [];
  });
  const header = c.req.header("x-api-key");
  return header === undefined ? keys : [...keys, ...header.split(",").map((key) => key.trim())];
}
