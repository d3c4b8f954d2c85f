import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

export interface OpsServerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Registry;
  /** Names of what is not ready; empty means ready. */
  readonly notReady: () => Promise<readonly string[]> | readonly string[];
}

/** `/healthz`, `/readyz` and `/metrics` for a process that serves no HTTP of its own. */
export async function startOpsServer(
  options: OpsServerOptions,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.split("?")[0];
    if (path === "/healthz") {
      response.end("ok\n");
    } else if (path === "/readyz") {
      const missing = await options.notReady();
      response.statusCode = missing.length === 0 ? 200 : 503;
      response.end(missing.length === 0 ? "ready\n" : `not ready: ${missing.join(", ")}\n`);
    } else if (path === "/metrics") {
      response.setHeader("content-type", options.metrics.contentType);
      response.end(await options.metrics.metrics());
    } else {
      response.statusCode = 404;
      response.end("not found\n");
    }
  };
  const server = createServer((request, response) => {
    // A question that cannot be answered is no reason for the process to end.
    answer(request, response).catch(() => {
      response.statusCode = 500;
      response.end("failed\n");
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
