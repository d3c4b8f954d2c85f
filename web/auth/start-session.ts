import type { Transaction } from "kysely";
import {
  endSessionIn,
  type OpenSession,
  proveAgain,
  startSession,
} from "../../pipeline/accounts/sessions.ts";
import type { Database, SignInMethod } from "../../pipeline/store/schema.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { AppContext, Deps } from "../context.ts";
import { callerAddress } from "./caller-address.ts";
import { sessionTokens, setSessionCookie } from "./session-cookie.ts";

/**
 * Signs the browser in: a new session, and the one that it had before is ended, so that nobody who planted or knows that
 * one shares this.
 *
 * @param inSameTransaction what entitles to it and must be there or not with it, e.g. spending a link
 * @throws the database's error; nothing has begun then
 */
export async function beginSession(
  c: AppContext,
  { config, db, metrics }: Pick<Deps, "config" | "db" | "metrics">,
  userId: number,
  method: SignInMethod,
  inSameTransaction?: (trx: Transaction<Database>) => Promise<void>,
): Promise<void> {
  const token = await db.transaction().execute(async (trx) => {
    await inSameTransaction?.(trx);
    for (const before of sessionTokens(c, config)) await endSessionIn(trx, before);
    return await startSession(trx, userId, {
      idleHours: config.SESSION_IDLE_HOURS,
      method,
      address: callerAddress(c, config),
      agent: c.req.header("user-agent"),
    });
  });
  setSessionCookie(c, config, token);
  metrics.signIns.inc({ outcome: "signed_in" });
}

/**
 * Notes that the person of this session has just proved again who they are, and gives the browser the session's new token.
 *
 * @param inSameTransaction what the proof uses up, e.g. a passkey's counter
 * @throws DomainError `unauthenticated` when the session has ended meanwhile
 */
export async function confirmSession(
  c: AppContext,
  { config, db }: Pick<Deps, "config" | "db">,
  session: OpenSession,
  inSameTransaction?: (trx: Transaction<Database>) => Promise<void>,
): Promise<void> {
  const token = await db.transaction().execute(async (trx) => {
    await inSameTransaction?.(trx);
    return await proveAgain(trx, session);
  });
  if (token === null) throw new DomainError("unauthenticated", "the session has ended; sign in again");
  setSessionCookie(c, config, token);
}
