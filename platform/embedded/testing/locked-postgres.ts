import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../../process/free-port.ts";

/** A real PostgreSQL that lets in over TLS and with a password (scram-sha-256) alone. */
export interface LockedPostgres {
  readonly port: number;
  stop(): Promise<void>;
}

/** Where Debian puts the server's programs, of the newest version; undefined where there are none. */
export function postgresPrograms(): string | undefined {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
}

/** PostgreSQL refuses to run as root: then it runs as nobody. */
const NOBODY = 65_534;

/** @param files the server's certificate and key; user `postgres` has the password */
export async function startLockedPostgres(
  password: string,
  files: { readonly cert: string; readonly key: string },
): Promise<LockedPostgres> {
  const bin = postgresPrograms();
  if (bin === undefined) throw new Error("needs a PostgreSQL server: apt-get install postgresql");
  const asRoot = process.getuid?.() === 0;
  const as = (command: string, args: readonly string[]): [string, string[]] =>
    asRoot
      ? ["setpriv", [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", join(bin, command), ...args]]
      : [join(bin, command), [...args]];
  const folder = mkdtempSync(join(tmpdir(), "paysecure-locked-pg-"));
  const data = join(folder, "data");
  writeFileSync(join(folder, "password"), password, { mode: 0o600 });
  copyFileSync(files.cert, join(folder, "server.crt"));
  copyFileSync(files.key, join(folder, "server.key"));
  for (const name of ["", "password", "server.crt", "server.key"]) {
    chmodSync(join(folder, name), name === "" ? 0o700 : 0o600);
    if (asRoot) chownSync(join(folder, name), NOBODY, NOBODY);
  }
  const [initdb, initArgs] = as("initdb", [
    ...["-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", join(folder, "password")],
    ...["--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
  ]);
  execFileSync(initdb, initArgs, { stdio: "ignore", cwd: "/" });
  writeFileSync(join(data, "pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n");
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    fsync: "off",
    ssl: "on",
    ssl_cert_file: join(folder, "server.crt"),
    ssl_key_file: join(folder, "server.key"),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const [postgres, args] = as("postgres", ["-D", data, ...flags]);
  const child = spawn(postgres, args, { stdio: ["ignore", "ignore", "pipe"], cwd: "/" });
  const exited = once(child, "exit");
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      if (line.includes("ready to accept connections")) resolve();
    });
    child.once("exit", () => reject(new Error(`PostgreSQL did not start:\n${said.join("\n")}`)));
  });
  return {
    port,
    stop: async () => {
      child.kill("SIGINT");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
