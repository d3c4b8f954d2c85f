import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { projectRoot } from "../../platform/config.ts";

/** A worker in a process of its own, as production runs it. */
export interface WorkerProcess {
  /** Its log so far. */
  readonly log: readonly string[];
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM. @returns its exit code */
  stop(): Promise<number | null>;
}

/** Starts `pipeline/workers/main.ts`. @returns once it has logged "ready" */
export async function startWorkerProcess(env: Record<string, string>): Promise<WorkerProcess> {
  const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", "pipeline/workers/main.ts"], {
    cwd: projectRoot,
    // biome-ignore lint/style/noProcessEnv: passed on to the child as it is
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: string[] = [];
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.push(line);
        if (line.includes('"msg":"ready"')) resolve();
      });
    }
    child.once("exit", (code, signal) =>
      reject(new Error(`worker ended (${code ?? signal}):\n${log.join("\n")}`)),
    );
  });
  await ready;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    return child.exitCode;
  };
  return {
    log,
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
