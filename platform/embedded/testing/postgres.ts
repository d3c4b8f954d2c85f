import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { projectRoot, testDatabaseUrl } from "../../process/config.ts";
import { servePglite } from "../pglite-server.ts";

/**
 * A PostgreSQL of a test's own: PGlite in memory behind its socket server, or, with `TEST_DATABASE_URL`, a database of
 * its own on that server.
 */
export interface TestPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts one, empty. The first start on a machine runs initdb (some seconds); its result is kept in the temp folder,
 * so later ones take about one second.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const real = testDatabaseUrl();
  if (real !== undefined) return createDatabase(real);
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

async function createDatabase(serverUrl: string): Promise<TestPostgres> {
  const name = `paysecure_test_${randomUUID().replaceAll("-", "")}`;
  const admin = async (statement: string): Promise<void> => {
    const client = new pg.Client(serverUrl);
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await admin(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, stop: () => admin(`drop database ${name} with (force)`) };
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
