import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openssl } from "../../platform/embedded/testing/openssl.ts";
import { startTestPostgres, type TestPostgres } from "../../platform/embedded/testing/postgres.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { projectRoot } from "../../platform/process/config.ts";
import { SEED_DIR } from "../../scorer/config.ts";
import { checkCertificates } from "./certificates.ts";
import type { Finding } from "./finding.ts";
import { checkDataFolder, checkPackages } from "./machine.ts";
import { checkMail } from "./mail.ts";
import { checkPorts } from "./ports.ts";
import { checkPostgres } from "./postgres.ts";
import { checkRedis } from "./redis.ts";
import { checkRegistry } from "./registry.ts";
import { checkNames, checkSettings } from "./settings.ts";

let folder: string;
let redis: TestRedis;
let postgres: TestPostgres;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "paysecure doctor-"));
  redis = await startTestRedis();
  postgres = await startTestPostgres("empty");
});
afterAll(async () => {
  await redis.stop();
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

/** What is not as it should be, a line each. */
const wrong = (findings: readonly Finding[]): string[] =>
  findings.filter(({ state }) => state !== "ok").map(({ state, found }) => `${state}: ${found}`);

test("a port that is taken is told with who has it", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const [finding] = await checkPorts([{ port, what: "web", variable: "PORT" }]);
  server.close();
  expect(finding?.state).toBe("fault");
  expect(finding?.found).toContain(`the web's is taken by process ${process.pid} (`);
});

test("a data folder that is a file, has no way to it, or a quote in its path", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(wrong(await checkDataFolder(file, true))).toEqual([`fault: ${file} is no folder`]);
  expect(wrong(await checkDataFolder(join(file, "below"), true))).toEqual([
    `fault: ${join(file, "below")} cannot be written to (ENOTDIR)`,
  ]);
  expect(wrong(await checkDataFolder(join(folder, 'a"b'), true))[0]).toContain("has a quote");
  expect(wrong(await checkDataFolder(join(folder, "not there yet"), true))).toEqual([]);
});

test("a data folder on a full or read-only file system", async () => {
  // /proc takes no files from anybody, root included.
  expect(wrong(await checkDataFolder("/proc/paysecure", true))[0]).toMatch(
    /^fault: \/proc cannot be written to/,
  );
});

test("a Redis that throws keys away is a fault when it may, a warning when it has no limit", async () => {
  const admin = new Redis(redis.url);
  expect(wrong(await checkRedis(redis.url, "{doctor}"))).toEqual([]);
  await admin.config("SET", "maxmemory-policy", "allkeys-lru");
  expect(wrong(await checkRedis(redis.url, "{doctor}"))).toEqual([
    "warning: maxmemory-policy is allkeys-lru: a full server would drop keys of ours",
  ]);
  await admin.config("SET", "maxmemory", "100mb", "appendonly", "no");
  expect(wrong(await checkRedis(redis.url, "{doctor}"))).toEqual([
    "fault: throws jobs away when it is full (maxmemory-policy allkeys-lru): set noeviction",
  ]);
  await admin.config("SET", "maxmemory", "0", "maxmemory-policy", "noeviction");
  expect(wrong(await checkRedis(redis.url, "{doctor}"))[0]).toMatch(/^warning: has no append-only file/);
  admin.disconnect();
});

test("neighbours that are not there", async () => {
  expect(wrong(await checkRedis("redis://127.0.0.1:1", "{doctor}"))[0]).toMatch(/^fault: does not answer/);
  expect(wrong(await checkPostgres("postgres://a@127.0.0.1:1/b"))).toEqual([
    "fault: does not answer (ECONNREFUSED)",
  ]);
  expect(wrong([await checkMail("smtp://127.0.0.1:1")])[0]).toMatch(/^fault: the server of SMTP_URL/);
});

test("a database without our tables is for migrate, or a start, to mend", async () => {
  expect(wrong(await checkPostgres(postgres.url))).toEqual([
    "warning: has not got our tables: run npm run migrate",
  ]);
});

