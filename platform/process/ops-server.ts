import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Metrics as a Prometheus registry writes them; of one process, or added up over several. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export interface OpsServerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: MetricsSource;
  /** What is not ready, and why in words; empty means ready. */
  readonly notReady: () => Promise<ReadonlyMap<string, string>> | ReadonlyMap<string, string>;
}

/** What `/readyz` says in full: who keeps a payment from being recorded, and why. */
export function readinessReport(missing: ReadonlyMap<string, string>): Readonly<Record<string, unknown>> {
  if (missing.size === 0) return { status: "ready" };
  return { status: "not ready", missing: [...missing.keys()], reasons: Object.fromEntries(missing) };
}

/**
 * `/healthz`, `/readyz` and `/metrics` for who runs the house: a port of its own, which asks for no key and belongs
 * where only monitoring reaches it.
 */
export async function startOpsServer(
  options: OpsServerOptions,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.split("?")[0];
    response.setHeader("cache-control", "no-store");
    response.setHeader("x-content-type-options", "nosniff");
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      sendJson(response, 405, { status: "use GET" });
    } else if (path === "/healthz") {
      sendJson(response, 200, { status: "alive" });
    } else if (path === "/readyz") {
      const missing = await options.notReady();
      sendJson(response, missing.size === 0 ? 200 : 503, readinessReport(missing));
    } else if (path === "/metrics") {
      response.setHeader("content-type", options.metrics.contentType);
      response.end(await options.metrics.metrics());
    } else {
      sendJson(response, 404, { status: "not found", paths: ["/healthz", "/readyz", "/metrics"] });
    }
  };
  const server = createServer((request, response) => {
    // A question that cannot be answered is no reason for the process to end.
    answer(request, response).catch(() => {
      if (!response.headersSent) sendJson(response, 500, { status: "failed" });
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

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(body));
}
