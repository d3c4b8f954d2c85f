import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { ByTier } from "../domain/tiers.ts";
import { findOnPath } from "../platform/embedded/debian-package.ts";
import { projectRoot, searchPath } from "../platform/process/config.ts";
import { openDatabase } from "../platform/process/database.ts";
import { DomainError } from "../platform/process/errors.ts";
import { freePort } from "../platform/process/free-port.ts";
import { createLogger } from "../platform/process/logger.ts";
import { createScorerClient } from "../scorer/client.ts";

/** `npm start` as a stranger runs it: nothing given, everything real, on ports and a data folder of the test's own. */

interface Stats {
  transactions: number;
  by_tier: ByTier<number>;
  fraud_predicted: number;
  reviews: { open: number; decided: number };
  rate_per_second: number;
}

let folder: string;
let ports: { web: number; scorer: number };

interface Run {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly banner: Promise<void>;
  stop(): Promise<number | null>;
}

function start(
  extra: Record<string, string> = {},
  [file, ...args]: readonly [string, ...string[]] = [process.execPath, "--import", "tsx", "deploy/start.ts"],
): Run {
  const { REDIS_URL: _redis, DATABASE_URL: _database, ...inherited } = process.env;
  const child = spawn(file, args, {
    cwd: projectRoot,
    env: {
      ...inherited,
      PORT: String(ports.web),
      SCORER_PORT: String(ports.scorer),
      DATA_DIR: join(folder, "data"),
      SIM_RATE: "40",
      SIM_FRAUD_RATE: "0.05",
      ...extra,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  let running: () => void = () => {};
  const banner = new Promise<void>((resolve, reject) => {
    running = resolve;
    child.once("exit", (code) =>
      reject(new Error(`start ended with ${code}:\n${lines.slice(-30).join("\n")}`)),
    );
  });
  banner.catch(() => {});
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      if (line.includes("another: npm run sign-in-link") || line.includes("Another: npm run sign-in-link"))
        running();
    });
  }
  return {
    child,
    lines,
    banner,
    stop: async () => {
      if (child.exitCode !== null) return child.exitCode;
      const exited = once(child, "exit");
      child.kill("SIGINT");
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}

async function stats(): Promise<Stats> {
  const response = await fetch(`http://127.0.0.1:${ports.web}/api/v1/stats`);
  expect(response.status).toBe(200);
  return (await response.json()) as Stats;
}

async function waitForTransactions(atLeast: number): Promise<Stats> {
  return await vi.waitFor(
    async () => {
      const now = await stats();
      expect(now.transactions).toBeGreaterThanOrEqual(atLeast);
      return now;
    },
    { timeout: 60_000, interval: 300 },
  );
}

async function running(): Promise<{ env: Record<string, string> }> {
  return JSON.parse(await readFile(join(folder, "data/running.json"), "utf8"));
}

/** The process ids under a runner, by a part of their command line. */
async function pidsOf(part: string): Promise<number[]> {
  const { readdir } = await import("node:fs/promises");
  const found: number[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const environment = await readFile(`/proc/${entry}/environ`, "utf8").catch(() => "");
    const command = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
    // redis-server overwrites its environment with its title; its port tells it apart.
    const ours = environment.includes(folder) || command.includes(folder) || part.startsWith("127.0.0.1:");
    if (ours && command.includes(part)) found.push(Number(entry));
  }
  return found;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-start-"));
  ports = { web: await freePort(), scorer: await freePort() };
});
afterAll(async () => {
  for (const pid of await pidsOf("")) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone already.
    }
  }
  await rm(folder, { recursive: true, force: true });
});

test("from one command to decided transactions; what dies comes back; what was decided stays", async () => {
  const first = start();
  await first.banner;
  expect(first.lines.join("\n")).toMatch(/Sign in {4}http:\/\/localhost:\d+\/sign-in\/\S{20,}/);
  const early = await waitForTransactions(100);
  expect(Object.values(early.by_tier).reduce((sum, n) => sum + n, 0)).toBe(early.transactions);
  expect(early.reviews.open + early.reviews.decided).toBe(early.by_tier.high + early.by_tier.critical);

  const refused = start();
  await expect(refused.banner).rejects.toThrow("already running");

  // kill -9 of the worker and of Redis in full stream.
  const redisPort = new URL((await running()).env["REDIS_URL"] ?? "").port;
  for (const part of ["pipeline/workers/main.ts", `127.0.0.1:${redisPort}`]) {
    const [pid] = await pidsOf(part);
    if (pid === undefined) throw new Error(`no ${part} is running`); // kill(0) would end this process's group
    process.kill(pid, "SIGKILL");
    await waitForTransactions((await stats()).transactions + 60);
  }

  const db = openDatabase<Record<string, never>>(
    (await running()).env["DATABASE_URL"] ?? "",
    createLogger("test", "silent"),
  );
  const compare = await sql<{ rows: number; counted: number; cases: number; risky: number; minutes: number }>`
    select (select count(*) from decisions) as rows,
           (select sum(transactions) from counters)::bigint as counted,
           (select sum(transactions) from (select transactions from counters_by_minute
             union all select transactions from counter_deltas) as minutes)::bigint as minutes,
           (select count(*) from review_cases) as cases,
           (select count(*) from decisions where risk_tier in ('high', 'critical')) as risky`.execute(db);
  await db.destroy();
  const [row] = compare.rows;
  expect(row?.counted).toBe(row?.rows);
  expect(row?.minutes).toBe(row?.rows);
  expect(row?.cases).toBe(row?.risky);

  const before = await stats();
  expect(await first.stop()).toBe(0);
  expect(await pidsOf("")).toEqual([]);

  const second = start({ SIM_RATE: "1" });
  await second.banner;
  expect((await stats()).transactions).toBeGreaterThanOrEqual(before.transactions);
  expect(await second.stop()).toBe(0);
}, 240_000);

