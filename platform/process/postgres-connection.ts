import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { rootCertificates as rootsOfNode } from "node:tls";
import pg from "pg";
import { parse, toClientConfig } from "pg-connection-string";
import { pgSslMode, pgSslRootCert } from "./config.ts";

/** `sslmode` as libpq knows it, and node-postgres' own `no-verify`, which is libpq's `require` without a root file. */
export const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify"];

/** Where Debian keeps the certificate authorities that the system trusts. */
const SYSTEM_ROOTS = "/etc/ssl/certs/ca-certificates.crt";
const SYSTEM = "system";
const USUAL_ROOT = "~/.postgresql/root.crt";

/** How to open a connection: options of node-postgres and the client class that understands them. */
export interface PostgresConnection {
  readonly config: pg.ClientConfig;
  /** With `allow` and `prefer` it asks the server first whether it speaks TLS. */
  readonly Client: typeof pg.Client;
}

/**
 * A database URL read as PostgreSQL's own clients read it (libpq, "SSL Support"): without `sslmode` and with `prefer`
 * TLS is used where the server offers it; `require` encrypts and verifies only when a root certificate is there;
 * `verify-ca` and `verify-full` verify against `sslrootcert` (or `PGSSLROOTCERT`) or `~/.postgresql/root.crt`, and are
 * refused where there is neither. `sslrootcert=system` is what the system trusts, for `verify-full` alone, which it makes
 * the default. `allow` is taken as `prefer`. Unix sockets know no TLS.
 *
 * @param url `postgres://…`
 * @throws Error in words, without the URL, when it cannot be read, or a mode or a file is not there
 */
export function postgresConnection(url: string): PostgresConnection {
  const [base = "", query = ""] = splitOnce(url, "?");
  const given = new URLSearchParams(query);
  const read = (name: string): string => given.get(name) ?? "";
  const files = { cert: read("sslcert"), key: read("sslkey"), ca: read("sslrootcert") || pgSslRootCert() };
  const mode = read("sslmode") || (read("ssl") === "true" ? "require" : defaultMode(files.ca));
  if (!SSL_MODES.includes(mode)) throw new Error(`sslmode=${mode} is none of ${SSL_MODES.join(", ")}`);
  // The rest of the URL is node-postgres' own to read.
  for (const name of ["sslmode", "ssl", "sslcert", "sslkey", "sslrootcert", "uselibpqcompat"])
    given.delete(name);
  const config = clientConfig(given.size > 0 ? `${base}?${given}` : base);
  const unixSocket = config.host?.startsWith("/") === true;
  if (unixSocket || mode === "disable") return { config: { ...config, ssl: false }, Client: HouseClient };

  if (files.ca === SYSTEM && mode !== "verify-full") {
    throw new Error(
      `sslmode=${mode} is too weak for sslrootcert=system, whose authorities sign for anybody: use sslmode=verify-full`,
    );
  }
  const roots = mode === "no-verify" ? undefined : rootCertificates(files.ca);
  const verify =
    mode === "verify-full" || mode === "verify-ca" || (mode === "require" && roots !== undefined);
  if (verify && roots === undefined) {
    const system = mode === "verify-full" ? ", or sslrootcert=system for a certificate of a public one" : "";
    throw new Error(
      `sslmode=${mode} needs the certificate of the authority that signed the server's: ` +
        `sslrootcert=FILE or ${USUAL_ROOT}${system}`,
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
  return { config: { ...config, ssl }, Client: ifOffered ? TlsIfOfferedClient : HouseClient };
}

const defaultMode = (ca: string): string => pgSslMode() || (ca === SYSTEM ? "verify-full" : "prefer");

function clientConfig(url: string): pg.ClientConfig {
  try {
    const config = toClientConfig(parse(url));
    // The library leaves %2F, %3F, %23 and what follows a %25 in a database's name as they are; libpq does not.
    const name = /^[a-z]+:\/\/[^/]*\/([^?]*)/.exec(url)?.[1];
    return name ? { ...config, database: decodeURIComponent(name) } : config;
  } catch {
    // A library's own error may quote the URL, and the password in it.
    throw new Error(
      "cannot be read: the user and the password must be percent-encoded (@ as %40, : as %3A, / as %2F, # as %23, ? as %3F, % as %25)",
    );
  }
}

function splitOnce(text: string, at: string): string[] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function rootCertificates(file: string): string | string[] | undefined {
  if (file === SYSTEM) {
    return existsSync(SYSTEM_ROOTS) ? readFileSync(SYSTEM_ROOTS, "utf8") : [...rootsOfNode];
  }
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

/**
 * A role or a database may be set to write dates otherwise than node-postgres reads them: what a connection asks for at
 * its start goes before that. Poolers know these two by name.
 */
const AS_WE_READ = { DateStyle: "ISO", standard_conforming_strings: "on" } as const;

class HouseClient extends pg.Client {
  /** What node-postgres sends when a connection begins. */
  getStartupConf(): Record<string, string> {
    return { ...Reflect.get(pg.Client.prototype, "getStartupConf").call(this), ...AS_WE_READ };
  }
}

/** node-postgres gives up where a server without TLS is asked for it; libpq's default goes on without. */
class TlsIfOfferedClient extends HouseClient {
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
