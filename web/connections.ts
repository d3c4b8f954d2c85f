import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { mediaTypeOf } from "./api/body.ts";
import { IDEMPOTENCY_KEY } from "./api/idempotency.ts";
import { streamsLines } from "./api/line-stream.ts";
import { addressGroup } from "./auth/caller-address.ts";
import type { WebConfig } from "./config.ts";

/** Connections at once; a browser has six. */
const TOGETHER = 5_000;
const OF_ONE_ADDRESS = 500;

/** A body is there by then, milliseconds; lines that are read as they come have the server's own limit. */
const BODY_LIMIT_MS = 30_000;
/** Who has an answer and goes on sending is let go after so long, milliseconds. */
const AFTER_ANSWER_MS = 5_000;

const LOOPBACK = /^127\.|^0:0:0:0::/;

/**
 * Bounds what connections cost before anybody has said anything, and lets a caller that asks first (`Expect:
 * 100-continue`) wait with its body until somebody wants to read it: the body's reader says so.
 *
 * A proxy, or a neighbour on this machine that may be one, brings everybody's connections from one address.
 */
export function boundConnections(
  server: Server,
  { TRUST_PROXY }: Pick<WebConfig, "TRUST_PROXY">,
  bodyLimitMs = BODY_LIMIT_MS,
): void {
  server.maxConnections = TOGETHER;
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== "GET" && request.method !== "HEAD") boundBody(request, response, bodyLimitMs);
  });
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    server.emit("request", request, response);
  });
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const address = addressGroup(socket.remoteAddress ?? "");
    if (TRUST_PROXY || LOOPBACK.test(address)) return;
    const others = open.get(address) ?? 0;
    if (others >= OF_ONE_ADDRESS) {
      socket.destroy();
      return;
    }
    open.set(address, others + 1);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}

/** Ends the connection of a request whose body takes too long, or goes on when the answer is there. */
function boundBody(request: IncomingMessage, response: ServerResponse, limitMs: number): void {
  const cut = (): void => {
    if (!request.complete) request.socket.destroy();
  };
  const { method = "", url = "", headers } = request;
  const streams = streamsLines({
    ...{ method, path: url.split("?", 1)[0] ?? "", type: mediaTypeOf(headers["content-type"]) },
    keyed: headers[IDEMPOTENCY_KEY.toLowerCase()] !== undefined,
  });
  const limit = streams ? undefined : setTimeout(cut, limitMs).unref();
  request.once("close", () => clearTimeout(limit));
  response.once("finish", () => {
    if (!request.complete) setTimeout(cut, AFTER_ANSWER_MS).unref();
  });
}
