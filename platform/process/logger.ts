import { destination, type Logger as PinoLogger, pino, stdTimeFunctions } from "pino";
import { maskedLine } from "./log-masking.ts";
import { cutSecrets, withoutSecrets } from "./redact.ts";

export type Logger = PinoLogger;

/** Characters of log that wait for a disk with room. */
const MAX_WAITING = 1_000_000;

/**
 * One JSON line an event on stdout. Secrets are cut wherever they stand, by the names of fields and by their looks, and
 * card numbers in all of it. A log that cannot be written (full disk, closed pipe) ends no process: lines wait, up to a
 * limit, and are lost beyond it.
 *
 * @param name the process, e.g. "worker"
 * @param level pino level
 */
export function createLogger(name: string, level: string): Logger {
  const stdout = destination({ dest: 1, sync: true, maxLength: MAX_WAITING });
  stdout.on("error", () => {});
  const logger = pino(
    {
      name,
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { log: plain },
      // {@link plain} has made errors plain already.
      serializers: { err: (error: unknown) => error },
      hooks: { streamWrite: (line) => maskedLine(cutSecrets(line)) },
    },
    stdout,
  );
  // pino asks no formatter for what a child is bound to; children of children inherit this one.
  const { child } = logger;
  logger.child = function (this: Logger, bindings: object, options: object) {
    return child.call(this, plain(bindings), options);
  } as typeof child;
  return logger;
}

function plain(fields: object): Record<string, unknown> {
  return withoutSecrets(fields) as Record<string, unknown>;
}
