import type { Hono, MiddlewareHandler } from "hono";
import { TrieRouter } from "hono/router/trie-router";
import { Refusal } from "./api/problem.ts";
import type { AppEnv } from "./context.ts";

/**
 * Answers a method that an address does not have, before anything else is asked: 405 with those that it has (RFC 9110,
 * 15.5.6), and OPTIONS with them alone. They are read from the app's own routes, at the first request.
 *
 * @throws Refusal 405
 */
export function knownMethods(app: Hono<AppEnv>): MiddlewareHandler<AppEnv> {
  let methodsAt: TrieRouter<readonly string[]> | undefined;
  return async (c, next) => {
    methodsAt ??= routerOfMethods(app);
    const methods = new Set(methodsAt.match("ALL", c.req.path)[0].flatMap(([known]) => known));
    if (methods.size === 0 || methods.has(c.req.method)) return await next();
    const allow = { Allow: [...methods, "OPTIONS"].join(", ") };
    if (c.req.method === "OPTIONS") return c.body(null, 204, allow);
    throw new Refusal(405, `this address knows ${allow.Allow}`, allow);
  };
}

function routerOfMethods(app: Hono<AppEnv>): TrieRouter<readonly string[]> {
  const router = new TrieRouter<readonly string[]>();
  for (const { method, path } of app.routes) {
    if (method === "ALL") continue;
    // Hono answers HEAD with the head of GET.
    router.add("ALL", path, method === "GET" ? ["GET", "HEAD"] : [method]);
  }
  return router;
}
