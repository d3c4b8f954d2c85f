import { parseArgs } from "node:util";
import { findAccount } from "../pipeline/accounts/account.ts";
import { createSignInToken, firstAdmin } from "../pipeline/accounts/sign-in-links.ts";
import { databaseTrouble } from "../pipeline/readiness/database.ts";
import { isUnmigrated, migrate } from "../pipeline/store/migrate.ts";
import type { Database } from "../pipeline/store/schema.ts";
import { openDatabase } from "../platform/process/database.ts";
import { messageOf } from "../platform/process/errors.ts";
import { createLogger } from "../platform/process/logger.ts";
import { operator } from "../platform/process/operator.ts";
import { publicUrl, readConfig } from "./config.ts";

/**
 * `npm run sign-in-link [-- NAME]`: prints one line, a one-time link that signs in as the first admin, or as NAME. With
 * `--first`, as `npm start` asks: the sign-in page's address once that admin has a password.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { first: { type: "boolean", default: false } },
  });
  const config = readConfig();
  const db = openDatabase<Database>(config.DATABASE_URL, createLogger("sign-in-link", "silent"), 1);
  try {
    let trouble = await databaseTrouble(db);
    if (trouble !== undefined && (await isUnmigrated(db).catch(() => false))) {
      // A first start: what npm start runs before anything else.
      await migrate(db);
      trouble = await databaseTrouble(db);
    }
    if (trouble !== undefined) throw new Error(`PostgreSQL ${trouble}`);
    const named = positionals[0];
    const account = named === undefined ? null : await findAccount(db, named);
    if (named !== undefined && !account) throw new Error(`nobody is called ${named}: npm run users -- list`);
    if (account?.disabled_at)
      throw new Error(`${account.name} is disabled: npm run users -- enable ${account.name}`);
    const admin = await firstAdmin(db);
    const path =
      values.first && admin.hasPassword
        ? ""
        : `/${await createSignInToken(db, account?.name ?? admin.name, "admin", config.SIGN_IN_LINK_MINUTES, operator())}`;
    process.stdout.write(`${publicUrl(config)}/sign-in${path}\n`);
  } finally {
    await db.destroy();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`no sign-in link: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
