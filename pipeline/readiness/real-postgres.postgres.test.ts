import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresPrograms } from "../../platform/embedded/testing/locked-postgres.ts";
import {
  asNobody,
  nobodysFolder,
  type RealPostgres,
  startRealPostgres,
} from "../../platform/embedded/testing/real-postgres.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { freePort } from "../../platform/process/free-port.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { getDecision } from "../store/decision-list.ts";
import { foldCounters } from "../store/fold-counters.ts";
import { migrate } from "../store/migrate.ts";
import { findDrift } from "../store/reconcile.ts";
import type { Database } from "../store/schema.ts";
import { decision, risky, SLA } from "../store/testing.ts";
import { databaseTrouble } from "./database.ts";

const logger = createLogger("test", "silent");
const PASSWORD = `p:a/s#s?w%o r"d'é`;

/** Ways in which a database or a role may be set up, by right of whoever runs the server. `ROLE` and `BASE` stand for them. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  "as it comes": [],
  "time limits": [
    "alter role ROLE set statement_timeout = '20s'",
    "alter role ROLE set lock_timeout = '5s'",
    "alter role ROLE set idle_in_transaction_session_timeout = '5s'",
  ],
  "dates, times and intervals as elsewhere": [
    "alter role ROLE set datestyle = 'SQL, DMY'",
    "alter role ROLE set timezone = 'Asia/Kathmandu'",
    "alter role ROLE set intervalstyle = 'sql_standard'",
  ],
  "bytes and strings as of old": [
    "alter role ROLE set bytea_output = 'escape'",
    "alter role ROLE set standard_conforming_strings = off",
    "alter role ROLE set backslash_quote = on",
    "alter role ROLE set escape_string_warning = off",
  ],
  "another client encoding": ["alter role ROLE set client_encoding = 'SQL_ASCII'"],
  "serializable by default": ["alter role ROLE set default_transaction_isolation = 'serializable'"],
  "planner and parallelism turned": [
    "alter role ROLE set enable_seqscan = off",
    "alter role ROLE set jit = off",
    "alter role ROLE set plan_cache_mode = 'force_generic_plan'",
    "alter role ROLE set transform_null_equals = on",
  ],
  "a schema of its own, by the role's search path": [
    "alter role ROLE set search_path = '$user', nowhere, apart",
  ],
  "row security and checks of functions off": [
    "alter role ROLE set row_security = off",
    "alter role ROLE set check_function_bodies = off",
    "alter role ROLE set default_with_oids = off",
  ],
};

describe.skipIf(postgresPrograms() === undefined)("a real PostgreSQL", () => {
  let server: RealPostgres;
  let admin: Kysely<Database>;
  let made = 0;

  beforeAll(async () => {
    server = await startRealPostgres({ max_connections: 30 });
    admin = openDatabase<Database>(server.url, logger, 1);
  });
  afterAll(async () => {
    await admin?.destroy();
    await server?.stop();
  });

  /** A database and a role of odd names, set up by statements; the role may make tables there. */
  const makeDatabase = async (
    statements: readonly string[],
    encoding = "UTF8",
    rights = "create",
  ): Promise<string> => {
    // Names are the server's, in whatever encoding the database that says them reads.
    const name = `${encoding === "UTF8" ? "Größe" : "size"} "${++made}" %/#?`;
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const run = (text: string) => sql.raw(text).execute(admin);
    await run(`create role ${quoted} login password '${PASSWORD.replaceAll("'", "''")}'`);
    await run(`create database ${quoted} encoding '${encoding}' locale 'C' template template0`);
    const there = openDatabase<Database>(urlOf("postgres", "", name), logger, 1);
    await sql.raw(`create schema apart authorization ${quoted}`).execute(there);
    if (rights !== "") await sql.raw(`grant ${rights} on schema public to ${quoted}`).execute(there);
    await there.destroy();
    for (const statement of statements) {
      await run(statement.replaceAll("ROLE", quoted).replaceAll("BASE", quoted)).catch((error: unknown) => {
        if (!String(error).includes("unrecognized configuration parameter")) throw error;
      });
    }
    return urlOf(name, PASSWORD, name);
  };
  const urlOf = (user: string, password: string, database: string, port = server.port): string => {
    const [a, b, c] = [user, password, database].map(encodeURIComponent);
    return `postgres://${a}:${b}@127.0.0.1:${port}/${c}`;
  };
  const opened = async <T>(url: string, work: (db: Kysely<Database>) => Promise<T>, max = 2): Promise<T> => {
    const db = openDatabase<Database>(url, logger, max);
    try {
      return await work(db);
    } finally {
      await db.destroy();
    }
  };
  /** Records, reads again, counts. */
  const keepsWhatItIsGiven = async (db: Kysely<Database>, id: string): Promise<void> => {
    const given = [
      decision(`${id}-plain`, { merchantId: "Zoë's \\ café", amount: 12.34 }),
      risky(`${id}-risky`),
    ];
    expect((await recordDecisions(db, given, SLA)).inserted).toBe(2);
    expect((await recordDecisions(db, given, SLA)).inserted).toBe(0);
    const found = await getDecision(db, `${id}-plain`);
    expect(found).toMatchObject({ merchantId: "Zoë's \\ café", amount: 12.34 });
    expect(found?.decidedAt).toBeInstanceOf(Date);
    expect(Math.abs(Date.now() - Number(found?.decidedAt))).toBeLessThan(60_000);
    expect(found?.eventTime?.toISOString()).toBe("2026-11-22T10:00:00.000Z");
    await foldCounters(db, "test");
    expect(await findDrift(db)).toEqual([]);
  };

  test.each(Object.entries(SETTINGS))("%s: ready, and keeps what it is given", async (_, statements) => {
    const url = await makeDatabase(statements);
    await opened(url, async (db) => {
      await migrate(db);
      expect(await databaseTrouble(db)).toBeUndefined();
      await keepsWhatItIsGiven(db, "a");
    });
  });

  test.each([
    ["LATIN1", "keeps text as LATIN1"],
    ["SQL_ASCII", "keeps text as SQL_ASCII"],
  ])("a database of the encoding %s is refused with words", async (encoding, words) => {
    const url = await makeDatabase([], encoding);
    await opened(url, async (db) => {
      await expect(migrate(db)).rejects.toThrow(words);
      expect(await databaseTrouble(db)).toContain("has not got our tables");
    });
  });

  test("a role without the right to make tables is told so, and not ready", async () => {
    const url = await makeDatabase([], "UTF8", "");
    await opened(url, async (db) => {
      await expect(migrate(db)).rejects.toThrow("permission denied for schema public");
      expect(await databaseTrouble(db)).toContain("has not got our tables");
    });
  });

  test("without this month's partition, a role that may make none is not ready; one that may is", async () => {
    const url = await makeDatabase([]);
    await opened(url, async (db) => {
      await migrate(db);
      const now = new Date().toISOString().slice(0, 7).replace("-", "_");
      await sql`drop table ${sql.table(`decisions_${now}`)}`.execute(db);
      expect(await databaseTrouble(db)).toBeUndefined();
      const name = decodeURIComponent(new URL(url).username);
      await opened(urlOf("postgres", "", name), (there) =>
        sql`revoke create on schema public from ${sql.id(name)}`.execute(there),
      );
      expect(await databaseTrouble(db)).toContain("no table for this month's decisions");
    });
  });

  test("a role that reads alone, a database that is read-only", async () => {
    const url = await makeDatabase([]);
    await opened(url, (db) => migrate(db));
    const name = `"${decodeURIComponent(new URL(url).username).replaceAll('"', '""')}"`;
    await sql.raw(`alter database ${name} set default_transaction_read_only = on`).execute(admin);
    await opened(url, async (db) => expect(await databaseTrouble(db)).toContain("is read-only"));
    await sql.raw(`alter database ${name} reset default_transaction_read_only`).execute(admin);
    await opened(url, async (db) => expect(await databaseTrouble(db)).toBeUndefined());
  });

  test("a wrong password, a database that is not there, no connection left", async () => {
    const url = await makeDatabase([]);
    const name = decodeURIComponent(new URL(url).username);
    await opened(urlOf(name, PASSWORD, "nothing"), async (db) =>
      expect(await databaseTrouble(db)).toContain("has no database of the name"),
    );
    await sql.raw(`alter role "${name.replaceAll('"', '""')}" connection limit 0`).execute(admin);
    await opened(url, async (db) => expect(await databaseTrouble(db)).toBe("has no connection left for us"));
  });

  test("after a fail-over the same connection pool finds the standby that was promoted", async () => {
    const primary = await startRealPostgres({ max_connections: 20, wal_level: "replica" });
    await opened(primary.url, async (db) => {
      await migrate(db);
      await keepsWhatItIsGiven(db, "before");
    });
    const standby = await primary.standby();
    try {
      await opened(standby.url, async (db) => {
        expect(await databaseTrouble(db)).toContain("is read-only");
        await expect(keepsWhatItIsGiven(db, "never")).rejects.toMatchObject({ code: "25006" });
        await primary.kill();
        standby.promote();
        await expect.poll(() => databaseTrouble(db), { timeout: 20_000 }).toBeUndefined();
        await keepsWhatItIsGiven(db, "after");
        expect(await getDecision(db, "before-plain")).toMatchObject({ amount: 12.34 });
      });
    } finally {
      await standby.stop();
      await primary.stop().catch(() => {});
    }
  });

  describe.skipIf(spawnable("pgbouncer") === undefined)("behind pgbouncer in transaction mode", () => {
    let bouncer: ChildProcess;
    let folder: string;
    let port: number;
    beforeAll(async () => {
      folder = nobodysFolder("paysecure-bouncer-");
      port = await freePort();
      writeFileSync(join(folder, "users"), '"postgres" ""\n');
      writeFileSync(
        join(folder, "bouncer.ini"),
        [
          ...["[databases]", `postgres = host=127.0.0.1 port=${server.port}`, "[pgbouncer]"],
          ...[
            `listen_port = ${port}`,
            "listen_addr = 127.0.0.1",
            "auth_type = trust",
            "pool_mode = transaction",
          ],
          ...[`auth_file = ${join(folder, "users")}`, "default_pool_size = 3", "unix_socket_dir ="],
        ].join("\n"),
      );
      for (const name of ["users", "bouncer.ini"]) chmodSync(join(folder, name), 0o644);
      const [command, args] = asNobody(spawnable("pgbouncer")!, [join(folder, "bouncer.ini")]);
      bouncer = spawn(command, args, { stdio: "ignore", cwd: "/" });
    });
    afterAll(() => {
      bouncer?.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    });

    test("more callers than it has connections migrate, record and read", async () => {
      const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
      await opened(
        url,
        async (db) => {
          await expect
            .poll(() => databaseTrouble(db), { timeout: 10_000 })
            .toContain("has not got our tables");
          await Promise.all([migrate(db), migrate(db)]);
          expect(await databaseTrouble(db)).toBeUndefined();
          await Promise.all(
            Array.from({ length: 8 }, (_, i) => recordDecisions(db, [decision(`many-${i}`)], SLA)),
          );
          await keepsWhatItIsGiven(db, "bouncer");
        },
        8,
      );
    });
  });
});

/** Where Debian keeps a program of the server's, if it is there. */
function spawnable(name: string): string | undefined {
  return existsSync(`/usr/sbin/${name}`) ? `/usr/sbin/${name}` : undefined;
}
