import { BlockList, isIP } from "node:net";

/** Finds IPv4 addresses written as IPv6 too (`::ffff:127.0.0.1`). */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Whether a server that listens on `host` is reached from this machine alone. A name is so only when it is `localhost`
 * or ends with it (RFC 6761, 6.3): where others lead is for a name server to say.
 */
export function isLoopback(host: string): boolean {
  if (/^(?:[^.]+\.)*localhost\.?$/i.test(host)) return true;
  const [address = ""] = host.split("%");
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 4 ? "ipv4" : "ipv6");
}
