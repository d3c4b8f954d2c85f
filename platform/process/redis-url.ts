/** Where Redis is, as `REDIS_URL` says it. */
export type RedisPlace =
  | { readonly kind: "server"; readonly url: string }
  | ({ readonly kind: "cluster" } & Several)
  | ({ readonly kind: "sentinel"; readonly name: string; readonly db: number } & Several);

/** Several addresses behind one name and password. */
interface Several {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly username?: string;
  readonly password?: string;
  /** `rediss…`: all connections are encrypted. */
  readonly encrypted: boolean;
}

const SCHEME = /^(redis|rediss)(?:\+(cluster|sentinel))?:\/\/(.+)$/s;
const NODE = /^(?:\[(?<six>[0-9a-fA-F:.%]+)\]|(?<host>[^:[\]]+))(?::(?<port>\d{1,5}))?$/;
const USUAL_PORT = { cluster: 6379, sentinel: 26379 } as const;
const MOST_PORT = 65_535;

/** Whether the text begins as an address of Redis does. */
export function looksLikeRedisUrl(text: string): boolean {
  return SCHEME.test(text);
}

/** Whether what it leads to is to be reached encrypted. */
export function isEncrypted(url: string): boolean {
  return url.startsWith("rediss:") || url.startsWith("rediss+");
}

/**
 * Reads `redis://USER:PASSWORD@HOST:PORT/DATABASE`, `redis+cluster://USER:PASSWORD@A:PORT,B:PORT` or
 * `redis+sentinel://USER:PASSWORD@A:PORT,B:PORT/NAME/DATABASE`, each with `rediss` for TLS. User and password are
 * percent-encoded, and are those of the servers that hold the data.
 *
 * @returns undefined for what cannot be read
 */
export function readRedisUrl(text: string): RedisPlace | undefined {
  const [, scheme, kind, rest = ""] = SCHEME.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  if (kind !== "cluster" && kind !== "sentinel") {
    return isReadable(text) ? { kind: "server", url: text } : undefined;
  }
  const at = rest.lastIndexOf("@");
  const credentials = readCredentials(at < 0 ? "" : rest.slice(0, at));
  const [list = "", name, db, ...more] = rest.slice(at + 1).split("/");
  const nodes = list.split(",").map((node) => readNode(node, USUAL_PORT[kind]));
  if (!credentials || more.length > 0 || !nodes.every((node) => node !== undefined)) return undefined;
  const several = { nodes, ...credentials, encrypted: scheme === "rediss" };
  if (kind === "cluster") return name ? undefined : { kind, ...several };
  if (!name || !/^\d*$/.test(db ?? "")) return undefined;
  return { kind, name: decodeURIComponent(name), db: Number(db ?? 0), ...several };
}

function readNode(text: string, usual: number): { readonly host: string; readonly port: number } | undefined {
  const { six, host = six, port = String(usual) } = NODE.exec(text)?.groups ?? {};
  return host !== undefined && Number(port) <= MOST_PORT ? { host, port: Number(port) } : undefined;
}

function readCredentials(
  text: string,
): { readonly username?: string; readonly password?: string } | undefined {
  const colon = text.indexOf(":");
  try {
    const username = decodeURIComponent(colon < 0 ? text : text.slice(0, colon));
    const password = colon < 0 ? "" : decodeURIComponent(text.slice(colon + 1));
    if (/[@/#?]/.test(text)) return undefined;
    return { ...(username === "" ? {} : { username }), ...(password === "" ? {} : { password }) };
  } catch {
    return undefined;
  }
}

/** A character that has to be encoded and is not leaves the rest of the password where no password belongs. */
function isReadable(text: string): boolean {
  try {
    const { username, password, pathname, search, hash } = new URL(text);
    decodeURIComponent(username + password);
    return /^\/?\d*$/.test(pathname) && hash === "" && !search.includes("@");
  } catch {
    return false;
  }
}
