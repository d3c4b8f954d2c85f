import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { SupervisedOptions } from "./supervisor.ts";

/**
 * Runs a command to its end, as a Procfile's `release` asks for: once, before the processes that need what it does.
 *
 * @throws Error when it ends with anything but 0
 */
export async function runOnce({
  name,
  command,
  env,
  cwd,
  orphanGuard,
  onLine,
}: Pick<SupervisedOptions, "name" | "command" | "env" | "cwd" | "orphanGuard" | "onLine">): Promise<void> {
  const [file = "sh", ...args] = [...orphanGuard, "sh", "-c", command];
  const running = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  for (const stream of [running.stdout, running.stderr])
    createInterface({ input: stream }).on("line", onLine);
  const ended = await new Promise<string | undefined>((resolve) => {
    running.on("error", (error) => resolve(`cannot run: ${error.message}`));
    running.on("close", (code, signal) =>
      resolve(code === 0 ? undefined : signal ? `was killed (${signal})` : `ended with code ${code}`),
    );
  });
  if (ended !== undefined)
    throw new Error(`${name} ${ended}: what it prepares is missing, so nothing else is started`);
}
