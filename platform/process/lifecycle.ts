import { messageOf } from "./errors.ts";
import type { Logger } from "./logger.ts";
import { writePrivately } from "./private-folder.ts";

/** Something to do on the way down. Steps run in the order they were added. */
interface DrainStep {
  readonly name: string;
  readonly run: () => Promise<unknown> | unknown;
}

/** What a process registers with: readiness on the way up, drain steps on the way down. */
export interface Lifecycle {
  /** Aborted as soon as the process is told to stop. */
  readonly stopping: AbortSignal;
  /** Adds a step to the drain; steps run one after another in the order given, a failing one does not stop the rest. */
  onStop(name: string, run: DrainStep["run"]): void;
  /** Starts the drain from inside, e.g. when the work is done; a code other than 0 says that it failed. */
  stop(reason: string, code?: number): void;
}

/**
 * How long the drain may take before the process exits anyway, milliseconds. Container runtimes and service managers
 * kill after 10 to 90 s; work that is cut off is taken up again by the next process.
 */
const DRAIN_LIMIT_MS = 14_000;

/**
 * Runs a process from start to clean exit: SIGTERM and SIGINT drain, a second signal or the limit exits at once,
 * an error while starting or one that nobody caught exits with 1 after the drain. What it writes is for this user alone.
 *
 * @param main starts everything and resolves when the process is ready
 */
export function runProcess(logger: Logger, main: (life: Lifecycle) => Promise<void>): void {
  writePrivately();
  const steps: DrainStep[] = [];
  const abort = new AbortController();
  let exitCode = 0;
  let started = false;

  const drain = async (reason: string): Promise<void> => {
    if (started) {
      log(() => logger.warn({ reason }, "told to stop again: leaving now"));
      process.exit(exitCode || 1);
    }
    started = true;
    setTimeout(() => {
      log(() => logger.error("drain took too long: leaving now"));
      process.exit(exitCode || 1);
    }, DRAIN_LIMIT_MS).unref();
    log(() => logger.info({ reason }, "stopping"));
    abort.abort();
    for (const step of steps) {
      try {
        await step.run();
      } catch (error) {
        log(() => logger.error({ step: step.name, err: error }, "drain step failed"));
      }
    }
    log(() => logger.info("stopped"));
    process.exit(exitCode);
  };

  const fail = (error: unknown, message: string): void => {
    log(() => logger.fatal({ err: error }, `${message}: ${messageOf(error)}`));
    exitCode = 1;
    if (!started) void drain(message);
  };

  process.on("SIGTERM", () => void drain("SIGTERM"));
  process.on("SIGINT", () => void drain("SIGINT"));
  process.on("uncaughtException", (error) => fail(error, "uncaught exception"));
  process.on("unhandledRejection", (error) => fail(error, "unhandled rejection"));

  const life: Lifecycle = {
    stopping: abort.signal,
    onStop: (name, run) => void steps.push({ name, run }),
    stop: (reason, code = 0) => {
      exitCode ||= code;
      if (!started) void drain(reason);
    },
  };
  main(life).catch((error: unknown) => fail(error, "could not start"));
}

/** Whoever reads the log may have died first; a broken pipe must not keep the process from leaving. */
function log(write: () => void): void {
  try {
    write();
  } catch {
    // Nobody is left to be told.
  }
}
