import { readFileSync } from "node:fs";
import { z } from "zod";
import { codeOf, messageOf } from "./errors.ts";
import { guessable } from "./guessable.ts";
import { postgresConnection } from "./postgres-connection.ts";
import { looksLikeRedisUrl, readRedisUrl } from "./redis-url.ts";
import { FILE_SUFFIX } from "./settings-file.ts";

/** What may stand in a file instead, named by the variable with `_FILE` at its end, as Docker and Kubernetes hand secrets over. */
const SECRETS: ReadonlySet<string> = new Set([
  ...["ADMIN_API_KEY", "DATABASE_URL", "KAFKA_PASSWORD", "NATS_PASSWORD", "NATS_TOKEN", "OIDC_CLIENT_SECRET"],
  ...["REDIS_SENTINEL_PASSWORD", "REDIS_URL", "SCORER_API_KEY", "SECRET_KEY", "SMTP_URL"],
]);

const known = new Set<string>(["DATA_DIR", "ENV_FILE"]);

/** The names of all settings that the configurations read so far know. */
export const knownSettings = (): ReadonlySet<string> => known;

/** Thrown when the environment is wrong: the message lists every wrong variable, one per line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Parses the environment once, at boot. An empty string counts as unset, as shells and Procfile runners leave it. A secret
 * that is unset is read from the file that `NAME_FILE` names, without the line's end.
 *
 * @returns the schema's output, frozen
 * @throws ConfigError with one line for every variable that is wrong
 */
export function parseEnv<S extends z.ZodObject>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<z.output<S>> {
  const given: Record<string, string> = {};
  const unread = new Map<string, string>();
  for (const name of Object.keys(schema.shape)) {
    known.add(name);
    const value = env[name];
    if (value !== undefined && value !== "") given[name] = value;
    if (SECRETS.has(name)) {
      known.add(name + FILE_SUFFIX);
      const wrong = takeSecret(name, env[name + FILE_SUFFIX], given);
      if (wrong !== undefined) unread.set(name, `  ${name}${FILE_SUFFIX} (set): ${wrong}`);
    }
  }
  const result = schema.safeParse(given);
  if (result.success && unread.size === 0) return Object.freeze(result.data);
  const lines = (result.error?.issues ?? [])
    .filter(({ path }) => !unread.has(path.join(".")))
    .map((issue) => {
      const name = issue.path.join(".");
      const was = given[name] === undefined ? "not set" : "set";
      return `  ${name} (${was}): ${issue.message}`;
    });
  lines.unshift(...unread.values());
  throw new ConfigError(`Configuration is wrong:\n${lines.join("\n")}`);
}

/** Reads a secret's file, where one is named. @returns what is wrong with it, in words without what it says */
function takeSecret(
  name: string,
  path: string | undefined,
  given: Record<string, string>,
): string | undefined {
  if (path === undefined || path === "") return undefined;
  if (given[name] !== undefined) return `${name} is set too: set one of them`;
  try {
    const secret = readFileSync(path, "utf8").trimEnd();
    if (secret === "") return `${path} is empty`;
    given[name] = secret;
    return undefined;
  } catch (error) {
    return `${path} cannot be read (${codeOf(error)})`;
  }
}

/**
 * A program's configuration, or the end of the program: whoever starts it wants the list of what is wrong, not a stack.
 *
 * @param load throws ConfigError when something is wrong; the process then ends with code 2
 */
export function configOrExit<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

/** A TCP port; 0 lets the system choose. */
export const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);

/** An address of Redis (redis-url.ts) whose user and password can be decoded. */
export const redisUrl = z
  .string()
  .refine(looksLikeRedisUrl, {
    abort: true,
    error: "must be a redis:// or rediss:// URL (or redis+cluster://, redis+sentinel://)",
  })
  .refine((url) => readRedisUrl(url) !== undefined, {
    abort: true,
    error:
      "cannot be read: rediss://USER:PASSWORD@HOST:PORT/DATABASE, rediss+cluster://USER:PASSWORD@A:PORT,B:PORT or " +
      "rediss+sentinel://USER:PASSWORD@A:PORT,B:PORT/NAME, with user and password percent-encoded " +
      "(@ as %40, : as %3A, / as %2F, # as %23, ? as %3F, % as %25)",
  });

