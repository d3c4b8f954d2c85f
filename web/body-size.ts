import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { Refusal } from "./api/problem.ts";
import type { AppEnv } from "./context.ts";

/**
 * Refuses bodies that are larger. A declared length is believed (Node reads no more than it); only a body without one
 * is counted while it is read, because that needs a web stream, which costs more than scoring does.
 *
 * @throws Refusal 413
 */
export function limitBody(maxBytes: (path: string) => number): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const most = maxBytes(c.req.path);
    if (c.req.header("transfer-encoding") !== undefined) return await bodyLimit({ maxSize: most })(c, next);
    if (Number(c.req.header("content-length") ?? 0) > most) {
      throw new Refusal(413, `the body may have at most ${most} bytes`);
    }
    await next();
  };
}
