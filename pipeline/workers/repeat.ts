import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";

/** Something that is done again and again until it is stopped. */
export interface Repeated {
  /** Waits for the run that is under way. */
  stop(): Promise<void>;
}

/**
 * Runs `work` now and then `everyMs` after each run's end, so that runs never overlap. A run that fails is said once
 * until one succeeds, and tried again.
 */
export function repeat(name: string, everyMs: number, logger: Logger, work: () => Promise<void>): Repeated {
  let stopping = false;
  let failing = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    try {
      await work();
      failing = false;
    } catch (error) {
      if (!failing && !stopping) logger.warn({ step: name, err: messageOf(error) }, "failed, trying again");
      failing = true;
    }
    if (!stopping) timer = setTimeout(start, everyMs);
  };
  const start = (): void => {
    running = run();
  };
  start();
  return {
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await running;
    },
  };
}
