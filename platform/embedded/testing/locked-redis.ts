import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../../process/free-port.ts";
import { ensureRedisServer } from "../redis-server.ts";

/** A real redis-server that speaks TLS alone, asks for a client's certificate, and knows the users of an ACL alone. */
export interface LockedRedis {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * @param users lines of an ACL file (`user NAME on >PASSWORD ~KEYS &CHANNELS +COMMANDS`); the default user is off
 * @param files PEM: the server's own, and the authority of its clients
 */
export async function startLockedRedis(
  users: readonly string[],
  files: { readonly cert: string; readonly key: string; readonly ca: string },
): Promise<LockedRedis> {
  const { file, env } = await ensureRedisServer();
  const folder = mkdtempSync(join(tmpdir(), "paysecure-locked-redis-"));
  const port = await freePort();
  writeFileSync(join(folder, "users.acl"), `${["user default off", ...users].join("\n")}\n`, { mode: 0o600 });
  writeFileSync(
    join(folder, "redis.conf"),
    [
      ...["port 0", `tls-port ${port}`, "bind 127.0.0.1", "tls-auth-clients yes"],
      ...[`tls-cert-file "${files.cert}"`, `tls-key-file "${files.key}"`, `tls-ca-cert-file "${files.ca}"`],
      ...[
        `aclfile "${join(folder, "users.acl")}"`,
        `dir "${folder}"`,
        'save ""',
        "maxmemory-policy noeviction",
      ],
    ].join("\n"),
    { mode: 0o600 },
  );
  const child = spawn(file, [join(folder, "redis.conf")], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...env },
  });
  const exited = once(child, "exit");
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      said.push(line);
      if (/ready to accept connections/i.test(line)) resolve();
    });
    child.once("exit", () => reject(new Error(`redis-server did not start:\n${said.join("\n")}`)));
  });
  return {
    port,
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
