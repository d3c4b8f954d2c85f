import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { addressGroup } from "./auth/caller-address.ts";
import type { WebConfig } from "./config.ts";

/** Connections at once; a browser has six. */
const TOGETHER = 5_000;
const OF_ONE_ADDRESS = 500;

const LOOPBACK = /^127\.|^0:0:0:0::/;

/**
 * Bounds what connections cost before anybody has said anything, and lets a caller that asks first (`Expect:
 * 100-continue`) wait with its body until somebody wants to read it: the body's reader says so.
 *
 * A proxy, or a neighbour on this machine that may be one, brings everybody's connections from one address.
 */
export function boundConnections(server: Server, { TRUST_PROXY }: Pick<WebConfig, "TRUST_PROXY">): void {
  server.maxConnections = TOGETHER;
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
