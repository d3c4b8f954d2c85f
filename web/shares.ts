import type { MiddlewareHandler } from "hono";
import { Turns } from "../platform/process/turns.ts";
import { bodyLimit } from "./api/body-limits.ts";
import { addressGroup, callerAddress } from "./auth/caller-address.ts";
import type { AppContext, AppEnv, Deps } from "./context.ts";
import { Places } from "./places.ts";
import { perSecond, RateLimiter, spend } from "./rate-limit.ts";

/** Above this, bytes, a body is large: it is in memory, and making sense of it is felt by others. */
const LARGE = 128 * 1024;

/**
 * Requests that are worked on at any time, and how many of them one caller's; all others wait for their caller's turn.
 * Reading leaves others some of the database's six connections; what is sent waits for the scorer, mostly.
 */
const TURNS = { reading: [16, 4], sent: [32, 8], large: [2, 1] } as const;

/** Who asks, as counted: a key, a person, or, where nobody is known, an address. */
export function callerOf(c: AppContext, config: Deps["config"]): string {
  const user = c.get("user");
  return user ? `${user.actor.kind}:${user.actor.id}` : `address:${addressGroup(callerAddress(c, config))}`;
}

/**
 * Gives each caller its share of this process and no more: so many requests in a second, so many that wait, few large
 * bodies at once, and work in turns that go round among callers, so that one with a hundred requests waits for itself. A
 * request with a body has its turn when the body is there: who sends slowly holds nobody up. What is beyond is refused
 * at once, with the time to come back.
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
  const turns = {
    reading: new Turns(...TURNS.reading),
    sent: new Turns(...TURNS.sent),
    large: new Turns(...TURNS.large),
  };
  return async (c, next) => {
    const who = callerOf(c, config);
    const user = c.get("user");
    if (user) await spend(user.actor.kind === "api_key" ? rates.api_key : rates.user, who);
    const leave = [requests.take(who)];
    const leaveAll = (): void => {
      for (const give of leave) give();
    };
    let end: Promise<unknown> | undefined;
    c.set("stayUntil", (ends) => {
      end = ends;
    });
    try {
      const much = bringsMuch(c);
      if (much) leave.push(placeOrClose(c, large, who));
      const reads = c.req.method === "GET" || c.req.method === "HEAD";
      const own = reads ? turns.reading : much ? turns.large : turns.sent;
      const takeTurn = async (): Promise<void> => {
        await own.take(who);
        leave.push(() => own.done(who));
      };
      if (reads) await takeTurn();
      else c.set("takeTurn", takeTurn);
      c.set("borrowTurn", async () => {
        await own.take(who);
        return () => own.done(who);
      });
      await next();
    } finally {
      if (end) void end.then(leaveAll, leaveAll);
      else leaveAll();
    }
  };
}

/** Who is refused with a large body on its way is cut off, or would go on sending what nobody reads. */
function placeOrClose(c: AppContext, places: Places, who: string): () => void {
  try {
    return places.take(who);
  } catch (error) {
    c.header("Connection", "close");
    throw error;
  }
}

/** Whether the body may be large: it says so, or it does not say and the address takes large ones. */
function bringsMuch(c: AppContext): boolean {
  if (c.req.method === "GET" || c.req.method === "HEAD" || bodyLimit(c.req.path) <= 1024 * 1024) return false;
  const compressed = (c.req.header("content-encoding") ?? "identity").toLowerCase() !== "identity";
  return compressed || Number(c.req.header("content-length") ?? Number.POSITIVE_INFINITY) > LARGE;
}
