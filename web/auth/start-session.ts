import type { Transaction } from "kysely";
import { endSessionIn, startSession } from "../../pipeline/accounts/sessions.ts";
import type { Database, SignInMethod } from "../../pipeline/store/schema.ts";
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
