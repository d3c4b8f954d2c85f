import { createSignInToken } from "../pipeline/accounts/sign-in-links.ts";
import { recordAct } from "../pipeline/audit/append.ts";
import { databaseTrouble } from "../pipeline/readiness/database.ts";
import type { Database } from "../pipeline/store/schema.ts";
import { openDatabase } from "../platform/process/database.ts";
import { messageOf } from "../platform/process/errors.ts";
import { createLogger } from "../platform/process/logger.ts";
import { operator } from "../platform/process/operator.ts";
import { publicUrl, readConfig } from "./config.ts";

/** `npm run sign-in-link`: prints one line, a one-time link that signs in as admin. */
async function main(): Promise<void> {
  const config = readConfig();
  const db = openDatabase<Database>(config.DATABASE_URL, createLogger("sign-in-link", "silent"), 1);
  try {
    const trouble = await databaseTrouble(db);
    if (trouble !== undefined) throw new Error(`PostgreSQL ${trouble}`);
    const token = await createSignInToken(db, "admin", "admin", config.SIGN_IN_LINK_MINUTES);
    await recordAct(db, { actor: operator(), act: "account.sign_in_link", subject: "user:admin" });
    process.stdout.write(`${publicUrl(config)}/sign-in/${token}\n`);
  } finally {
    await db.destroy();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`no sign-in link: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
