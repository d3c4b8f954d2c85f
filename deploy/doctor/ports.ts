import { once } from "node:events";
import { readdir, readFile, readlink } from "node:fs/promises";
import { createServer } from "node:net";
import { codeOf } from "../../platform/process/errors.ts";
import type { WantedPort } from "../runner/ports.ts";
import { type Finding, fault, ok } from "./finding.ts";

/** Whether each could be listened on, and who does already. */
export async function checkPorts(wanted: readonly WantedPort[]): Promise<Finding[]> {
  return Promise.all(
    wanted.map(async ({ port, what, variable }) => {
      const name = `port ${port}`;
      const why = await refusal(port);
      if (why === undefined) return ok(name, `free, for the ${what}`);
      if (why === "EACCES") {
        return fault(
          name,
          `the ${what} may not listen there: below 1024 is root's`,
          `set ${variable} to 1024 or more`,
        );
      }
      const holder = await holderOf(port);
      const whom = holder === undefined ? "another program" : `process ${holder.pid} (${holder.command})`;
      return fault(name, `the ${what}'s is taken by ${whom}`, `end that, or set ${variable} to a free port`);
    }),
  );
}

/** Loopback first: what listens on all addresses stands in the way of both. */
async function refusal(port: number): Promise<string | undefined> {
  for (const host of ["127.0.0.1", "0.0.0.0"]) {
    const server = createServer();
    try {
      server.listen(port, host);
      await once(server, "listening");
      server.close();
      await once(server, "close");
    } catch (error) {
      return codeOf(error);
    }
  }
  return undefined;
}

/** In /proc/net/tcp: a socket that listens. */
const LISTENS = "0A";

/** Who listens on a port, as far as Linux tells us. */
async function holderOf(
  port: number,
): Promise<{ readonly pid: number; readonly command: string } | undefined> {
  const sockets = new Set<string>();
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await readFile(file, "utf8").catch(() => "");
    for (const line of text.split("\n").slice(1)) {
      const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTENS && Number.parseInt(local.split(":")[1] ?? "", 16) === port)
        sockets.add(`socket:[${inode}]`);
    }
  }
  if (sockets.size === 0) return undefined;
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    // Other users' processes do not show theirs.
    for (const file of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => "");
      if (!sockets.has(target)) continue;
      const command = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "unknown");
      return { pid: Number(pid), command: command.trim() };
    }
  }
  return undefined;
}
