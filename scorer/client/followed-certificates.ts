import { readFileSync, statSync } from "node:fs";
import { rootCertificates } from "node:tls";
import type { experimental } from "@grpc/grpc-js";

type Identity = experimental.IdentityCertificateUpdate;
type Authorities = experimental.CaCertificateUpdate;

/** PEM files of a client. */
export interface ClientTlsPaths {
  /** The authorities that may have signed the server's certificate; Node's own when left out. */
  readonly ca?: string | undefined;
  /** What is shown to a server that asks for certificates; `cert` and `key` belong together. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** How often the files are looked at, milliseconds. */
const LOOK_EVERY_MS = 2_000;

/**
 * A client's certificates, read again when the files change, so that a connection made after a rotation uses the new ones.
 * Files that cannot be read at that moment leave those before.
 */
export class FollowedCertificates implements experimental.CertificateProvider {
  readonly #paths: ClientTlsPaths;
  readonly #identityListeners = new Set<experimental.IdentityCertificateUpdateListener>();
  readonly #authorityListeners = new Set<experimental.CaCertificateUpdateListener>();
  #authorities: Authorities;
  #identity: Identity | null;
  #state: string;
  #timer: NodeJS.Timeout | undefined;

  readonly #lookEveryMs: number;

  /** @throws the system's error when a file cannot be read */
  constructor(paths: ClientTlsPaths, lookEveryMs = LOOK_EVERY_MS) {
    this.#paths = paths;
    this.#lookEveryMs = lookEveryMs;
    this.#state = stateOf(paths);
    this.#authorities = readAuthorities(paths);
    this.#identity = readIdentity(paths);
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#authorityListeners.add(listener);
    listener(this.#authorities);
    this.#follow();
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#authorityListeners.delete(listener);
    this.#follow();
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.add(listener);
    listener(this.#identity);
    this.#follow();
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.delete(listener);
    this.#follow();
  }

  #follow(): void {
    const wanted = this.#authorityListeners.size + this.#identityListeners.size > 0;
    if (wanted) this.#timer ??= setInterval(() => this.#look(), this.#lookEveryMs).unref();
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #look(): void {
    try {
      const state = stateOf(this.#paths);
      if (state === this.#state) return;
      this.#authorities = readAuthorities(this.#paths);
      this.#identity = readIdentity(this.#paths);
      this.#state = state;
    } catch {
      return; // in the middle of being replaced
    }
    for (const listener of this.#authorityListeners) listener(this.#authorities);
    for (const listener of this.#identityListeners) listener(this.#identity);
  }
}

function readAuthorities({ ca }: ClientTlsPaths): Authorities {
  return { caCertificate: ca === undefined ? Buffer.from(rootCertificates.join("\n")) : readFileSync(ca) };
}

function readIdentity({ cert, key }: ClientTlsPaths): Identity | null {
  if (cert === undefined || key === undefined) return null;
  return { certificate: readFileSync(cert), privateKey: readFileSync(key) };
}

function stateOf({ ca, cert, key }: ClientTlsPaths): string {
  return [ca, cert, key]
    .map((path) => {
      if (path === undefined) return "";
      const { mtimeMs, size, ino } = statSync(path);
      return `${mtimeMs}:${size}:${ino}`;
    })
    .join();
}
