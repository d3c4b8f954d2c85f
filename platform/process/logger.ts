import { destination, type Logger as PinoLogger, pino, stdTimeFunctions } from "pino";
import { maskedLine } from "./log-masking.ts";

export type Logger = PinoLogger;

/** Characters of log that wait for a disk with room. */
const MAX_WAITING = 1_000_000;

/**
 * One JSON line an event on stdout. Personal and secret fields are cut wherever they stand, and card numbers in all
 * of it. A log that cannot be
 * written (full disk, closed pipe) ends no process: lines wait, up to a limit, and are lost beyond it.
 *
 * @param name the process, e.g. "worker"
 * @param level pino level
 */
export function createLogger(name: string, level: string): Logger {
  const stdout = destination({ dest: 1, sync: true, maxLength: MAX_WAITING });
  stdout.on("error", () => {});
  return pino(
    {
      name,
      level,
      hooks: { streamWrite: maskedLine },
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      redact: {
        paths: ["*.card_token", "*.cardToken", "*.authorization", "*.cookie", "*.password", "*.token"],
      },
    },
    stdout,
  );
}
