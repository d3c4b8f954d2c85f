import type { MiddlewareHandler } from "hono";
import type { AppEnv, Deps } from "../context.ts";
import { RateLimiter, rateLimit } from "../rate-limit.ts";
import { addressGroup, callerAddress } from "./caller-address.ts";

/** 256 random bits cannot be guessed; the limit keeps an address from trying links at the database's cost. */
export function limitLinks({ redis, config }: Pick<Deps, "redis" | "config">): MiddlewareHandler<AppEnv> {
  const limiter = new RateLimiter(redis, config.REDIS_PREFIX, { name: "links", points: 20, seconds: 10 });
  return rateLimit(limiter, (c) => addressGroup(callerAddress(c, config)));
}
