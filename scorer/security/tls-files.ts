import { experimental, type ServerCredentials } from "@grpc/grpc-js";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { readTlsFiles, type TlsPaths } from "../../platform/process/tls-files.ts";

type Identity = experimental.IdentityCertificateUpdate;
type Authorities = experimental.CaCertificateUpdate;

/** The server's PEM files. */
export interface ServerTlsPaths extends Omit<TlsPaths, "ca"> {
  /** Clients must show a certificate that one of these has signed (mutual TLS). */
  readonly clientCa?: string | undefined;
}

/**
 * The server's certificate, read again when the files change. New files are tried first: a certificate that does not fit
 * its key, as rotation leaves it for a moment, keeps the one before. Connections that are open keep theirs.
 */
export class TlsFiles implements experimental.CertificateProvider {
  readonly #paths: ServerTlsPaths;
  readonly #identityListeners = new Set<experimental.IdentityCertificateUpdateListener>();
  readonly #authorityListeners = new Set<experimental.CaCertificateUpdateListener>();
  #identity: Identity;
  #authorities: Authorities | null;
  #fingerprint: string;

  private constructor(paths: ServerTlsPaths, read: ReadFiles) {
    this.#paths = paths;
    this.#identity = read.identity;
    this.#authorities = read.authorities;
    this.#fingerprint = read.fingerprint;
  }

  /** @throws DomainError `invalid_argument` when the files cannot be used */
  static async open(paths: ServerTlsPaths): Promise<TlsFiles> {
    return new TlsFiles(paths, await readFiles(paths));
  }

  /** Credentials that follow the files. */
  credentials(): ServerCredentials {
    const mutual = this.#paths.clientCa !== undefined;
    return experimental.createCertificateProviderServerCredentials(this, mutual ? this : null, mutual);
  }

  /** Looks at the files. New ones are used from the next connection on; broken ones are logged and left alone. */
  async refresh(logger: Logger): Promise<void> {
    let read: ReadFiles;
    try {
      read = await readFiles(this.#paths);
    } catch (error) {
      logger.error(`TLS files are left as they were: ${messageOf(error)}`);
      return;
    }
    if (read.fingerprint === this.#fingerprint) return;
    this.#identity = read.identity;
    this.#authorities = read.authorities;
    this.#fingerprint = read.fingerprint;
    for (const listener of this.#authorityListeners) listener(this.#authorities);
    for (const listener of this.#identityListeners) listener(this.#identity);
    logger.info("TLS certificate renewed");
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#authorityListeners.add(listener);
    process.nextTick(() => listener(this.#authorities));
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#authorityListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.add(listener);
    process.nextTick(() => listener(this.#identity));
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.delete(listener);
  }
}

interface ReadFiles {
  readonly identity: Identity;
  readonly authorities: Authorities | null;
  readonly fingerprint: string;
}

async function readFiles(paths: ServerTlsPaths): Promise<ReadFiles> {
  const read = await readTlsFiles({ ...paths, ca: paths.clientCa });
  return {
    identity: { certificate: read.certificate, privateKey: read.privateKey },
    authorities: read.authorities ? { caCertificate: read.authorities } : null,
    fingerprint: read.fingerprint,
  };
}
