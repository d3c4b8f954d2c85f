import type { MiddlewareHandler } from "hono";
import type { AppEnv, Deps } from "../context.ts";
import { RateLimiter, type RateOptions, rateLimit } from "../rate-limit.ts";
import { addressGroup, callerAddress } from "./caller-address.ts";

/** Refuses an address, or a neighbourhood of IPv6, that asks too often, whoever is there. */
export function limitByAddress(
  { redis, config }: Pick<Deps, "redis" | "config">,
  options: RateOptions,
): MiddlewareHandler<AppEnv> {
  const limiter = new RateLimiter(redis, config.REDIS_PREFIX, options);
  return rateLimit(limiter, (c) => addressGroup(callerAddress(c, config)));
}

/** 256 random bits cannot be guessed; the limit keeps an address from trying links at the database's cost. */
export function limitLinks(deps: Pick<Deps, "redis" | "config">): MiddlewareHandler<AppEnv> {
  return limitByAddress(deps, { name: "links", points: 20, seconds: 10 });
}
