import { z } from "zod";
import type { SsoAttempt } from "../../pipeline/accounts/identity-provider.ts";
import type { AppContext, Deps } from "../context.ts";
import { SealedCookie } from "./sealed-cookie.ts";

/** How long somebody may take at the provider. */
const WAITS_S = 600;

/** Tabs that are at the provider at once; a cookie has no room for more. */
const MOST = 3;

/** A longer way back is left out, for the same reason. */
const LONGEST_NEXT = 400;

const underWay = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  fresh: z.boolean(),
  /** What it is for; for the last two it is the session that began it. */
  purpose: z.enum(["sign-in", "confirm", "connect"]),
  session: z.number().nullable(),
  next: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
});

/** A sign-in that is under way at the provider. */
export type SsoUnderWay = z.output<typeof underWay>;

const cookie = new SealedCookie("paysecure_sso", "sso", z.array(underWay), WAITS_S);

type Sealing = Pick<Deps, "config" | "secrets">;

const current = (c: AppContext, deps: Sealing): SsoUnderWay[] =>
  (cookie.read(c, deps) ?? []).filter(({ at }) => Date.now() - at <= WAITS_S * 1_000);

/** Keeps in this browser, and in no other, what must come back from the provider. */
export function rememberAttempt(
  c: AppContext,
  deps: Sealing,
  attempt: SsoAttempt,
  { purpose, session, next }: Pick<SsoUnderWay, "purpose" | "session" | "next">,
): void {
  const kept = next.length > LONGEST_NEXT ? "/" : next;
  const mine = { ...attempt, purpose, session, next: kept, at: Date.now() };
  cookie.write(c, deps, [mine, ...current(c, deps)].slice(0, MOST));
}

/** The attempt that `state` belongs to, once; null when it was begun elsewhere, took too long or is used. */
export function takeAttempt(c: AppContext, deps: Sealing, state: string | undefined): SsoUnderWay | null {
  const all = current(c, deps);
  const found = all.find((attempt) => attempt.state === state) ?? null;
  if (found) {
    const rest = all.filter((attempt) => attempt !== found);
    if (rest.length === 0) cookie.clear(c, deps);
    else cookie.write(c, deps, rest);
  }
  return found;
}
