import { parseArgs } from "node:util";
import { z } from "zod";
import { ConfigError, logLevel, parseEnv, queueShards, redisPrefix } from "../../platform/process/env.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { checkRedisLink, redisLink } from "../../platform/process/redis-link.ts";

const schema = z.object({
  ...redisLink,
  REDIS_PREFIX: redisPrefix,
  ...queueShards,
  LOG_LEVEL: logLevel,
  /** Mean transactions per second over a day; 0 is silence. */
  SIM_RATE: z.coerce.number().min(0).max(20_000).default(10),
  /** Mean share of fraud. In the real data it is 0.0017. */
  SIM_FRAUD_RATE: z.coerce.number().min(0).max(1).default(0.01),
  /** What the transactions look like; another for each start when unset. */
  SIM_SEED: z.coerce.number().int().min(0).max(4_294_967_295).optional(),
  /** The stream begins this long before the start, so that there is something to see at once. */
  SIM_HEAD_START_SECONDS: z.coerce.number().min(0).max(3_600).default(30),
  /** What is simulated: anonymised cards, or a world of customers, terminals and devices. */
  DEMO: z.enum(["payments"]).optional(),
  /** Customers of that world: the fewer, the faster time passes there for the same rate. */
  SIM_CUSTOMERS: z.coerce.number().int().min(10).max(100_000).default(400),
  /** Transactions handed in and not yet decided, at most; beyond it the stream pauses. */
  SIM_MAX_OUTSTANDING: z.coerce.number().int().min(1).default(20_000),
});

export type SimulatorConfig = z.output<typeof schema> & {
  /** A file to replay instead of the stream. */
  readonly replay: { readonly path: string; readonly speed: number } | undefined;
};

/**
 * Environment and command line: `[--replay FILE.csv[.gz] [--speed N|max]]`.
 *
 * @throws ConfigError naming everything that is wrong
 */
export function loadSimulatorConfig(
  args: readonly string[],
  given: Readonly<Record<string, string | undefined>> = process.env,
): SimulatorConfig {
  const env = parseEnv(schema, given);
  checkRedisLink(env);
  let values: { replay?: string; speed?: string };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { replay: { type: "string" }, speed: { type: "string" } },
      strict: true,
    }));
  } catch (error) {
    throw new ConfigError(`${messageOf(error)}\nusage: simulator [--replay FILE.csv[.gz] [--speed N|max]]`);
  }
  if (values.replay === undefined) {
    if (values.speed !== undefined) throw new ConfigError("--speed is for --replay FILE");
    return { ...env, replay: undefined };
  }
  const speed = values.speed === "max" ? Number.POSITIVE_INFINITY : Number(values.speed ?? "1");
  if (!(speed > 0)) throw new ConfigError(`--speed ${values.speed}: must be above 0, or max`);
  return { ...env, replay: { path: values.replay, speed } };
}
