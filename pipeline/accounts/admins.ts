import type { Transaction } from "kysely";
import { DomainError } from "../../platform/process/errors.ts";
import type { Database } from "../store/schema.ts";

/**
 * The admins who can come in by themselves, and may not change until the transaction ends: two who take each other's
 * role away at the same moment wait for each other. Locked before any single account, so that nobody waits in a circle.
 */
export async function lockActiveAdmins(trx: Transaction<Database>): Promise<number[]> {
  const admins = await trx
    .selectFrom("users")
    .select(["user_id", "password_hash"])
    .where("role", "=", "admin")
    .where("disabled_at", "is", null)
    .orderBy("user_id")
    .forUpdate()
    .execute();
  const ids = admins.map(({ user_id }) => user_id);
  if (ids.length === 0) return [];
  const [passkeys, identities] = await Promise.all([
    trx.selectFrom("passkeys").select("user_id").where("user_id", "in", ids).execute(),
    trx.selectFrom("sso_identities").select("user_id").where("user_id", "in", ids).execute(),
  ]);
  const others = new Set([...passkeys, ...identities].map(({ user_id }) => user_id));
  return admins
    .filter(({ user_id, password_hash }) => password_hash !== null || others.has(user_id))
    .map(({ user_id }) => user_id);
}

/**
 * @param admins as {@link lockActiveAdmins} found them
 * @throws DomainError `conflict` when nobody else could administer
 */
export function keepAnAdmin(admins: readonly number[], without: number): void {
  if (admins.some((id) => id !== without)) return;
  throw new DomainError(
    "conflict",
    "this is the last admin who can sign in; make somebody else an admin first, and let them sign in",
  );
}
