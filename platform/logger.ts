import { type Logger as PinoLogger, pino, stdTimeFunctions } from "pino";

export type Logger = PinoLogger;

/**
 * One JSON line an event on stdout. Personal and secret fields are cut wherever they stand.
 *
 * @param name the process, e.g. "worker"
 * @param level pino level
 */
export function createLogger(name: string, level: string): Logger {
  return pino({
    name,
    level,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    redact: {
      paths: ["*.card_token", "*.cardToken", "*.authorization", "*.cookie", "*.password", "*.token"],
    },
  });
}
