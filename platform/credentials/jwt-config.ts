import { z } from "zod";
import { type Right, SCOPES } from "../../domain/rights.ts";
import { ConfigError } from "../process/env.ts";
import { isLoopback } from "../process/loopback.ts";

const HOUR_S = 3_600;

/** `their-name=our-right, …`; a name may stand more than once. */
const scopeMap = z.string().transform((text, context) => {
  const map: [string, Right][] = [];
  for (const pair of text.split(",")) {
    const [name = "", right = "", ...more] = pair.split("=").map((part) => part.trim());
    if (name === "" || more.length > 0 || !(SCOPES as readonly string[]).includes(right)) {
      const message = `"${pair.trim()}" is not NAME=RIGHT with one of ${SCOPES.join(", ")}`;
      context.addIssue({ code: "custom", message });
    } else map.push([name, right as Right]);
  }
  return map;
});

/** What a process reads that takes tokens of the organisation's issuer; spread into its own schema. */
export const jwtEnv = {
  /** Whose tokens (JWT, RFC 9068) machines may show instead of an API key; none when unset. */
  JWT_ISSUER: z.url({ protocol: /^https?$/ }).optional(),
  /** What their `aud` must say, or one of several apart by commas. */
  JWT_AUDIENCE: z.string().optional(),
  /** Where the issuer's keys are; asked from the issuer's discovery document when unset. */
  JWT_JWKS_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** The claim that says what a token allows: names apart by spaces, or a list. */
  JWT_SCOPES_CLAIM: z.string().min(1).default("scope"),
  /** What the issuer calls our rights: `fraud.score=transactions.score,…`. Unset: as we do. */
  JWT_SCOPES: scopeMap.optional(),
  /** Older tokens are refused, whatever their `exp`. */
  JWT_MAX_AGE_HOURS: z.coerce.number().positive().max(720).default(24),
};

type JwtEnv = z.output<z.ZodObject<typeof jwtEnv>>;

/** Whose tokens are taken, and what they allow. */
export interface JwtSettings {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Undefined: by discovery. */
  readonly jwksUrl: URL | undefined;
  readonly scopesClaim: string;
  /** What a name in the claim allows. */
  readonly rightsOf: (name: string) => readonly Right[];
  readonly maxAgeSeconds: number;
}

/**
 * The settings, once the variables have been read.
 *
 * @returns undefined when no issuer is set
 * @throws ConfigError when they do not go together
 */
export function jwtSettings(config: JwtEnv): JwtSettings | undefined {
  const { JWT_ISSUER: issuer, JWT_AUDIENCE, JWT_JWKS_URL: jwks, JWT_SCOPES: map } = config;
  if (issuer === undefined) {
    if (jwks !== undefined || JWT_AUDIENCE !== undefined || map !== undefined) {
      throw new ConfigError(
        "JWT_AUDIENCE, JWT_JWKS_URL and JWT_SCOPES say nothing without JWT_ISSUER: set it too",
      );
    }
    return undefined;
  }
  const audiences = (JWT_AUDIENCE ?? "").split(",").flatMap((one) => one.trim() || []);
  if (audiences.length === 0) {
    throw new ConfigError(
      "JWT_ISSUER needs JWT_AUDIENCE: tokens that the issuer gave for something else must not open this",
    );
  }
  for (const [name, url] of [
    ["JWT_ISSUER", issuer],
    ["JWT_JWKS_URL", jwks],
  ] as const) {
    if (url !== undefined) refusePlain(name, new URL(url));
  }
  return {
    issuer,
    audiences,
    jwksUrl: jwks === undefined ? undefined : new URL(jwks),
    scopesClaim: config.JWT_SCOPES_CLAIM,
    rightsOf: (name) =>
      map
        ? map.flatMap(([theirs, right]) => (theirs === name ? [right] : []))
        : SCOPES.filter((one) => one === name),
    maxAgeSeconds: config.JWT_MAX_AGE_HOURS * HOUR_S,
  };
}

/** Whether what comes from an address is what its owner sent: keys that came in plain text could be anybody's. */
export function isTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"));
}

function refusePlain(name: string, url: URL): void {
  if (isTrustworthy(url)) return;
  throw new ConfigError(`${name} must begin with https:// unless it is on this machine`);
}
