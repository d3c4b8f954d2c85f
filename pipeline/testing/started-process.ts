import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { projectRoot } from "../../platform/process/config.ts";

/** A process of the project, started as production starts it. */
export interface StartedProcess {
  /** Its log so far. */
  readonly log: readonly string[];
  /** Its exit code once it has ended by itself. */
  readonly ended: Promise<number | null>;
  readonly pid: number;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM. @returns its exit code */
  stop(): Promise<number | null>;
}

/**
 * Starts a main.ts with `env` on top of the test's own.
 *
 * @returns once it has logged "ready"
 */
export async function startProcess(
  script: string,
  env: Record<string, string>,
  args: readonly string[] = [],
): Promise<StartedProcess> {
  const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", script, ...args], {
    cwd: projectRoot,
    // biome-ignore lint/style/noProcessEnv: passed on to the child as it is
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: string[] = [];
  const ended = once(child, "exit").then(() => child.exitCode);
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.push(line);
        if (line.includes('"msg":"ready"')) resolve();
      });
    }
    void ended.then((code) => reject(new Error(`${script} ended (${code}):\n${log.join("\n")}`)));
  });
  await ready;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return ended;
  };
  return {
    log,
    pid: child.pid ?? 0,
    ended,
    kill: async () => {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
  };
}

/** Asks until the answer is yes. The test's own time limit ends a wait that never does. */
export async function eventually(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}
