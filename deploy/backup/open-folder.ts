import { randomBytes } from "node:crypto";
import { PGlite } from "@electric-sql/pglite";
import type { Kysely } from "kysely";
import type { Database } from "../../pipeline/store/schema.ts";
import { servePglite } from "../../platform/embedded/pglite-server.ts";
import { givePrivateModes } from "../../platform/embedded/private-modes.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";

/** Opens the embedded database's folder, that nobody else has open, for as long as `use` takes. */
export async function withFolder<T>(folder: string, use: (db: Kysely<Database>) => Promise<T>): Promise<T> {
  givePrivateModes();
  const pglite = await PGlite.create({ dataDir: folder });
  const server = await servePglite(pglite, 0, randomBytes(24).toString("base64url"));
  const db = openDatabase<Database>(server.url, createLogger("backup", "silent"), 1);
  try {
    return await use(db);
  } finally {
    await db.destroy();
    await server.close();
    await pglite.close();
  }
}
