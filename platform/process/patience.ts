import { type Backoff, backOff } from "./backoff.ts";
import { messageOf } from "./errors.ts";
import type { Logger } from "./logger.ts";

const BETWEEN_TRIES: Backoff = { firstMs: 100, mostMs: 5_000, jitter: 0.5 };

/** Thrown when waiting was given up because the process stops; the work belongs back into its queue. */
export class StoppingError extends Error {
  override readonly name = "StoppingError";
}

/** Waits for a service that is away. */
export interface Patience {
  /**
   * Runs `work` until it succeeds or fails for another reason than the service being away.
   *
   * @throws what `work` throws when `isAway` says no; StoppingError when the process stops while waiting
   */
  whileAway<T>(service: string, isAway: (error: unknown) => boolean, work: () => Promise<T>): Promise<T>;
}

/** One for a process: however many jobs wait for a service, its going and coming back are one log line each. */
export function createPatience(logger: Logger, stopping: AbortSignal): Patience {
  const awaySince = new Map<string, number>();
  return {
    async whileAway(service, isAway, work) {
      for (let attempt = 0; ; attempt++) {
        try {
          const result = await work();
          const since = awaySince.get(service);
          if (since !== undefined && awaySince.delete(service)) {
            logger.info({ service, awayMs: Date.now() - since }, `${service} is back`);
          }
          return result;
        } catch (error) {
          if (!isAway(error)) throw error;
          if (!awaySince.has(service)) {
            awaySince.set(service, Date.now());
            logger.warn({ service, err: messageOf(error) }, `${service} is away, waiting`);
          }
          try {
            await backOff(BETWEEN_TRIES, attempt, stopping);
          } catch {
            throw new StoppingError(`stopped while ${service} was away`, { cause: error });
          }
        }
      }
    },
  };
}
