import type { Transaction } from "kysely";
import { z } from "zod";
import type { Role } from "../../domain/rights.ts";
import { type Account, findById, hasSecondFactor } from "../../pipeline/accounts/account.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import type { WebConfig } from "../config.ts";
import type { AppContext, Deps } from "../context.ts";
import { rememberDevice } from "./known-device.ts";
import { withNext } from "./next-path.ts";
import { SealedCookie } from "./sealed-cookie.ts";
import { beginSession } from "./start-session.ts";

/** How long the first factor waits for the second. */
const WAITS_S = 600;

/** Somebody who has shown the first factor and not the second. */
const pendingSignIn = z.object({
  user: z.number(),
  method: z.enum(["link", "password"]),
  next: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
  /** The password's, so that a change of it ends what waits. */
  passwordSetAt: z.number().nullable(),
});

export type PendingSignIn = z.output<typeof pendingSignIn>;

const pending = new SealedCookie("paysecure_sign_in", "sign-in", pendingSignIn, WAITS_S);

/** Whether a second factor is asked of everybody with the role (REQUIRE_SECOND_FACTOR). */
export function demandsSecondFactor(config: Pick<WebConfig, "REQUIRE_SECOND_FACTOR">, role: Role): boolean {
  return (
    config.REQUIRE_SECOND_FACTOR === "all" || (config.REQUIRE_SECOND_FACTOR === "admins" && role === "admin")
  );
}

/**
 * Goes on after the first factor: in, or to the page that asks for the second or sets it up.
 *
 * @param next where to go then ({@link nextPath})
 * @param spend what entitles to it and is used up with it, e.g. a link
 */
export async function continueSignIn(
  c: AppContext,
  deps: Deps,
  account: Account,
  {
    method,
    next,
    spend,
  }: {
    readonly method: PendingSignIn["method"];
    readonly next: string;
    readonly spend?: (trx: Transaction<Database>) => Promise<void>;
  },
): Promise<Response> {
  const second = hasSecondFactor(account);
  if (!second && !demandsSecondFactor(deps.config, account.role)) {
    await beginSession(c, deps, account.user_id, method, spend);
    rememberDevice(c, deps, account.user_id);
    return c.redirect(next, 303);
  }
  if (spend) await deps.db.transaction().execute(spend);
  pending.write(c, deps, {
    user: account.user_id,
    method,
    next,
    at: Date.now(),
    passwordSetAt: account.password_set_at?.getTime() ?? null,
  });
  return c.redirect(second ? "/sign-in/code" : "/sign-in/second-factor", 303);
}

/** Who waits at the second factor in this browser; null when nobody does, or no longer. */
export async function whoWaits(
  c: AppContext,
  deps: Deps,
): Promise<{ readonly account: Account; readonly waiting: PendingSignIn } | null> {
  const waiting = pending.read(c, deps);
  if (!waiting || Date.now() - waiting.at > WAITS_S * 1_000) return null;
  const account = await findById(deps.db, waiting.user);
  if (!account || account.disabled_at !== null) return null;
  if ((account.password_set_at?.getTime() ?? null) !== waiting.passwordSetAt) return null;
  return { account, waiting };
}

/** Lets in who has shown the second factor too. */
export async function finishSignIn(c: AppContext, deps: Deps, waiting: PendingSignIn): Promise<void> {
  await beginSession(c, deps, waiting.user, waiting.method);
  rememberDevice(c, deps, waiting.user);
  pending.clear(c, deps);
}

/** The sign-in page, for somebody whose waiting is over. */
export function backToSignIn(c: AppContext, next = "/"): Response {
  return c.redirect(withNext("/sign-in", next), 303);
}
