import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type StartedProcess, startProcess } from "../../pipeline/testing/started-process.ts";
import { postgresPrograms } from "../../platform/embedded/testing/locked-postgres.ts";
import { freePort } from "../../platform/process/free-port.ts";

/** A real PostgreSQL of a bench's or a chaos run's own. */
export interface BenchPostgres {
  readonly url: string;
  /** The postmaster's process id while it runs. */
  pid(): number;
  /** SIGKILL of every process of it, as a machine dies. */
  kill(): Promise<void>;
  /** Starts it again after {@link kill}: same port, same files. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root: then it runs as `postgres`, whom Debian's package makes. */
const SERVER_USER = "postgres";

/** Whether this machine has a server's programs. */
export function hasPostgres(): boolean {
  return postgresPrograms() !== undefined;
}

/**
 * PGlite as `npm start` runs it, for machines that have no server: killed and started again like one.
 *
 * @param folder where its files are
 */
export async function startEmbeddedPostgres(folder: string): Promise<BenchPostgres> {
  const port = await freePort();
  const password = randomBytes(24).toString("base64url");
  const env = {
    EMBEDDED_POSTGRES_PORT: String(port),
    EMBEDDED_POSTGRES_PASSWORD: password,
    DATA_DIR: folder,
    LOG_LEVEL: "info",
  };
  const start = (): Promise<StartedProcess> => startProcess("deploy/embedded/postgres.ts", env);
  let running = await start();
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    pid: () => running.pid,
    kill: () => running.kill(),
    start: async () => {
      running = await start();
    },
    stop: async () => {
      await running.stop();
    },
  };
}

function programs(): string {
  const bin = postgresPrograms();
  if (bin === undefined) throw new Error("needs a PostgreSQL server: apt-get install postgresql");
  return bin;
}

/**
 * Starts one: fsync on, as production runs it; room for a small machine.
 *
 * @param keep a folder that is kept for the next time; a temporary one when absent
 */
export async function startBenchPostgres(keep?: string): Promise<BenchPostgres> {
  const bin = programs();
  const root = process.getuid?.() === 0;
  const folder = keep ?? mkdtempSync(join(tmpdir(), "paysecure-pg-"));
  const data = join(folder, "data");
  const as = (command: string, args: readonly string[]): [string, string[]] =>
    root
      ? ["setpriv", ["--reuid", SERVER_USER, "--regid", SERVER_USER, "--init-groups", command, ...args]]
      : [command, [...args]];
  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (root) {
    const id = (flag: string): number =>
      Number(execFileSync("id", [flag, SERVER_USER], { encoding: "utf8" }));
    for (const owned of [folder, data]) chownSync(owned, id("-u"), id("-g"));
  }
  if (readdirSync(data).length === 0) {
    const [command, args] = as(join(bin, "initdb"), [
      "-D",
      data,
      "-U",
      "postgres",
      "-A",
      "trust",
      "-E",
      "UTF8",
    ]);
    execFileSync(command, args, { stdio: "ignore", cwd: folder });
  }
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const settings = {
      port,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      shared_buffers: "512MB",
      max_connections: 100,
      max_wal_size: "4GB",
      checkpoint_timeout: "15min",
      random_page_cost: 1.1,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const [command, args] = as(join(bin, "postgres"), ["-D", data, ...flags]);
    const started = spawn(command, args, { stdio: "ignore", cwd: folder });
    child = started;
    for (;;) {
      if (started.exitCode !== null || started.signalCode !== null)
        throw new Error(`PostgreSQL on port ${port} exited with ${started.exitCode ?? started.signalCode}`);
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
      client.on("error", () => {});
      try {
        await client.connect();
        await client.query("select 1");
        return;
      } catch {
        await sleep(100);
      } finally {
        await client.end().catch(() => {});
      }
    }
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    child = undefined;
    if (!running?.pid || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => running.once("exit", () => resolve()));
    running.kill(signal);
    await ended;
  };
  await start();
  return {
    url,
    pid: () => child?.pid ?? 0,
    kill: () => end("SIGKILL"),
    start,
    stop: async () => {
      await end("SIGINT");
      if (keep === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}
