import type { MiddlewareHandler } from "hono";
import { Turns } from "../platform/process/turns.ts";
import { bodyLimit } from "./api/body-limits.ts";
import { addressGroup, callerAddress } from "./auth/caller-address.ts";
import type { AppContext, AppEnv, Deps } from "./context.ts";
import { Places } from "./places.ts";
import { perSecond, RateLimiter, spend } from "./rate-limit.ts";

/** Above this, bytes, reading a body takes long enough to be felt by others. */
const LARGE = 128 * 1024;

/** Large bodies that are worked on at any time; all others wait for their caller's turn. */
const LARGE_UNDER_WAY = 4;

/** Who asks, as counted: a key, a person, or, where nobody is known, an address. */
export function callerOf(c: AppContext, config: Deps["config"]): string {
  const user = c.get("user");
  return user ? `${user.actor.kind}:${user.actor.id}` : `address:${addressGroup(callerAddress(c, config))}`;
}

/**
 * Gives each caller its share of this process and no more: so many requests in a second, so many at once, few large
 * bodies at once (they are in memory), and of those a turn each, going round among callers, while they are made sense
 * of. What is beyond is refused at once, with the time to come back.
 */
export function shares({ config, redis }: Pick<Deps, "config" | "redis">): MiddlewareHandler<AppEnv> {
  const limiter = (name: string, rate: number): RateLimiter =>
    new RateLimiter(redis, config.REDIS_PREFIX, perSecond(name, rate));
  const rates = {
    api_key: limiter("key", config.KEY_RATE_LIMIT),
    user: limiter("person", config.PERSON_RATE_LIMIT),
  };
  const requests = new Places({ what: "requests", each: 200, together: 2_000 });
  const large = new Places({ what: "large bodies", each: 4, together: 16 });
  const turns = new Turns(LARGE_UNDER_WAY);
  return async (c, next) => {
    const who = callerOf(c, config);
    const user = c.get("user");
    if (user) await spend(user.actor.kind === "api_key" ? rates.api_key : rates.user, who);
    const leave = [requests.take(who)];
    try {
      if (bringsMuch(c)) leave.push(large.take(who));
      c.set("turnFor", async (bytes) => {
        if (bytes < LARGE) return;
        await turns.take(who);
        leave.push(() => turns.done());
      });
      await next();
    } finally {
      for (const give of leave) give();
    }
  };
}

/** Whether the body may be large: it says so, or it does not say and the address takes large ones. */
function bringsMuch(c: AppContext): boolean {
  if (c.req.method === "GET" || c.req.method === "HEAD" || bodyLimit(c.req.path) <= 1024 * 1024) return false;
  const compressed = (c.req.header("content-encoding") ?? "identity").toLowerCase() !== "identity";
  return compressed || Number(c.req.header("content-length") ?? Number.POSITIVE_INFINITY) > LARGE;
}
