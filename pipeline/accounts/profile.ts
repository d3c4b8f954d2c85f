import type { Kysely } from "kysely";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { accountSubject, lockAccount, refuseTaken } from "./account.ts";
import { displayName, emailAddress } from "./names.ts";
import type { By } from "./team.ts";

/**
 * Changes how somebody is shown and where letters reach them.
 *
 * @throws DomainError `invalid_argument`; `conflict` when the address is another account's
 */
export async function changeProfile(
  db: Kysely<Database>,
  userId: number,
  profile: { readonly displayName: string; readonly email: string },
  by: By,
): Promise<void> {
  const after = { display_name: displayName(profile.displayName), email: emailAddress(profile.email) };
  await db.transaction().execute(async (trx) => {
    const { name, display_name, email } = await lockAccount(trx, userId);
    if (display_name === after.display_name && email === after.email) return;
    await refuseTaken(trx, name, after.email, userId);
    await trx.updateTable("users").set(after).where("user_id", "=", userId).execute();
    await appendAudit(trx, {
      actor: by.actor,
      act: "account.profile",
      subject: accountSubject(userId),
      detail: {
        before: { display_name, email },
        after,
        ...(by.address === undefined ? {} : { address: by.address }),
      },
    });
  });
}
