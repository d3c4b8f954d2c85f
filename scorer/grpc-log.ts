import { logVerbosity, setLogger, setLogVerbosity } from "@grpc/grpc-js";
import type { Logger } from "../platform/process/logger.ts";

/** grpc-js writes to the console by itself: its lines go where all others go. */
export function routeGrpcLog(logger: Logger): void {
  setLogVerbosity(logVerbosity.ERROR);
  setLogger({
    error: (text: unknown) => logger.debug({ grpc: String(text) }, "grpc"),
    info: () => {},
    debug: () => {},
  });
}