test("what lasts on this machine, and the private servers, are this user's alone", async () => {
  const data = join(folder, "data");
  // As an earlier version left it.
  await mkdir(data, { recursive: true });
  await promisify(execFile)("chmod", ["-R", "go+rX", data]);
  const run = start({ SIM_RATE: "1" });
  await run.banner;
  try {
    expect(run.lines.join("\n")).toMatch(/were open to other users, and are closed now/);
    const { stdout } = await promisify(execFile)("find", [data, "-perm", "/077", "!", "-type", "l"]);
    expect(stdout).toBe("");
    if (process.getuid?.() === 0) {
      const others = ["--reuid=65534", "--regid=65534", "--clear-groups", "cat", join(data, "running.json")];
      await expect(promisify(execFile)("setpriv", others)).rejects.toThrow("Permission denied");
    }

    const { env } = await running();
    const redis = new URL(env["REDIS_URL"] ?? "");
    const socket = connect(Number(redis.port), "127.0.0.1");
    socket.write("PING\r\n");
    const [answer] = await once(socket, "data");
    socket.destroy();
    expect(String(answer)).toMatch(/^-NOAUTH/);
    for (const password of ["", "postgres"]) {
      const url = new URL(env["DATABASE_URL"] ?? "");
      url.password = password;
      const stranger = openDatabase<Record<string, never>>(url.href, createLogger("test", "silent"), 1);
      await expect(sql`select 1`.execute(stranger), password).rejects.toThrow();
      await stranger.destroy();
    }

    const passwords = [redis.password, new URL(env["DATABASE_URL"] ?? "").password];
    const { stdout: processes } = await promisify(execFile)("ps", ["-eo", "args"]);
    for (const password of passwords) {
      expect(password.length).toBeGreaterThan(30);
      expect(processes + run.lines.join("\n")).not.toContain(password);
    }
    // The commands of the documents still find their way in.
    const psql = [
      "--import",
      "tsx",
      "deploy/exec.ts",
      "sh",
      "-c",
      "psql -Atc 'select count(*) > 0 from decisions'",
    ];
    const options = { cwd: projectRoot, env: { ...process.env, DATA_DIR: data } };
    if (await findOnPath("psql", searchPath())) {
      expect((await promisify(execFile)(process.execPath, psql, options)).stdout.trim()).toBe("t");
    }
  } finally {
    await run.stop();
  }
}, 120_000);

test("a taken port is named, with the variable that moves it", async () => {
  const { createServer } = await import("node:net");
  const squatter = createServer().listen(ports.scorer, "127.0.0.1");
  await once(squatter, "listening");
  try {
    const run = start();
    await expect(run.banner).rejects.toThrow(
      new RegExp(`Port ${ports.scorer} \\(scorer\\) is taken.*set SCORER_PORT`),
    );
  } finally {
    squatter.close();
  }
});

test("SIGTERM to npm start: soon nothing of it runs or holds a port", async () => {
  const run = start({}, ["npm", "start"]);
  await run.banner;
  run.child.kill("SIGTERM");
  await vi.waitFor(async () => expect(await pidsOf("")).toEqual([]), { timeout: 60_000, interval: 200 });
  expect(run.lines.at(-1)).toContain("stopped");
  for (const port of Object.values(ports)) {
    const server = connect(port, "127.0.0.1");
    await expect(once(server, "connect")).rejects.toThrow("ECONNREFUSED");
  }
});

test("random bytes on both ports harm nothing", async () => {
  const run = start({ SIM_RATE: "20" });
  await run.banner;
  const before = await stats();
  for (const port of [ports.web, ports.scorer]) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.end(Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 197 + 31) % 256)));
    // A server may keep what it cannot read open for a while; whether others are harmed is what counts.
    await Promise.race([once(socket, "close"), sleep(2_000)]);
    socket.destroy();
  }
  await waitForTransactions(before.transactions + 10);
  expect(run.lines.filter((line) => line.includes("starting it again"))).toEqual([]);
  await run.stop();
}, 120_000);

test("a scorer that asks for keys knows its own house without anything to set up, and one made at the command line", async () => {
  const run = start({ SIM_RATE: "20", SCORER_REQUIRE_KEYS: "true" });
  await run.banner;
  const before = await stats();
  await waitForTransactions(before.transactions + 10);
  const { stdout } = await promisify(execFile)(
    "npm",
    ["run", "--silent", "api-keys", "--", "make", "gateway", "--scopes", "transactions.score"],
    { cwd: projectRoot, env: { ...process.env, DATA_DIR: join(folder, "data") } },
  );
  const codeWith = async (apiKey: string | undefined): Promise<string> => {
    const client = createScorerClient({ address: `127.0.0.1:${ports.scorer}`, apiKey });
    const payment = { transactionId: "keys-1", time: 0, v: new Array<number>(28).fill(0), amount: 1 };
    try {
      return (await client.score(payment)).transactionId;
    } catch (error) {
      return DomainError.from(error).code;
    } finally {
      client.close();
    }
  };
  await vi.waitFor(async () => expect(await codeWith(stdout.trim())).toBe("keys-1"), {
    timeout: 10_000,
    interval: 500,
  });
  expect(await codeWith(undefined)).toBe("unauthenticated");
  await run.stop();
}, 120_000);
