import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** Nobody's server is there: this network, link-local (a cloud's metadata among it), multicast, reserved. */
const NEVER = new BlockList();
/** This machine and the networks behind a firewall: only where the operator names them. */
const INSIDE = new BlockList();
for (const [address, bits] of [
  ["0.0.0.0", 8],
  ["169.254.0.0", 16],
  ["192.0.0.0", 24],
  ["224.0.0.0", 3],
] as const)
  NEVER.addSubnet(address, bits, "ipv4");
for (const [address, bits] of [
  ["fe80::", 10],
  ["ff00::", 8],
  ["64:ff9b:1::", 48],
  ["::", 128],
] as const)
  NEVER.addSubnet(address, bits, "ipv6");
// Addresses of IPv4 in other clothes (NAT64, 6to4, Teredo, IPv4-compatible) lead to what the plain ones are refused for.
for (const [address, bits] of [
  ["64:ff9b::", 96],
  ["2002::", 16],
  ["2001::", 32],
  ["::", 96],
] as const)
  INSIDE.addSubnet(address, bits, "ipv6");
for (const [address, bits] of [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
] as const)
  INSIDE.addSubnet(address, bits, "ipv4");
INSIDE.addAddress("::1", "ipv6");
INSIDE.addSubnet("fc00::", 7, "ipv6");

/** Places inside one's own network that the operator lets messages leave for (`OUTGOING_ALLOW`). */
export interface AllowedInside {
  readonly hosts: ReadonlySet<string>;
  readonly networks: BlockList;
}

/**
 * Reads `OUTGOING_ALLOW`: names of hosts, addresses and networks (`10.1.0.0/16`), with commas between.
 *
 * @throws RangeError naming what is none of these
 */
export function readAllowed(text: string): AllowedInside {
  const hosts = new Set<string>();
  const networks = new BlockList();
  for (const entry of text.split(",").map((part) => part.trim().toLowerCase())) {
    if (entry === "") continue;
    const [address = "", bits, ...more] = entry.split("/");
    const family = isIP(address);
    if (family !== 0) {
      const most = family === 4 ? 32 : 128;
      const length = bits === undefined ? most : Number(bits);
      if (more.length > 0 || bits === "" || !Number.isInteger(length) || length < 0 || length > most)
        throw new RangeError(`${entry} is no network`);
      networks.addSubnet(address, length, family === 4 ? "ipv4" : "ipv6");
    } else if (bits === undefined && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(entry)) hosts.add(entry);
    else throw new RangeError(`${entry} is no host, address or network`);
  }
  return { hosts, networks };
}

/** Nothing inside. */
export const NOTHING_INSIDE = readAllowed("");

/**
 * Finds the address to go to, once: what was judged is what is connected to, whatever the name says a moment later.
 *
 * @param host as in a URL, with or without brackets
 * @returns the address and its family
 * @throws Error whose words say why not: no such name, or a place that must not be reached
 */
export async function resolveOutside(
  host: string,
  allowed: AllowedInside,
): Promise<{ readonly address: string; readonly family: 4 | 6 }> {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase();
  const found = await lookup(name, { all: true }).catch(() => []);
  if (found.length === 0) throw new Error(`${name} has no address`);
  for (const { address, family } of found) {
    const kind = family === 6 ? "ipv6" : "ipv4";
    if (NEVER.check(address, kind)) continue;
    const inside = INSIDE.check(address, kind);
    if (!inside || allowed.hosts.has(name) || allowed.networks.check(address, kind))
      return { address, family: family === 6 ? 6 : 4 };
  }
  if (found.every(({ address, family }) => NEVER.check(address, family === 6 ? "ipv6" : "ipv4")))
    throw new Error(`${name} is an address of this network's own, which messages never leave for`);
  throw new Error(
    `${name} is inside this network, and messages leave for there only when OUTGOING_ALLOW names it`,
  );
}
