import type { Kysely } from "kysely";
import type { Role } from "../../domain/rights.ts";
import { PasswordHasher } from "../../pipeline/accounts/password-hash.ts";
import { createSignInToken } from "../../pipeline/accounts/sign-in-links.ts";
import type { Database } from "../../pipeline/store/schema.ts";

/** What everybody's password is in tests. */
export const PASSWORD = "tulips in november rain";

let hash: Promise<string> | undefined;

/** A one-time link for somebody who has joined: an account with {@link PASSWORD}, made when missing. */
export async function linkFor(
  db: Kysely<Database>,
  name: string,
  role: Role = "analyst",
  validMinutes = 10,
): Promise<string> {
  const token = await createSignInToken(db, name, role, validMinutes);
  hash ??= new PasswordHasher().hash(PASSWORD);
  await db
    .updateTable("users")
    .set({ password_hash: await hash, password_set_at: new Date() })
    .where("name", "=", name)
    .where("password_hash", "is", null)
    .execute();
  return token;
}
