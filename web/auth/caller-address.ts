import { isIP, isIPv6, SocketAddress } from "node:net";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { WebConfig } from "../config.ts";
import type { AppContext } from "../context.ts";

/**
 * The caller's address: the socket's, or the proxy's word for it when TRUST_PROXY says so and it is an address. Nothing
 * else that a header says gets into counts and logs.
 */
export function callerAddress(c: AppContext, config: Pick<WebConfig, "TRUST_PROXY">): string {
  if (config.TRUST_PROXY) {
    const last = c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim() ?? "";
    if (isIP(last) !== 0) return last;
  }
  // app.request() in tests has no socket.
  return c.env?.incoming ? (getConnInfo(c).remote.address ?? "unknown") : "local";
}

/** What counts as one caller: an IPv4 address, or the /64 of an IPv6 address, of which a single machine has 2⁶⁴. */
export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = "", tail = ""] = new SocketAddress({ address, family: "ipv6" }).address.split("::");
  const first = head.split(":").filter((part) => part !== "");
  const last = tail.split(":").filter((part) => part !== "");
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => "0");
  return `${[...first, ...zeros, ...last].slice(0, 4).join(":")}::/64`;
}