test("certificates that run out, have run out, or do not fit their key", async () => {
  const make = (name: string) =>
    openssl(
      folder,
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"],
      ...["-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.crt`],
    );
  await make("one");
  await make("other");
  chmodSync(join(folder, "one.key"), 0o600);
  const env = { TLS_CERT: join(folder, "one.crt"), TLS_KEY: join(folder, "one.key") };
  const day = 86_400_000;
  expect(wrong(await checkCertificates(env))).toEqual([]);
  expect(wrong(await checkCertificates(env, Date.now() + 20 * day))[0]).toMatch(/^warning: .* in 9 days$/);
  expect(wrong(await checkCertificates(env, Date.now() + 31 * day))[0]).toMatch(/^fault: .* has run out on/);
  const unfit = { ...env, TLS_KEY: join(folder, "other.key") };
  expect(wrong(await checkCertificates(unfit))[0]).toMatch(/^fault: the TLS files .* cannot be used/);
});

test("a model file that is not what its card says, and a champion that is not there", async () => {
  const root = join(folder, "registry");
  cpSync(SEED_DIR, root, { recursive: true });
  expect(wrong(await checkRegistry(root))).toEqual([]);
  appendFileSync(join(root, "fraud-forest/2/model.onnx"), "x");
  const { champion } = JSON.parse(readFileSync(join(root, "serving.json"), "utf8")) as { champion: string };
  rmSync(join(root, champion.replace("@", "/")), { recursive: true });
  expect(wrong(await checkRegistry(root))).toEqual([
    expect.stringMatching(/^fault: model.onnx of fraud-forest@2 does not match its card/),
    expect.stringContaining(`fault: serving.json: no model "${champion}"`),
  ]);
});

const RIGHT = { REDIS_URL: "redis://127.0.0.1", DATABASE_URL: "postgres://a@b/c" };

test("a setting that is wrong is told once, with whose it is, and a name that nothing reads with what is meant", () => {
  expect(wrong(checkSettings(RIGHT))).toEqual([]);
  expect(wrong(checkSettings({ ...RIGHT, SECRET_KEY: "short", SCORER_PORT: "x" }))).toEqual([
    expect.stringMatching(/^fault: SCORER_PORT \(set\): .* \(scorer\)$/),
    expect.stringMatching(/^fault: SECRET_KEY \(set\): must be 32 bytes in base64: .* \(worker, web\)$/),
  ]);
  const file = join(folder, ".env");
  writeFileSync(file, "PROT=1\nSCORER_WORKERS=2\n", { mode: 0o644 });
  expect(wrong(checkNames({ SCORER_PROT: "1", ANOTHER: "2" }, file))).toEqual([
    "warning: PROT is no setting: is PORT meant?",
    "warning: SCORER_PROT is no setting: is SCORER_PORT meant?",
    `warning: ${file} may be read by other users of this machine`,
  ]);
});

test("packages that are missing are named", async () => {
  const root = join(folder, "product");
  mkdirSync(root);
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(projectRoot, file), join(root, file));
  expect((await checkPackages(root)).found).toContain("bullmq is missing");
});

test("npm run doctor says it all, in words and as JSON, and ends with 1 where something is at fault", async () => {
  const child = spawn("npm", ["run", "--silent", "doctor", "--", "--json"], {
    cwd: projectRoot,
    env: {
      PATH: process.env["PATH"],
      ...{ ENV_FILE: "/dev/null", DATA_DIR: join(folder, "data"), PORT: "0", SCORER_PORT: "0" },
      ...{ REDIS_URL: redis.url, DATABASE_URL: postgres.url, SECRET_KEY_FILE: "/nowhere" },
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (data: Buffer) => {
    said += data.toString();
  });
  const [code] = await once(child, "close");
  const answer = JSON.parse(said) as { readonly ok: boolean; readonly findings: readonly Finding[] };
  expect(answer.ok).toBe(false);
  expect(wrong(answer.findings)).toContainEqual(
    "fault: SECRET_KEY_FILE (set): /nowhere cannot be read (ENOENT) (worker, web)",
  );
  expect(code).toBe(1);
});
