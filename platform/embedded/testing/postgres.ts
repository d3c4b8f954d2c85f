import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { projectRoot, testDatabaseUrl } from "../../process/config.ts";
import { servePglite } from "../pglite-server.ts";

/**
 * A PostgreSQL of a test's own: a database on the server that the run has started (`pipeline/testing/run-postgres.ts`) or
 * `TEST_DATABASE_URL` names; where there is none, PGlite in memory behind its socket server.
 */
export interface TestPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** The database of the run's server that has our tables, empty: a test's own is a copy of it. */
export const TEMPLATE = "paysecure_test_template";

/**
 * Starts one.
 *
 * @param kind `migrated` may have our tables (of PGlite it has not: migrate it in any case), else it is empty; `embedded`
 *   is PGlite wherever it runs, what people have who set no `DATABASE_URL`
 */
export async function startTestPostgres(
  kind: "empty" | "migrated" | "embedded" = "empty",
): Promise<TestPostgres> {
  const server = testDatabaseUrl();
  if (server !== undefined && kind !== "embedded")
    return createDatabase(server, kind === "migrated" ? TEMPLATE : "template1");
  return startPglite();
}

/**
 * The first start on a machine runs initdb (some seconds); its result is kept in the temp folder, so later ones take
 * about one second.
 */
async function startPglite(): Promise<TestPostgres> {
  const db = await createInMemory();
  const server = await servePglite(db, 0, "a-test's own");
  return {
    url: server.url,
    stop: async () => {
      await server.close();
      await db.close();
    },
  };
}

async function createDatabase(serverUrl: string, template: string): Promise<TestPostgres> {
  const name = `paysecure_test_${randomUUID().replaceAll("-", "")}`;
  await administer(serverUrl, `create database ${name} template ${template}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, stop: () => administer(serverUrl, `drop database ${name} with (force)`) };
}

/** One statement on a server, by a connection of its own. */
export async function administer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client(serverUrl);
  await client.connect();
  await client.query(statement);
  await client.end();
}

async function createInMemory(): Promise<PGlite> {
  const manifest = join(projectRoot, "node_modules/@electric-sql/pglite/package.json");
  const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
  const cache = join(tmpdir(), `paysecure-pglite-${version}-${process.getuid?.() ?? 0}.tar`);
  try {
    return await PGlite.create({ loadDataDir: new Blob([await readFile(cache)]) });
  } catch {
    // No cache yet, or one that cannot be read: start from nothing and leave one behind.
  }
  const db = await PGlite.create();
  const dump = await db.dumpDataDir("none");
  const partial = `${cache}.${process.pid}`;
  await writeFile(partial, Buffer.from(await dump.arrayBuffer()));
  await rename(partial, cache);
  return db;
}
