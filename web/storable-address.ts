import type { MiddlewareHandler } from "hono";
import { DomainError } from "../platform/process/errors.ts";
import type { AppEnv } from "./context.ts";

/**
 * Refuses an address with NUL in its path or query: ids and search words go to PostgreSQL, whose text has no NUL. Half
 * a surrogate pair, which it has not either, cannot be written in an address: its percent-encoding is no UTF-8 and
 * stays as it is.
 *
 * @throws DomainError `invalid_argument`
 */
export const storableAddress: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.url.includes("%00")) {
    throw DomainError.invalid([{ field: "address", description: "must hold no NUL (%00)" }]);
  }
  await next();
};
