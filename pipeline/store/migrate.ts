import { type Kysely, type Migration, type MigrationProvider, Migrator, sql } from "kysely";
import { first } from "./migrations/0001-first.ts";
import { operations } from "./migrations/0002-operations.ts";
import { freeSource } from "./migrations/0003-free-source.ts";
import { amountsByCurrency } from "./migrations/0004-amounts-by-currency.ts";
import { ledger } from "./migrations/0005-ledger.ts";
import { droppedCases } from "./migrations/0006-dropped-cases.ts";
import { roles } from "./migrations/0007-roles.ts";
import { accounts } from "./migrations/0008-accounts.ts";
import { apiKeys } from "./migrations/0009-api-keys.ts";
import { auditSearch } from "./migrations/0010-audit-search.ts";
import { droppedTotals } from "./migrations/0011-dropped-totals.ts";
import { tidy } from "./migrations/0012-tidy.ts";
import { policy } from "./migrations/0013-policy.ts";
import { ownFields } from "./migrations/0014-own-fields.ts";
import { queueWithoutCases } from "./migrations/0016-queue-without-cases.ts";
import { neighbours } from "./migrations/0017-neighbours.ts";
import { imported } from "./migrations/0018-imported.ts";
import { howRead } from "./migrations/0019-how-read.ts";
import { featuresAsSeen } from "./migrations/0020-features-as-seen.ts";
import { deadLetterStates } from "./migrations/0021-dead-letters.ts";
import { extra } from "./migrations/0022-extra.ts";
import { biViews } from "./migrations/0023-bi-views.ts";
import { keeping } from "./migrations/0027-keeping.ts";
import type { Database } from "./schema.ts";

/** In the order they run; a migration that has landed is never changed. */
const migrations: Record<string, Migration> = {
  "0001-first": first,
  "0002-operations": operations,
  "0003-free-source": freeSource,
  "0004-amounts-by-currency": amountsByCurrency,
  "0005-ledger": ledger,
  "0006-dropped-cases": droppedCases,
  "0007-roles": roles,
  "0008-accounts": accounts,
  "0009-api-keys": apiKeys,
  "0010-audit-search": auditSearch,
  "0011-dropped-totals": droppedTotals,
  "0012-tidy": tidy,
  "0013-policy": policy,
  "0014-own-fields": ownFields,
  "0016-queue-without-cases": queueWithoutCases,
  "0017-neighbours": neighbours,
  "0018-imported": imported,
  "0019-how-read": howRead,
  "0020-features-as-seen": featuresAsSeen,
  "0021-dead-letters": deadLetterStates,
  "0022-extra": extra,
  "0023-bi-views": biViews,
  "0027-keeping": keeping,
};

const provider: MigrationProvider = { getMigrations: async () => migrations };

/** What this version's code needs to have run. */
export const NEEDED_MIGRATIONS: readonly string[] = Object.keys(migrations);

/**
 * Brings the schema up to date. Safe from several processes at once: Kysely holds an advisory lock while it runs.
 *
 * @returns the names of the migrations that ran now
 * @throws the database's error; what the failed run changed is rolled back
 */
export async function migrate(db: Kysely<Database>): Promise<string[]> {
  return migrateTo(db, NEEDED_MIGRATIONS.at(-1)!);
}

/** … up to a migration of an earlier version; tests begin there. */
export async function migrateTo<DB>(db: Kysely<DB>, name: string): Promise<string[]> {
  const { error, results } = await new Migrator({ db, provider }).migrateTo(name);
  if (error) throw error;
  return (results ?? []).map((result) => result.migrationName);
}

/** Whether no migration has ever run: a database that was just made. @throws the database's error */
export async function isUnmigrated(db: Kysely<Database>): Promise<boolean> {
  const { rows } = await sql<{ none: boolean }>`
    select to_regclass('kysely_migration') is null as none`.execute(db);
  return rows[0]?.none ?? false;
}
