import { parseArgs } from "node:util";
import { z } from "zod";
import { dataDir } from "../platform/process/config.ts";
import { ConfigError, databaseUrl, opsPort, parseEnv, port, redisUrl } from "../platform/process/env.ts";
import { messageOf } from "../platform/process/errors.ts";
import { FILE_SUFFIX } from "../platform/process/settings-file.ts";

const schema = z.object({
  PORT: port(8000),
  SCORER_PORT: port(50_051),
  OPS_PORT: opsPort,
  REDIS_URL: redisUrl.optional(),
  REDIS_PREFIX: z.string().optional(),
  DATABASE_URL: databaseUrl.optional(),
  SCORER_ADDRESS: z.string().optional(),
  SCORER_API_KEY: z.string().optional(),
  SCORER_HOST: z.string().default("127.0.0.1"),
  /** With either of them the doors of streams are started too; they read the rest. */
  NATS_URL: z.string().optional(),
  KAFKA_BROKERS: z.string().optional(),
  /** How people reach the console, as the web says it. */
  PUBLIC_URL: z.string().optional(),
  TLS_CERT: z.string().optional(),
  NO_COLOR: z.string().optional(),
  /** What `--demo` says: payments of a simulated world, scored by a model of their own. */
  DEMO: z.enum(["payments"]).optional(),
});

/** How far after OPS_PORT the operations port of each process is: on one machine each needs its own. */
export const OPS_OFFSET: Readonly<Record<string, number>> = { web: 0, worker: 1, scorer: 2, doors: 3 };

/** What `npm start -- --help` prints. */
export const USAGE = `npm start [-- --demo payments]
Runs the whole system: Redis and PostgreSQL of its own where REDIS_URL and DATABASE_URL name none, and the Procfile.

  --demo payments   customers, terminals and devices, and a model that reads them, in place of anonymised cards
  --help            this

Settings are environment variables, or lines NAME=VALUE of a file .env beside package.json (ENV_FILE names another);
the environment goes before the file. A secret may be in a file of its own: DATABASE_URL_FILE=/run/secrets/database.

  PORT, SCORER_PORT         where the console and the scorer listen: 8000, 50051
  DATA_DIR                  everything that lasts on this machine: .data
  REDIS_URL, DATABASE_URL   servers of your own
  HOST, PUBLIC_URL          where the console listens, 127.0.0.1, and how people reach it
  TLS_CERT, TLS_KEY         HTTPS in the console itself
  SIM_RATE                  simulated payments a second: 10; 0 for none

All of them: README.md, "Configuration". What keeps a start from working: npm run doctor.
`;

/** What `npm start` reads; the processes it launches read their own. */
export type StartConfig = z.output<typeof schema> & { readonly DATA_DIR: string };

/** Whether somebody asks what there is to say. */
export const wantsHelp = (args: readonly string[]): boolean => args.includes("--help") || args.includes("-h");

/** @throws ConfigError naming every wrong variable, or the option that is none */
export function loadStartConfig(args: readonly string[]): StartConfig {
  let demo: string | undefined;
  try {
    demo = parseArgs({ args: [...args], options: { demo: { type: "string" } } }).values.demo;
  } catch (error) {
    throw new ConfigError(`${messageOf(error)}\nnpm start -- --help says what there is.`);
  }
  const env = parseEnv(schema, demo === undefined ? process.env : { ...process.env, DEMO: demo });
  return { ...env, DATA_DIR: dataDir() };
}

/** Where the scorer of this machine is called: a host that stands for all of them is called on loopback. */
export function scorerAddress({ SCORER_ADDRESS, SCORER_HOST, SCORER_PORT }: StartConfig): string {
  if (SCORER_ADDRESS !== undefined) return SCORER_ADDRESS;
  const host = SCORER_HOST === "0.0.0.0" ? "127.0.0.1" : SCORER_HOST === "::" ? "::1" : SCORER_HOST;
  return `${host.includes(":") ? `[${host}]` : host}:${SCORER_PORT}`;
}

/**
 * The environment that launched processes inherit, with what this run decides on top: what it has read from a secret's
 * file is not read again.
 */
export function childEnv(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, ...extra };
  for (const name of Object.keys(extra)) delete env[name + FILE_SUFFIX];
  return env;
}
