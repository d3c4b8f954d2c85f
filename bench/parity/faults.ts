import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { FailPoint } from "../../platform/process/fail-point.ts";
import { inheritedEnv } from "../config.ts";
import type { ParityHouse } from "./house.ts";

/** Something bad that happens before a chunk is sent, and while it is on its way. */
export interface Fault {
  readonly kind: string;
  happen(): Promise<void>;
}

/** Between the lines of the way from a payment to its aggregates. */
const POINTS: readonly FailPoint[] = [
  "aggregates.moved",
  "outbox.delivered",
  "aggregates.read",
  "record.committed",
  "outbox.read",
  "record.written",
  "job.scored",
  "job.taken",
  "job.parsed",
  "job.recorded",
];
const AWAY_MS = 500;

/** Every kind of fault, those that concern aggregates most first. */
export function faultsOf({ redis, scorer, worker, env }: ParityHouse): Fault[] {
  const points = POINTS.map(
    (name): Fault => ({ kind: `worker killed at ${name}`, happen: () => worker.kill({ name, times: 1 }) }),
  );
  const [first, ...rest] = points;
  return [
    first as Fault,
    {
      kind: "Redis killed, its file kept",
      happen: async () => {
        await redis.kill();
        setTimeout(() => void redis.start(), AWAY_MS);
        await sleep(AWAY_MS / 2);
      },
    },
    ...rest,
    { kind: "scorer killed", happen: () => scorer.kill() },
    {
      kind: "Redis lost everything, rebuilt by the command",
      happen: async () => {
        const connection = new Redis(redis.url);
        await connection.flushall();
        connection.disconnect();
        await rebuild(env);
      },
    },
  ];
}

/** `npm run features:rebuild` */
async function rebuild(env: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(process.execPath, ["--import", "tsx", "pipeline/aggregates/rebuild-cli.ts"], {
    env: { ...inheritedEnv, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text: Buffer) => {
    said += text.toString();
  });
  const code = await new Promise<number | null>((resolve) => void child.once("exit", resolve));
  if (code !== 0) throw new Error(`the rebuild failed: ${said}`);
}
