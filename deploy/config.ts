import { parseArgs } from "node:util";
import { z } from "zod";
import { dataDir } from "../platform/process/config.ts";
import { ConfigError, databaseUrl, opsPort, parseEnv, port, redisUrl } from "../platform/process/env.ts";
import { messageOf } from "../platform/process/errors.ts";

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

const USAGE = `npm start [-- --demo payments]
  --demo payments   customers, terminals and devices, and a model that reads them, in place of anonymised cards`;

/** What `npm start` reads; the processes it launches read their own. */
export type StartConfig = z.output<typeof schema> & { readonly DATA_DIR: string };

/** @throws ConfigError naming every wrong variable, or the option that is none */
export function loadStartConfig(args: readonly string[]): StartConfig {
  let demo: string | undefined;
  try {
    demo = parseArgs({ args: [...args], options: { demo: { type: "string" } } }).values.demo;
  } catch (error) {
    throw new ConfigError(`${messageOf(error)}\n${USAGE}`);
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

/** The environment that launched processes inherit, with what this run decides on top. */
export function childEnv(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...extra };
}
