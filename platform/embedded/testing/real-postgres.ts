import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../../process/free-port.ts";
import { postgresPrograms } from "./locked-postgres.ts";

/** A real PostgreSQL that lets everybody of this machine in. */
export interface RealPostgres {
  readonly port: number;
  /** As the superuser. */
  readonly url: string;
  /** A copy that follows it and takes no writes, until it is promoted. */
  standby(): Promise<RealPostgres>;
  promote(): void;
  /** SIGKILL of the server. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** PostgreSQL and pgbouncer refuse to run as root: then they run as nobody. */
const NOBODY = 65_534;
const asRoot = process.getuid?.() === 0;

/** A command line that runs a program as somebody who is not root. */
export function asNobody(program: string, args: readonly string[]): [string, string[]] {
  return asRoot
    ? ["setpriv", [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", program, ...args]]
    : [program, [...args]];
}

/** A folder of nobody's. */
export function nobodysFolder(name: string, under = tmpdir()): string {
  const folder = mkdtempSync(join(under, name));
  chmodSync(folder, 0o700);
  if (asRoot) chownSync(folder, NOBODY, NOBODY);
  return folder;
}

/**
 * @param settings of the server, e.g. `max_connections`
 * @param under where its folder is
 * @throws Error where there are no programs of PostgreSQL's
 */
export async function startRealPostgres(
  settings: Readonly<Record<string, string | number>> = {},
  under?: string,
): Promise<RealPostgres> {
  const bin = postgresPrograms();
  if (bin === undefined) throw new Error("needs a PostgreSQL server: apt-get install postgresql");
  const folder = nobodysFolder("paysecure-real-pg-", under);
  const data = join(folder, "data");
  const [initdb, args] = asNobody(join(bin, "initdb"), [
    ...["-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
  ]);
  execFileSync(initdb, args, { stdio: "ignore", cwd: "/" });
  return await serve(bin, folder, data, settings);
}

async function serve(
  bin: string,
  folder: string,
  data: string,
  settings: Readonly<Record<string, string | number>>,
): Promise<RealPostgres> {
  const port = await freePort();
  const all = {
    ...{ port, listen_addresses: "127.0.0.1", unix_socket_directories: "", fsync: "off" },
    ...{ shared_buffers: "16MB", ...settings },
  };
  const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const [postgres, args] = asNobody(join(bin, "postgres"), ["-D", data, ...flags]);
  const child = spawn(postgres, args, { stdio: ["ignore", "ignore", "pipe"], cwd: "/" });
  const exited = once(child, "exit");
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      if (/ready to accept (read-only )?connections/.test(line)) resolve();
    });
    child.once("exit", () => reject(new Error(`PostgreSQL did not start:\n${said.join("\n")}`)));
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return {
    port,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    standby: async () => {
      const copy = nobodysFolder("paysecure-standby-");
      const [backup, given] = asNobody(join(bin, "pg_basebackup"), [
        ...["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-D", join(copy, "data"), "-R"],
        ...["-X", "stream", "--checkpoint=fast", "--no-sync"],
      ]);
      execFileSync(backup, given, { stdio: "ignore", cwd: "/" });
      return await serve(bin, copy, join(copy, "data"), settings);
    },
    promote: () => {
      const [control, given] = asNobody(join(bin, "pg_ctl"), ["promote", "-D", data, "-w"]);
      execFileSync(control, given, { stdio: "ignore", cwd: "/" });
    },
    kill: () => end("SIGKILL"),
    stop: async () => {
      await end("SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
