import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { DomainError, messageOf } from "./errors.ts";

/** PEM files of one end of a TLS connection. */
export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
  /** The other end must show a certificate that one of these has signed. */
  readonly ca?: string | undefined;
}

/** What is in them. */
export interface TlsMaterial {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  readonly authorities: Buffer | undefined;
  /** Another when any of the files is another. */
  readonly fingerprint: string;
}

/**
 * Reads PEM files and tries them: a certificate that does not fit its key, as rotation leaves it for a moment, is refused.
 *
 * @throws DomainError `invalid_argument` when the files cannot be used
 */
export async function readTlsFiles({ cert, key, ca }: TlsPaths): Promise<TlsMaterial> {
  try {
    const certificate = await readFile(cert);
    const privateKey = await readFile(key);
    const authorities = ca === undefined ? undefined : await readFile(ca);
    createSecureContext({ cert: certificate, key: privateKey, ca: authorities });
    const fingerprint = [certificate, privateKey, authorities ?? ""].join("\n");
    return { certificate, privateKey, authorities, fingerprint };
  } catch (error) {
    const files = [cert, key, ...(ca === undefined ? [] : [ca])].join(", ");
    throw new DomainError("invalid_argument", `the TLS files ${files} cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
