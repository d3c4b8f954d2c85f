import { getCookie } from "hono/cookie";
import { type Actor, isSameActor } from "../../domain/actors.ts";
import type { SignedIn } from "../../pipeline/accounts/sessions.ts";
import type { AppContext } from "../context.ts";

/** What every component needs to know of the person who looks. */
export interface View {
  readonly user: SignedIn | null;
  readonly theme: "light" | "dark" | "auto";
  /** IANA zone of the browser, from a cookie that assets/clock.js sets; UTC until it has. */
  readonly timeZone: string;
  readonly path: string;
}

/** Whether an actor is who looks. */
export function isYours(actor: Actor | null, { user }: Pick<View, "user">): boolean {
  return actor !== null && user !== null && isSameActor(actor, user.actor);
}

const knownZones = new Map<string, boolean>();

/** A zone that Intl can use. Remembered, because the check is costly; bounded, because the cookie is the caller's. */
export function isTimeZone(zone: string): boolean {
  let known = knownZones.get(zone);
  if (known === undefined) {
    try {
      new Intl.DateTimeFormat("en-GB", { timeZone: zone });
      known = true;
    } catch {
      known = false;
    }
    if (knownZones.size < 1_000) knownZones.set(zone, known);
  }
  return known;
}

/** The view of a request. */
export function viewOf(c: AppContext): View {
  const theme = getCookie(c, "theme");
  const zone = getCookie(c, "tz") ?? "";
  return {
    user: c.get("user") ?? null,
    theme: theme === "light" || theme === "dark" ? theme : "auto",
    timeZone: zone.length > 0 && zone.length < 64 && isTimeZone(zone) ? zone : "UTC",
    path: c.req.path,
  };
}
