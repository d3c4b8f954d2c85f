import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { redisAnswers } from "../redis-server.ts";

/** One redis-server among several, killed and started again as a machine is. */
export interface RedisNode {
  readonly port: number;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it, with lines of configuration on top of its own. Nothing happens while it runs. */
  start(extra?: readonly string[]): Promise<void>;
}

/**
 * A server that has not been started yet, on loopback, with an append-only file.
 *
 * @param program redis-server, and the environment it runs in
 * @param lines its configuration, beside its port and its folder
 * @param args e.g. `--sentinel`
 */
export function redisNode(
  program: { readonly file: string; readonly env: Readonly<Record<string, string>> },
  port: number,
  folder: string,
  lines: readonly string[],
  args: readonly string[] = [],
): RedisNode {
  mkdirSync(folder, { recursive: true });
  let child: ChildProcess | undefined;
  return {
    port,
    kill: async () => {
      const running = child;
      child = undefined;
      if (!running || running.exitCode !== null || running.signalCode !== null) return;
      const exited = once(running, "exit");
      running.kill("SIGKILL");
      await exited;
    },
    start: async (extra = []) => {
      if (child) return;
      const config = `${folder}/server.conf`;
      const all = [`port ${port}`, "bind 127.0.0.1", `dir "${folder}"`, ...lines, ...extra];
      writeFileSync(config, all.join("\n"));
      const started = spawn(program.file, [config, ...args], { stdio: "ignore", env: { ...program.env } });
      child = started;
      const died = once(started, "exit").then(([code, signal]) => {
        throw new Error(`redis-server on port ${port} exited with ${code ?? signal}`);
      });
      await Promise.race([redisAnswers(port), died]);
      died.catch(() => {});
    },
  };
}

/** The settings of a server that holds data. */
export const DATA_LINES = [
  ...["appendonly yes", "appendfsync everysec", 'save ""', "maxmemory-policy noeviction"],
  ...["repl-diskless-sync-delay 0", "loglevel warning"],
];
