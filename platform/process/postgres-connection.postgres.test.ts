import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { certificateAuthority, signedCertificate } from "../embedded/testing/openssl.ts";
import { startTestPostgres, type TestPostgres } from "../embedded/testing/postgres.ts";
import { startTcpProxy } from "../embedded/testing/tcp-proxy.ts";
import { type PostgresTlsProxy, startPostgresTlsProxy } from "../embedded/testing/tls-proxy.ts";
import { openDatabase } from "./database.ts";
import { createLogger } from "./logger.ts";
import { postgresConnection } from "./postgres-connection.ts";

const logger = createLogger("test", "silent");
let folder: string;
let postgres: TestPostgres;
/** Speaks TLS with a certificate for the name `localhost`, by an authority the system does not know. */
let secure: PostgresTlsProxy;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-sslmode-"));
  postgres = await startTestPostgres("embedded");
  for (const ca of ["ca", "other"]) await certificateAuthority(folder, ca);
  await signedCertificate(folder, "server", "ca", "DNS:localhost");
  const [key, cert] = await Promise.all(["key", "crt"].map((end) => readFile(join(folder, `server.${end}`))));
  secure = await startPostgresTlsProxy(postgres.url, { key: key!, cert: cert! });
});
afterAll(async () => {
  await secure?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => void secure.encrypted.splice(0));

/** @returns whether the connection was encrypted */
async function ask(query: string, host = "localhost"): Promise<boolean> {
  const url = new URL(postgres.url);
  url.host = `${host}:${secure.port}`;
  url.search = query;
  const db = openDatabase<Record<string, never>>(url.href, logger, 1);
  try {
    await sql`select 1`.execute(db);
    return secure.encrypted.at(-1)!;
  } finally {
    await db.destroy();
  }
}

const rootCertificate = (name: string): string => `sslrootcert=${join(folder, name)}.crt`;

describe("sslmode means what libpq means by it", () => {
  test("disable does not encrypt; nothing, allow and prefer do where the server offers it", async () => {
    expect(await ask("sslmode=disable")).toBe(false);
    for (const query of ["", "sslmode=allow", "sslmode=prefer"]) expect(await ask(query), query).toBe(true);
  });

  test("require encrypts and verifies nothing, unless a root certificate is given", async () => {
    for (const query of ["sslmode=require", "ssl=true", "sslmode=no-verify"]) {
      expect(await ask(query, "127.0.0.1"), query).toBe(true);
    }
    expect(await ask(`sslmode=require&${rootCertificate("ca")}`, "127.0.0.1")).toBe(true);
    await expect(ask(`sslmode=require&${rootCertificate("other")}`)).rejects.toThrow(/certificate/);
  });

  test("verify-ca verifies who signed, verify-full the name too", async () => {
    expect(await ask(`sslmode=verify-ca&${rootCertificate("ca")}`, "127.0.0.1")).toBe(true);
    await expect(ask(`sslmode=verify-ca&${rootCertificate("other")}`)).rejects.toThrow(/certificate/);
    expect(await ask(`sslmode=verify-full&${rootCertificate("ca")}`)).toBe(true);
    await expect(ask(`sslmode=verify-full&${rootCertificate("ca")}`, "127.0.0.1")).rejects.toThrow(
      /altnames/,
    );
    await expect(ask(`sslmode=verify-full&${rootCertificate("other")}`)).rejects.toThrow(/certificate/);
    await expect(ask("sslmode=verify-full&sslrootcert=system")).rejects.toThrow(/certificate/);
  });

  test("without a root certificate to verify with, verifying is refused with what to set", () => {
    vi.stubEnv("HOME", folder);
    for (const mode of ["verify-ca", "verify-full"]) {
      expect(() => postgresConnection(`postgres://h/d?sslmode=${mode}`), mode).toThrow(
        `sslmode=${mode} needs the certificate of the authority that signed the server's: sslrootcert=FILE`,
      );
    }
    expect(() => postgresConnection("postgres://h/d?sslmode=require")).not.toThrow();
    vi.stubEnv("PGSSLROOTCERT", join(folder, "ca.crt"));
    expect(() => postgresConnection("postgres://h/d?sslmode=verify-full")).not.toThrow();
    vi.unstubAllEnvs();
  });

  test("what the system trusts is for verify-full alone, which it makes the default", () => {
    for (const mode of ["prefer", "require", "verify-ca"]) {
      expect(() => postgresConnection(`postgres://h/d?sslmode=${mode}&sslrootcert=system`), mode).toThrow(
        "use sslmode=verify-full",
      );
    }
    const { config } = postgresConnection("postgres://h/d?sslrootcert=system");
    expect(config.ssl).toMatchObject({ rejectUnauthorized: true });
    expect(config.ssl).not.toHaveProperty("checkServerIdentity");
  });

  test("a password of odd characters is read decoded; one that cannot be read is not repeated", () => {
    const { config } = postgresConnection("postgres://us%40er:p%40ss%3A%2F%23%3F%25%E2%82%AC@h/d");
    expect(config).toMatchObject({ user: "us@er", password: "p@ss:/#?%€" });
    for (const url of ["postgres://u:hunter2#/x@h/d", "postgres://u:hunter2?x@h/d"]) {
      const failure = (): unknown => postgresConnection(url);
      expect(failure, url).toThrow("must be percent-encoded");
      expect(failure, url).not.toThrow(/hunter2/);
    }
  });

  test("a server without TLS: prefer goes on without, require does not", async () => {
    const plain = openDatabase<Record<string, never>>(`${postgres.url}?sslmode=prefer`, logger, 1);
    await sql`select 1`.execute(plain);
    await plain.destroy();
    const strict = openDatabase<Record<string, never>>(`${postgres.url}?sslmode=require`, logger, 1);
    await expect(sql`select 1`.execute(strict)).rejects.toThrow(/does not support SSL/);
    await strict.destroy();
  });

  test("a mode there is none of, and files that are not there, are named", () => {
    expect(() => postgresConnection("postgres://h/d?sslmode=verify_full")).toThrow(
      "sslmode=verify_full is none of",
    );
    expect(() => postgresConnection("postgres://h/d?sslmode=verify-ca&sslrootcert=/none")).toThrow(
      "sslrootcert: /none cannot be read",
    );
    expect(() => postgresConnection("postgres://h/d?sslmode=require&sslcert=/none")).toThrow(
      "sslcert: /none",
    );
  });
});

test("a connection lost between two statements fails the work on it and nothing else", async () => {
  const wire = await startTcpProxy(postgres.url);
  const db = openDatabase<Record<string, never>>(wire.url, logger, 1);
  try {
    const work = db.transaction().execute(async (trx) => {
      await sql`select 1`.execute(trx);
      wire.cut();
      await new Promise((resolve) => setTimeout(resolve, 100)); // its socket is gone, nobody awaits anything of it
      await sql`select 2`.execute(trx);
    });
    await expect(work).rejects.toThrow();
    wire.restore();
    const { rows } = await sql<{ three: number }>`select 3 as three`.execute(db);
    expect(rows).toEqual([{ three: 3 }]);
  } finally {
    await db.destroy();
    await wire.close();
  }
});
