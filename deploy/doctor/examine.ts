import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { settingsFile } from "../../platform/process/config.ts";
import { ConfigError, parseEnv, redisPrefix, smtpUrl } from "../../platform/process/env.ts";
import { redisLink } from "../../platform/process/redis-link.ts";
import { SEED_DIR } from "../../scorer/config.ts";
import { childEnv, loadStartConfig, OPS_OFFSET, type StartConfig } from "../config.ts";
import { type Running, readRunning } from "../runner/running-file.ts";
import { checkCertificates } from "./certificates.ts";
import { checkOwnRedis } from "./embedded.ts";
import { type Finding, fault, ok } from "./finding.ts";
import { checkDataFolder, checkNode, checkPackages } from "./machine.ts";
import { checkMail } from "./mail.ts";
import { checkPorts } from "./ports.ts";
import { checkPostgres } from "./postgres.ts";
import { checkRedis } from "./redis.ts";
import { checkRegistry } from "./registry.ts";
import { checkNames, checkSettings } from "./settings.ts";

/** In place of what `npm start` makes up for its processes, so that their settings can be read. */
const MADE_UP = {
  REDIS_URL: "redis://127.0.0.1:6379",
  DATABASE_URL: "postgres://postgres@127.0.0.1:5432/postgres",
  SCORER_API_KEY: "made-up-by-the-doctor",
} as const;

const links = z.object({
  ...redisLink,
  REDIS_URL: redisLink.REDIS_URL.optional(),
  REDIS_PREFIX: redisPrefix,
  SMTP_URL: smtpUrl,
  MODEL_DIR: z.string().optional(),
});

/** Looks at everything that a start with this environment would need. Nothing is left behind, and nothing is mended. */
export async function examine(): Promise<Finding[]> {
  const findings = [checkNode(process.version), await checkPackages()];
  let config: StartConfig;
  try {
    config = loadStartConfig([]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [...findings, fault("settings", error.message.replaceAll("\n", " "), "README.md, Configuration")];
  }
  const running = await readRunning(config.DATA_DIR);
  const env = environment(config, running);
  const settings = checkSettings(env);
  findings.push(...settings, ...checkNames(childEnv({}), settingsFile()));
  findings.push(...(await checkDataFolder(config.DATA_DIR, !(config.REDIS_URL && config.DATABASE_URL))));
  findings.push(...(await portFindings(config, running)));
  findings.push(...(await checkCertificates(env)));
  if (settings.some(({ state }) => state === "fault")) return findings;

  const { MODEL_DIR, SMTP_URL, REDIS_PREFIX, ...link } = parseEnv(links, env);
  const own = join(config.DATA_DIR, "registry");
  findings.push(...(await checkRegistry(MODEL_DIR ?? (existsSync(own) ? own : SEED_DIR))));
  const redis = running?.env["REDIS_URL"] ?? config.REDIS_URL;
  findings.push(
    ...(redis === undefined
      ? [await checkOwnRedis(config.DATA_DIR)]
      : await checkRedis({ ...link, REDIS_URL: redis }, REDIS_PREFIX)),
  );
  const postgres = running?.env["DATABASE_URL"] ?? config.DATABASE_URL;
  findings.push(
    ...(postgres === undefined
      ? [ok("PostgreSQL", "one of our own, embedded")]
      : await checkPostgres(postgres)),
  );
  if (SMTP_URL !== undefined) findings.push(await checkMail(SMTP_URL));
  return findings;
}

/** What the processes of a start would see, or those of the one that runs do see. */
function environment(config: StartConfig, running: Running | undefined): NodeJS.ProcessEnv {
  return childEnv({
    REDIS_URL: config.REDIS_URL ?? MADE_UP.REDIS_URL,
    DATABASE_URL: config.DATABASE_URL ?? MADE_UP.DATABASE_URL,
    ...(config.SCORER_ADDRESS === undefined && config.SCORER_API_KEY === undefined
      ? { SCORER_API_KEY: MADE_UP.SCORER_API_KEY }
      : {}),
    ...running?.env,
  });
}

async function portFindings(config: StartConfig, running: Running | undefined): Promise<Finding[]> {
  if (running)
    return [
      ok(
        "ports",
        `${config.PORT} and ${config.SCORER_PORT} are of the PaySecure that runs (process ${running.pid})`,
      ),
    ];
  const { OPS_PORT: first } = config;
  return checkPorts([
    { port: config.PORT, what: "web", variable: "PORT" },
    { port: config.SCORER_PORT, what: "scorer", variable: "SCORER_PORT" },
    ...Object.entries(OPS_OFFSET).flatMap(([name, offset]) =>
      first ? [{ port: first + offset, what: `operations port of ${name}`, variable: "OPS_PORT" }] : [],
    ),
  ]);
}
