import type { Kysely } from "kysely";
import { makePushKeys, type PushKeys } from "../../platform/outgoing/web-push.ts";
import type { SecretBox } from "../accounts/secret-box.ts";
import type { Database } from "../store/schema.ts";

/** The public key that browsers subscribe with: made at the first question, the private one sealed beside it. */
export async function pushPublicKey(db: Kysely<Database>, secrets: SecretBox): Promise<string> {
  const kept = await read(db);
  if (kept?.push_public) return kept.push_public;
  const made = makePushKeys();
  // Of two that ask at once the first one's keys stay.
  await db
    .updateTable("alert_settings")
    .set({ push_public: made.publicKey, push_sealed: secrets.seal("alerts", made.privateKey) })
    .where("push_public", "is", null)
    .execute();
  return (await read(db))?.push_public ?? made.publicKey;
}

/** Both keys; null before the first browser. @throws Error when the private one cannot be opened here */
export async function readPushKeys(db: Kysely<Database>, secrets: SecretBox): Promise<PushKeys | null> {
  const { push_public: publicKey, push_sealed: sealed } = (await read(db)) ?? {};
  if (!publicKey || !sealed) return null;
  const privateKey = secrets.open("alerts", sealed);
  if (privateKey === null) throw new Error("its keys were sealed with another SECRET_KEY");
  return { publicKey, privateKey };
}

async function read(db: Kysely<Database>) {
  return await db.selectFrom("alert_settings").select(["push_public", "push_sealed"]).executeTakeFirst();
}
