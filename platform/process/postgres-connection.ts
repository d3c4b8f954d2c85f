import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { parse, toClientConfig } from "pg-connection-string";
import { pgSslMode } from "./config.ts";

/** `sslmode` as libpq knows it, and node-postgres' own `no-verify`, which is libpq's `require` without a root file. */
export const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify"];

/** Where Debian keeps the certificate authorities that the system trusts. */
const SYSTEM_ROOTS = "/etc/ssl/certs/ca-certificates.crt";

/** How to open a connection: options of node-postgres and the client class that understands them. */
export interface PostgresConnection {
  readonly config: pg.ClientConfig;
  /** With `allow` and `prefer` it asks the server first whether it speaks TLS. */
  readonly Client: typeof pg.Client;
}

/**
 * A database URL read as PostgreSQL's own clients read it (libpq, "SSL Support"): without `sslmode` and with `prefer`
 * TLS is used where the server offers it; `require` encrypts and verifies only when a root certificate is there;
 * `verify-ca` and `verify-full` verify against `sslrootcert`, `~/.postgresql/root.crt` or, with `sslrootcert=system`,
 * what the system trusts. `allow` is taken as `prefer`. Unix sockets know no TLS.
 *
 * @param url `postgres://…`
 * @throws Error in words when a mode or a file is not there
 */
export function postgresConnection(url: string): PostgresConnection {
  const [base = "", query = ""] = splitOnce(url, "?");
  const given = new URLSearchParams(query);
  const read = (name: string): string => given.get(name) ?? "";
  const mode = read("sslmode") || (read("ssl") === "true" ? "require" : pgSslMode());
  if (!SSL_MODES.includes(mode)) throw new Error(`sslmode=${mode} is none of ${SSL_MODES.join(", ")}`);
  const files = { cert: read("sslcert"), key: read("sslkey"), ca: read("sslrootcert") };
  // The rest of the URL is node-postgres' own to read.
  for (const name of ["sslmode", "ssl", "sslcert", "sslkey", "sslrootcert", "uselibpqcompat"])
    given.delete(name);
  const config = toClientConfig(parse(given.size > 0 ? `${base}?${given}` : base));
  const unixSocket = config.host?.startsWith("/") === true;
  if (unixSocket || mode === "disable") return { config: { ...config, ssl: false }, Client: pg.Client };

  const roots = mode === "no-verify" ? undefined : rootCertificates(files.ca);
  const verify =
    mode === "verify-full" || mode === "verify-ca" || (mode === "require" && roots !== undefined);
  if (mode === "verify-ca" && roots === undefined) {
    throw new Error(
      "sslmode=verify-ca needs the certificate authority: sslrootcert=FILE or sslrootcert=system",
    );
  }
  const ssl = {
    rejectUnauthorized: verify,
    ...(roots === undefined ? {} : { ca: roots }),
    ...(mode === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
    ...(files.cert === "" ? {} : { cert: pemFile("sslcert", files.cert) }),
    ...(files.key === "" ? {} : { key: pemFile("sslkey", files.key) }),
  };
  const ifOffered = mode === "prefer" || mode === "allow";
  return { config: { ...config, ssl }, Client: ifOffered ? TlsIfOfferedClient : pg.Client };
}

function splitOnce(text: string, at: string): string[] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function rootCertificates(file: string): string | undefined {
  if (file === "system") return existsSync(SYSTEM_ROOTS) ? readFileSync(SYSTEM_ROOTS, "utf8") : undefined;
  if (file !== "") return pemFile("sslrootcert", file);
  const usual = join(homedir(), ".postgresql", "root.crt");
  return existsSync(usual) ? pemFile("sslrootcert", usual) : undefined;
}

function pemFile(what: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`${what}: ${file} cannot be read`, { cause });
  }
}

/** node-postgres gives up where a server without TLS is asked for it; libpq's default goes on without. */
class TlsIfOfferedClient extends pg.Client {
  override connect(): Promise<pg.Client>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<pg.Client> | undefined {
    const ready = offersTls(this.host, this.port).then((offers) => {
      if (!offers)
        for (const part of [this, Reflect.get(this, "connection")]) Object.assign(part, { ssl: false });
    });
    if (callback === undefined) return ready.then(() => super.connect());
    ready.then(() => super.connect(callback), callback);
    return undefined;
  }
}

const PROBE_LIMIT_MS = 10_000;
/** PostgreSQL's SSLRequest: length 8, code 80877103. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

function offersTls(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    socket.setTimeout(PROBE_LIMIT_MS, () => {
      socket.destroy(Object.assign(new Error("connection timed out"), { code: "ETIMEDOUT" }));
    });
    socket.once("connect", () => socket.write(SSL_REQUEST));
    socket.once("data", (answer) => {
      socket.destroy();
      resolve(answer[0] === 0x53);
    });
    socket.once("error", reject);
    socket.once("close", () => {
      reject(
        Object.assign(new Error("connection closed before the server answered"), { code: "ECONNRESET" }),
      );
    });
  });
}
