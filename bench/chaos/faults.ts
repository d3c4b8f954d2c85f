import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { FAIL_POINTS, type FailPoint } from "../../platform/process/fail-point.ts";
import type { ChaosHouse, Kept } from "./house.ts";
import type { Load } from "./load.ts";
import { drained } from "./verdict.ts";

/** Something bad that happens to the house. */
export interface Fault {
  readonly kind: string;
  /** How often it is drawn beside the others. */
  readonly weight: number;
  happen(): Promise<void>;
}

/** How long a server or wire stays away, milliseconds. */
const AWAY = { least: 100, most: 1_500 };
const DRAIN_LIMIT_MS = 60_000;

/** Every kind of fault, drawn by `random`. */
export function faultsOf(house: ChaosHouse, load: Load, random: () => number): Fault[] {
  const away = (): Promise<void> => sleep(AWAY.least + random() * (AWAY.most - AWAY.least));
  const someWorker = (): Kept => house.workers[Math.floor(random() * house.workers.length)]!;
  const whose = (point: FailPoint): Kept =>
    point.startsWith("recorder.")
      ? house.scorer
      : point === "review.committed" || point === "review.written"
        ? house.web
        : someWorker();
  const points = (Object.keys(FAIL_POINTS) as FailPoint[]).map(
    (name): Fault => ({
      kind: `killed at ${name}`,
      weight: 2,
      happen: () => whose(name).kill({ name, times: 1 + Math.floor(random() * 3) }),
    }),
  );
  const wires = Object.entries(house.wires).map(
    ([name, wire]): Fault => ({
      kind: `network cut, worker to ${name}`,
      weight: 3,
      happen: async () => {
        wire.cut();
        await away();
        wire.restore();
      },
    }),
  );
  return [
    { kind: "worker killed", weight: 8, happen: () => someWorker().kill() },
    { kind: "scorer killed", weight: 4, happen: () => house.scorer.kill() },
    { kind: "web killed", weight: 4, happen: () => house.web.kill() },
    {
      kind: "Redis killed, its file kept",
      weight: 4,
      happen: async () => {
        await house.redis.kill();
        await away();
        await house.redis.start();
      },
    },
    {
      kind: "PostgreSQL killed",
      weight: 3,
      happen: async () => {
        await house.postgres.kill();
        await away();
        await house.postgres.start();
      },
    },
    {
      // What lies in Redis alone goes with its file: so nothing may, when it is lost.
      kind: "Redis lost everything",
      weight: 1,
      happen: async () => {
        await load.pause();
        await drained(house, DRAIN_LIMIT_MS);
        const redis = new Redis(house.redis.url);
        await redis.flushall();
        redis.disconnect();
        await house.redis.kill();
        await house.redis.start();
        load.resume();
      },
    },
    ...wires,
    ...points,
  ];
}
