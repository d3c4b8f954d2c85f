import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { hashKey } from "../platform/credentials/api-key.ts";
import {
  type LockedPostgres,
  postgresPrograms,
  startLockedPostgres,
} from "../platform/embedded/testing/locked-postgres.ts";
import { type LockedRedis, startLockedRedis } from "../platform/embedded/testing/locked-redis.ts";
import { certificateAuthority, signedCertificate } from "../platform/embedded/testing/openssl.ts";
import { projectRoot } from "../platform/process/config.ts";
import { freePort } from "../platform/process/free-port.ts";
import { postgresConnection } from "../platform/process/postgres-connection.ts";
import { createScorerClient, type ScorerClientOptions } from "../scorer/client.ts";

/**
 * The whole house with a lock on every link: TLS, certificates of clients and keys at the scorer, TLS and an ACL user at
 * Redis, scram-sha-256 and verify-full at PostgreSQL, HTTPS at the console. docs/locks.md says the same in words.
 */

/** As they may come: everything that a URL has to encode. */
const ODD = "p@ss:/w#o?r%d&é";
const SCORER_KEY = "ps_locked-house-of-the-test";
const ADMIN_KEY = "locked-house-9f1c52ab77e04d";
/** The line of docs/locks.md. */
const ACL =
  "~{paysecure}:* &{paysecure}:* +@read +@write +@blocking +@pubsub +@transaction +@scripting +@connection " +
  "-@admin -@dangerous +info +role";

let folder: string;
let redis: LockedRedis;
let postgres: LockedPostgres;
let house: ChildProcess;
let ports: { web: number; scorer: number };
const lines: string[] = [];
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  if (postgresPrograms() === undefined) return;
  folder = await mkdtemp(join(tmpdir(), "paysecure-locked-"));
  for (const ca of ["ca", "other-ca"]) await certificateAuthority(folder, ca);
  await signedCertificate(folder, "server", "ca", "DNS:localhost,IP:127.0.0.1");
  await signedCertificate(folder, "client", "ca", "DNS:paysecure");
  await signedCertificate(folder, "intruder", "other-ca", "DNS:paysecure");
  const key = { name: "house", sha256: hashKey(SCORER_KEY), scopes: ["score", "explain"] };
  await writeFile(file("keys.json"), JSON.stringify([key]));
  const server = { cert: file("server.crt"), key: file("server.key"), ca: file("ca.crt") };
  [redis, postgres] = await Promise.all([
    startLockedRedis([`user paysecure on >${ODD} ${ACL}`, "user observer on >observer +acl|log"], server),
    startLockedPostgres(ODD, server),
  ]);
  ports = { web: await freePort(), scorer: await freePort() };
  house = spawn(process.execPath, ["--import", "tsx", "deploy/start.ts"], {
    cwd: projectRoot,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      DATA_DIR: file("data"),
      PORT: String(ports.web),
      SCORER_PORT: String(ports.scorer),
      SIM_RATE: "5",
      RECONCILE_SECONDS: "1",
      SIM_HEAD_START_SECONDS: "0",
      ADMIN_API_KEY: ADMIN_KEY,
      TLS_CERT: file("server.crt"),
      TLS_KEY: file("server.key"),
      SCORER_TLS_CERT: file("server.crt"),
      SCORER_TLS_KEY: file("server.key"),
      SCORER_TLS_CLIENT_CA: file("ca.crt"),
      SCORER_API_KEYS_FILE: file("keys.json"),
      SCORER_API_KEY: SCORER_KEY,
      SCORER_TLS_CA: file("ca.crt"),
      SCORER_TLS_CLIENT_CERT: file("client.crt"),
      SCORER_TLS_CLIENT_KEY: file("client.key"),
      REDIS_URL: `rediss://paysecure:${encodeURIComponent(ODD)}@localhost:${redis.port}`,
      REDIS_TLS_CA: file("ca.crt"),
      REDIS_TLS_CERT: file("client.crt"),
      REDIS_TLS_KEY: file("client.key"),
      DATABASE_URL: databaseUrl("verify-full"),
    },
  });
  await new Promise<void>((resolve, reject) => {
    for (const stream of [house.stdout!, house.stderr!]) {
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        if (line.includes("Another: npm run sign-in-link")) resolve();
      });
    }
    house.once("exit", (code) =>
      reject(new Error(`the house ended (${code}):\n${lines.slice(-30).join("\n")}`)),
    );
  });
}, 120_000);
afterAll(async () => {
  if (house?.exitCode === null) {
    house.kill("SIGTERM");
    await once(house, "exit");
  }
  await Promise.all([redis?.stop(), postgres?.stop()]);
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}, 60_000);

