import { z } from "zod";
import type { RedisConnection } from "../platform/process/redis.ts";

/** Where doors read that they are to take nothing more. */
const keyOf = (prefix: string): string => `${prefix}:doors`;

const doorState = z.object({ closedBy: z.string(), closedAt: z.iso.datetime() });

/** Who closed the doors, and when. */
export type ClosedDoors = z.output<typeof doorState>;

/**
 * Whether the doors for payments that can wait are closed: by whom, or undefined where they are open. A Redis that lost
 * everything has them open.
 *
 * @throws Redis' error
 */
export async function closedDoors(redis: RedisConnection, prefix: string): Promise<ClosedDoors | undefined> {
  const text = await redis.get(keyOf(prefix));
  if (text === null) return undefined;
  return doorState.parse(JSON.parse(text));
}

export async function closeDoors(redis: RedisConnection, prefix: string, closedBy: string): Promise<void> {
  const state: ClosedDoors = { closedBy, closedAt: new Date().toISOString() };
  await redis.set(keyOf(prefix), JSON.stringify(state));
}

export async function openDoors(redis: RedisConnection, prefix: string): Promise<void> {
  await redis.del(keyOf(prefix));
}