/** The path of a PEM file that is there and may be read. */
export const pemPath = z.string().superRefine((path, context) => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    context.addIssue({ code: "custom", message: `${path} cannot be read (${codeOf(error)})` });
    return;
  }
  if (!text.includes("-----BEGIN ")) context.addIssue({ code: "custom", message: `${path} is no PEM file` });
});
/**
 * The operations port: `/healthz`, `/readyz` and `/metrics` without a key; not served when unset. On loopback unless
 * `OPS_HOST` says otherwise.
 */
export const opsPort = z.coerce.number().int().min(0).max(65_535).optional();

/** Where the operations port listens: an address that only monitoring reaches. */
export const opsHost = z.string().min(1).default("127.0.0.1");

/**
 * What the names of everything we keep in Redis begin with, so that neighbours on the same server (another application
 * with a queue of the same name, a second PaySecure) are left alone and leave us alone. The braces keep it in one slot
 * of a Redis Cluster.
 */
export const redisPrefix = z
  .string()
  .regex(/^[A-Za-z0-9_.:{}-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 _ . : { } -")
  .default("{paysecure}");

/** Each costs every worker a connection and a look at Redis. */
const MOST_SHARDS = 64;

/** Into how many queues transactions are dealt out, and by which entity: the same for every process of a house. */
export const queueShards = {
  QUEUE_SHARDS: z.coerce.number().int().min(1).max(MOST_SHARDS).default(1),
  QUEUE_SHARD_BY: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,63}$/, "must be the name of an entity, e.g. card or customer")
    .default("card"),
};

/** `postgres://` URL. */
export const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\/.+/, "must be a postgres:// URL")
  .superRefine((url, context) => {
    try {
      postgresConnection(url);
    } catch (error) {
      context.addIssue({ code: "custom", message: messageOf(error) });
    }
  });

/** How to make a key that nobody guesses, without any other program. */
const MAKE_A_KEY = "node -p \"crypto.randomBytes(32).toString('base64url')\"";

/** A key that gives rights to whoever knows it: long, and not one that is tried first. */
export const strongKey = z.string().superRefine((key, context) => {
  const why = guessable(key);
  if (why !== undefined) context.addIssue({ code: "custom", message: `${why}. Make one: ${MAKE_A_KEY}` });
});

/** Overrules what is refused because it would be open to other machines. */
export const insecure = z.stringbool().default(false);

/** `true/1/yes/on` or `false/0/no/off`. */
export const flag = (fallback: boolean) => z.stringbool().default(fallback);

/** pino's levels. */
export const logLevel = z
  .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
  .default("info");

/** An origin alone: links, cookies (`__Host-` needs the path /) and redirects of the console begin at the root. */
export const publicAddress = z.url({ protocol: /^https?$/ }).refine((text) => {
  if (!URL.canParse(text)) return true; // said already
  const { pathname, search, hash, username, password } = new URL(text);
  return pathname === "/" && search + hash + username + password === "";
}, "must be scheme, host and port alone: the console has no place below a path. Give it a host name of its own, " +
  "e.g. https://fraud.example.com");

/** Seals what lies in the database and in cookies: 32 bytes, base64. Unset, it is a file in DATA_DIR of this machine. */
export const secretKey = z
  .string()
  .transform((text) => Buffer.from(text, "base64"))
  .refine((key) => key.length === 32, "must be 32 bytes in base64: openssl rand -base64 32")
  .optional();

/** The mail server; none when unset. */
export const smtpUrl = z
  .string()
  .regex(/^smtps?:\/\/.+/, "must be an smtp:// or smtps:// URL")
  .optional();
