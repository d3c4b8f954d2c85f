import type { MiddlewareHandler } from "hono";
import { containsPan } from "../domain/pan.ts";
import { DomainError } from "../platform/process/errors.ts";
import type { AppEnv } from "./context.ts";

/**
 * Refuses an address with NUL in its path or query: ids and search words go to PostgreSQL, whose text has no NUL. Half
 * a surrogate pair, which it has not either, cannot be written in an address: its percent-encoding is no UTF-8 and
 * stays as it is. One with a card number is refused too: addresses are kept by browsers, proxies and logs.
 *
 * @throws DomainError `invalid_argument`; the address is not repeated
 */
export const checkAddress: MiddlewareHandler<AppEnv> = async (c, next) => {
  const refuse = (description: string): never => {
    throw DomainError.invalid([{ field: "address", description }]);
  };
  if (c.req.url.includes("%00")) refuse("must hold no NUL (%00)");
  const { pathname, searchParams } = new URL(c.req.url);
  const texts = [...pathname.split("/").map(decoded), ...[...searchParams].flat()];
  if (texts.some(containsPan)) {
    refuse("looks as if it holds a card number; use a token that stands for the card instead");
  }
  await next();
};

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