function databaseUrl(mode: string, password = ODD): string {
  const query = `sslmode=${mode}&sslrootcert=${encodeURIComponent(file("ca.crt"))}`;
  return `postgres://postgres:${encodeURIComponent(password)}@localhost:${postgres.port}/postgres?${query}`;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

async function call(path: string, options: RequestOptions & { body?: unknown } = {}): Promise<Answer> {
  const sent = request({
    ...{ host: "localhost", port: ports.web, path, ca: await readFile(file("ca.crt")), agent: false },
    ...options,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json", ...options.headers },
  });
  const { body: given } = options;
  const text = given instanceof URLSearchParams ? String(given) : given && JSON.stringify(given);
  sent.end(text);
  const [response] = await once(sent, "response");
  let body = "";
  for await (const data of response) body += String(data);
  return { status: response.statusCode, headers: response.headers, body };
}

async function scored(more: Partial<ScorerClientOptions>): Promise<string> {
  const client = createScorerClient({
    address: `localhost:${ports.scorer}`,
    apiKey: SCORER_KEY,
    tls: { ca: file("ca.crt"), cert: file("client.crt"), key: file("client.key") },
    deadlineMs: 5_000,
    ...more,
  });
  try {
    const id = `grpc-${Math.random().toString(36).slice(2)}`;
    const transaction = { transactionId: id, time: 1, v: new Array<number>(28).fill(0), amount: 9.5 };
    const { recorded } = await client.score(transaction, { record: true });
    return recorded ? id : "not recorded";
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    client.close();
  }
}

async function isDecided(id: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const { body } = await call(`/api/v1/transactions?search=${id}`);
      expect(JSON.parse(body).items.map((one: { transaction_id: string }) => one.transaction_id)).toEqual([
        id,
      ]);
    },
    { timeout: 30_000, interval: 200 },
  );
}

describe.skipIf(postgresPrograms() === undefined)("the house with a lock on every link", () => {
  test("decides what comes by HTTPS and by gRPC, and is ready", async () => {
    const transaction = { transaction_id: "https-1", time: 1, v: new Array(28).fill(0), amount: 12.5 };
    const taken = await call("/api/v1/transactions", {
      method: "POST",
      body: { transactions: [transaction] },
    });
    expect(taken.status, taken.body).toBe(202);
    await isDecided("https-1");
    const id = await scored({});
    expect(id).toMatch(/^grpc-/);
    await isDecided(id);
    const ready = await call("/readyz");
    expect([ready.status, ready.body]).toEqual([200, expect.stringContaining("ready")]);
  });

  test("keeps everybody out who lacks a key, a certificate or a password", async () => {
    const tls = { ca: file("ca.crt"), cert: file("client.crt"), key: file("client.key") };
    expect(await scored({ apiKey: "ps_another" })).toBe("unauthenticated");
    expect(await scored({ tls: { ca: tls.ca } })).toBe("unavailable");
    expect(await scored({ tls: { ...tls, cert: file("intruder.crt"), key: file("intruder.key") } })).toBe(
      "unavailable",
    );
    expect(await scored({ tls: { ...tls, ca: file("other-ca.crt") } })).toBe("unavailable");
    expect(await scored({ tls: undefined })).toBe("unavailable");

    for (const url of [databaseUrl("disable"), databaseUrl("require", "postgres")]) {
      const client = new pg.Client(postgresConnection(url).config);
      client.on("error", () => {});
      await expect(client.connect()).rejects.toThrow(/no encryption|password authentication/);
    }

    const ca = await readFile(file("ca.crt"));
    for (const options of [{ tls: { ca } }, {}]) {
      const client = new Redis({
        host: "localhost",
        port: redis.port,
        retryStrategy: null,
        lazyConnect: true,
        ...options,
      } as object);
      client.on("error", () => {});
      await expect(client.ping()).rejects.toThrow();
      client.disconnect();
    }
  });

  test("gives the browser what belongs to HTTPS", async () => {
    const banner = lines.join("\n");
    const link = new URL(/Sign in {4}(\S+)/.exec(banner)?.[1] ?? "");
    expect(link.origin).toBe(`https://localhost:${ports.web}`);
    expect(banner).toContain(`Console    https://localhost:${ports.web}`);
    const page = await call("/sign-in", { headers: { authorization: "" } });
    // Browsers would ask it of every port of localhost (web/app.tsx).
    expect(page.headers["strict-transport-security"]).toBeUndefined();
    const password = "a house with a lock on every link";
    const signedIn = await call(link.pathname, {
      method: "POST",
      headers: {
        authorization: "",
        origin: link.origin,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams({ name: "ann", password, again: password }),
    });
    const cookie = String(signedIn.headers["set-cookie"]);
    expect(cookie).toMatch(/__Host-/);
    expect(cookie).toMatch(/Secure/);
  });

  test("needs no right at Redis that its line does not give", async () => {
    const files = {
      ca: await readFile(file("ca.crt")),
      cert: await readFile(file("client.crt")),
      key: await readFile(file("client.key")),
    };
    const observer = new Redis({
      port: redis.port,
      username: "observer",
      password: "observer",
      enableReadyCheck: false,
      tls: files,
    });
    observer.on("error", () => {});
    const denied = JSON.stringify(await observer.call("ACL", "LOG"));
    observer.disconnect();
    expect(denied).not.toContain('"paysecure"');
  });

  test("says no secret in its log", () => {
    const log = lines.join("\n");
    for (const secret of [ODD, encodeURIComponent(ODD), SCORER_KEY, ADMIN_KEY])
      expect(log).not.toContain(secret);
    // On a busy machine a first look may take too long, and is taken again.
    const busy = /WARN .*\(took longer than \d+ ms\)/;
    expect(lines.filter((line) => /NOPERM|WARN|ERROR/.test(line) && !busy.test(line))).toEqual([]);
  });
});
