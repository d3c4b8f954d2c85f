import type { MiddlewareHandler } from "hono";
import { requestIdOf } from "../platform/process/request-id.ts";
import type { AppEnv } from "./context.ts";

/** Gives each request its id, and says it in the answer. */
export const requestId: MiddlewareHandler<AppEnv> = async (c, next) => {
  const id = requestIdOf(c.req.header("x-request-id"));
  c.set("requestId", id);
  c.header("X-Request-Id", id);
  await next();
};
