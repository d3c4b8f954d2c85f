import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { findOnPath } from "../../platform/embedded/debian-package.ts";
import { type Backoff, backoffMs } from "../../platform/process/backoff.ts";
import { parseLogLine } from "./log-line.ts";

/** How long a process may take to stop after SIGTERM, milliseconds; its own drain limit is shorter. */
const STOP_LIMIT_MS = 15_000;
/** A process that lived this long starts again at once; one that dies sooner waits longer each time. */
const STEADY_AFTER_MS = 30_000;
const BEFORE_RESTART: Backoff = { firstMs: 500, mostMs: 15_000 };
/** What a process ends with whose environment is wrong (`configOrExit`). */
const MISCONFIGURED = 2;

export interface SupervisedOptions {
  readonly name: string;
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** How to tell that it is ready, for a program that does not log `ready`. */
  readonly answers?: () => Promise<void>;
  /** A prefix that ends the process when this one dies, from {@link orphanGuard}. */
  readonly orphanGuard: readonly string[];
  /** Every line of output. */
  readonly onLine: (line: string) => void;
  /** Told when it dies unasked, in a sentence for a person. */
  readonly onDeath: (message: string) => void;
  /** Told instead when it ends because its configuration is wrong: it is not started again, since that mends nothing. */
  readonly onMisconfigured?: (message: string) => void;
}

/** A process that is started again whenever it ends without being asked to. */
export interface Supervised {
  readonly name: string;
  /** The process id while it runs. */
  pid(): number | undefined;
  /** Resolves when it logs `ready` for the first time; rejects when it was stopped before. */
  readonly ready: Promise<void>;
  /** SIGTERM, then SIGKILL after {@link STOP_LIMIT_MS}; resolves when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL, now. */
  kill(): void;
}

/**
 * `setpriv --pdeathsig`, where Linux has it: a launched process dies with a runner that was itself killed, so that
 * nothing is left holding a port or the data folder. With SIGKILL, which every process is built to outlive: one whose
 * log pipe has just broken may not get through an orderly stop.
 */
export async function orphanGuard(path: string): Promise<readonly string[]> {
  const setpriv = await findOnPath("setpriv", path);
  return setpriv ? [setpriv, "--pdeathsig", "KILL"] : [];
}

/** Starts a command under `sh -c`, as foreman does, in a process group of its own. */
export function supervise(options: SupervisedOptions): Supervised {
  let child: ChildProcess | undefined;
  let stopping = false;
  let failures = 0;
  let restart: NodeJS.Timeout | undefined;
  let gone: () => void = () => {};
  let markReady: () => void = () => {};
  let neverReady: (error: Error) => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    markReady = resolve;
    neverReady = reject;
  });
  ready.catch(() => {});
  options.answers?.().then(markReady, () => {});

  const start = (): void => {
    const startedAt = Date.now();
    const [file = "sh", ...args] = [...options.orphanGuard, "sh", "-c", shellLine(options.command)];
    const running = spawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own: Ctrl-C reaches only the runner, which stops everything in order.
      detached: true,
    });
    child = running;
    for (const stream of [running.stdout, running.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        options.onLine(line);
        if (parseLogLine(line)?.["msg"] === "ready") markReady();
      });
    }
    running.on("error", (error) => options.onLine(`cannot run: ${error.message}`));
    running.on("close", (code, signal) => {
      child = undefined;
      if (stopping) return gone();
      if (code === MISCONFIGURED && options.onMisconfigured) {
        options.onMisconfigured(`${options.name} does not start with this configuration`);
        return;
      }
      failures = Date.now() - startedAt > STEADY_AFTER_MS ? 0 : failures + 1;
      const wait = failures === 0 ? 0 : backoffMs(BEFORE_RESTART, failures - 1);
      const how = signal ? `was killed (${signal})` : `ended with code ${code}`;
      options.onDeath(`${options.name} ${how}; starting it again in ${(wait / 1000).toFixed(1)} s`);
      restart = setTimeout(start, wait);
    });
  };
  start();

  const signal = (name: NodeJS.Signals): void => {
    if (child?.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      child.kill(name);
    }
  };
  return {
    name: options.name,
    pid: () => child?.pid,
    ready,
    stop: async () => {
      stopping = true;
      clearTimeout(restart);
      neverReady(new Error(`${options.name} was stopped`));
      if (!child) return;
      const ended = new Promise<void>((resolve) => {
        gone = resolve;
      });
      signal("SIGTERM");
      const limit = setTimeout(() => signal("SIGKILL"), STOP_LIMIT_MS);
      await ended;
      clearTimeout(limit);
    },
    kill: () => {
      stopping = true;
      clearTimeout(restart);
      signal("SIGKILL");
    },
  };
}

/** `exec` spares a shell for a simple command; a compound one (`a && b`) needs the shell to stay. */
function shellLine(command: string): string {
  return /[;&|<>()`$\n]/.test(command.replace(/'[^']*'/g, "")) ? command : `exec ${command}`;
}
