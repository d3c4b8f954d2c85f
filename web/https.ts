import type { Server, ServerOptions } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { createAdaptorServer } from "@hono/node-server";
import { messageOf } from "../platform/process/errors.ts";
import type { Logger } from "../platform/process/logger.ts";
import { readTlsFiles } from "../platform/process/tls-files.ts";
import type { WebConfig } from "./config.ts";

/** How often the certificate is looked at, milliseconds. */
const LOOK_EVERY_MS = 2_000;

const LIMITS: ServerOptions = {
  // Of lines that are read as they come; other bodies have less (web/connections.ts).
  requestTimeout: 300_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 10_000,
  connectionsCheckingInterval: 5_000,
};

/** The web's server, which does not listen yet. */
export interface WebServer {
  readonly server: Server;
  /** Looks no longer whether the certificate has changed. */
  stopFollowing(): void;
}

/**
 * HTTPS with TLS_CERT and TLS_KEY, plain HTTP without. New files are used from the next connection on; files that cannot be
 * used, as rotation leaves them for a moment, are said in the log and leave the certificate as it is.
 *
 * @throws DomainError `invalid_argument` when the files cannot be used to begin with
 */
export async function createWebServer(
  fetch: Parameters<typeof createAdaptorServer>[0]["fetch"],
  { TLS_CERT: cert, TLS_KEY: key }: Pick<WebConfig, "TLS_CERT" | "TLS_KEY">,
  logger: Logger,
  lookEveryMs = LOOK_EVERY_MS,
): Promise<WebServer> {
  if (cert === undefined || key === undefined) {
    const server = createAdaptorServer({ fetch, serverOptions: LIMITS }) as Server;
    return { server, stopFollowing: () => {} };
  }
  let used = await readTlsFiles({ cert, key });
  const server = createAdaptorServer({
    fetch,
    createServer: createHttpsServer,
    serverOptions: { ...LIMITS, cert: used.certificate, key: used.privateKey },
  }) as HttpsServer;
  let said = "";
  const look = async (): Promise<void> => {
    try {
      const read = await readTlsFiles({ cert, key });
      said = "";
      if (read.fingerprint === used.fingerprint) return;
      server.setSecureContext({ cert: read.certificate, key: read.privateKey });
      used = read;
      logger.info("TLS certificate renewed");
    } catch (error) {
      const why = messageOf(error);
      if (why !== said) logger.error(`the certificate is left as it was: ${why}`);
      said = why;
    }
  };
  const timer = setInterval(() => void look(), lookEveryMs).unref();
  return { server, stopFollowing: () => clearInterval(timer) };
}
