import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { z } from "zod";
import { ConfigError, flag, pemPath } from "../../platform/process/env.ts";
import { messageOf } from "../../platform/process/errors.ts";
import type { ScorerClientOptions } from "../client.ts";

/** The variables that say how to reach the scorer, for the schema of every process that calls it. */
export const scorerLink = {
  SCORER_ADDRESS: z.string().min(1).default("127.0.0.1:50051"),
  /** Shown to a scorer that asks for keys (SCORER_REQUIRE_KEYS or SCORER_API_KEYS_FILE there). */
  SCORER_API_KEY: z.string().optional(),
  /** TLS with the authorities that Node trusts; said by itself when any of the files below is given. */
  SCORER_TLS: flag(false),
  /** PEM: the authorities that may have signed the scorer's certificate. */
  SCORER_TLS_CA: pemPath.optional(),
  /** PEM: what we show to a scorer that asks for certificates (SCORER_TLS_CLIENT_CA there). */
  SCORER_TLS_CLIENT_CERT: pemPath.optional(),
  SCORER_TLS_CLIENT_KEY: pemPath.optional(),
  /** The name in the scorer's certificate, where SCORER_ADDRESS is another. */
  SCORER_TLS_SERVER_NAME: z.string().optional(),

  // The scorer's own, where it has its environment from the same place as its callers: then they follow it by themselves.
  SCORER_TLS_CERT: z.string().optional(),
  SCORER_TLS_CLIENT_CA: z.string().optional(),
  SCORER_API_KEYS_FILE: z.string().optional(),
  SCORER_REQUIRE_KEYS: flag(false),
} as const;

const schema = z.object(scorerLink);

/** How to reach the scorer: these variables' values. */
export type ScorerLink = z.output<typeof schema>;

/**
 * What `createScorerClient` takes for these variables. A scorer with a certificate in the same environment is believed by
 * that certificate: by itself when it is self-signed, by its name when the address is another.
 *
 * @throws ConfigError when the scorer would turn us away, with what to set
 */
export function scorerClientOptions(
  link: ScorerLink,
): Pick<ScorerClientOptions, "address" | "apiKey" | "tls"> {
  const { SCORER_TLS_CLIENT_CERT: cert, SCORER_TLS_CLIENT_KEY: key, SCORER_API_KEY: apiKey } = link;
  if ((cert === undefined) !== (key === undefined)) {
    throw new ConfigError(
      "SCORER_TLS_CLIENT_CERT and SCORER_TLS_CLIENT_KEY belong together: set both, or neither",
    );
  }
  if (link.SCORER_TLS_CLIENT_CA !== undefined && cert === undefined) {
    throw new ConfigError(
      "The scorer asks its callers for certificates (SCORER_TLS_CLIENT_CA): set SCORER_TLS_CLIENT_CERT and " +
        "SCORER_TLS_CLIENT_KEY to one that its authority has signed",
    );
  }
  if (link.SCORER_API_KEYS_FILE !== undefined && apiKey === undefined) {
    throw new ConfigError(
      "The scorer asks its callers for keys (SCORER_API_KEYS_FILE): set SCORER_API_KEY to one of them " +
        "(npm run api-keys -- house --file FILE --scopes score,explain makes one)",
    );
  }
  if (link.SCORER_REQUIRE_KEYS && apiKey === undefined) {
    throw new ConfigError(
      "The scorer asks its callers for keys (SCORER_REQUIRE_KEYS): set SCORER_API_KEY to one (npm run api-keys -- make " +
        "house --scopes transactions.score,transactions.record,decisions.explain makes it; npm start makes its own)",
    );
  }
  const own = link.SCORER_TLS_CA === undefined ? followed(link) : {};
  const secure =
    link.SCORER_TLS ||
    [link.SCORER_TLS_CA, cert, link.SCORER_TLS_CERT, link.SCORER_TLS_SERVER_NAME].some(
      (one) => one !== undefined,
    );
  if (!secure) return { address: link.SCORER_ADDRESS, apiKey };
  return {
    address: link.SCORER_ADDRESS,
    apiKey,
    tls: {
      ...own,
      ca: link.SCORER_TLS_CA ?? own.ca,
      cert,
      key,
      serverName: link.SCORER_TLS_SERVER_NAME ?? own.serverName,
    },
  };
}

/** Whom to believe when the scorer's own certificate is at hand. */
function followed({ SCORER_TLS_CERT: path, SCORER_ADDRESS: address }: ScorerLink): {
  readonly ca?: string;
  readonly serverName?: string | undefined;
} {
  if (path === undefined) return {};
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(readFileSync(path));
  } catch (error) {
    throw new ConfigError(
      `SCORER_TLS_CERT ${path} cannot be used to believe the scorer: ${messageOf(error)}. Set SCORER_TLS_CA`,
    );
  }
  const selfSigned = certificate.checkIssued(certificate);
  return { ...(selfSigned ? { ca: path } : {}), serverName: nameIn(certificate, address) };
}

/** The certificate's own name, where it does not have the address's. */
function nameIn(certificate: X509Certificate, address: string): string | undefined {
  const host = address
    .replace(/^.*\//, "")
    .replace(/:\d+$/, "")
    .replace(/^\[|\]$/g, "");
  const has = isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host);
  if (has !== undefined) return undefined;
  const names = certificate.subjectAltName ?? "";
  const name =
    /DNS:([^,\s]+)/.exec(names)?.[1] ??
    /IP Address:([^,\s]+)/.exec(names)?.[1] ??
    /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  return name?.replace(/^\*\./, "scorer.");
}
