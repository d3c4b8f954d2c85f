import type { MiddlewareHandler } from "hono";
import { compress } from "hono/compress";
import { etag } from "hono/etag";
import type { AppContext, AppEnv } from "./context.ts";

/** Streams never end by themselves: they are neither hashed nor held back to be made smaller. */
const isStream = (c: AppContext): boolean => c.req.path.startsWith("/live/");

/** Files are as long as the store: hashing one would gather it in memory, and nobody asks for the same one again. */
const isFile = (c: AppContext): boolean =>
  /^\/(api\/v1\/export\/|export\/file$|audit\/export$)/.test(c.req.path);

/** Whether the answer is the same for everybody and may be kept; {@link serveAsset} says for how long. */
const isPublic = (c: AppContext): boolean => c.req.path.startsWith("/assets/") && c.res.status < 400;

/**
 * Says of every answer that it is not to be kept (RFC 9111, 5.2.2.5): pages and data are for who asked, sign-in links
 * work once, and a refusal or a figure for monitoring is of this moment. Only assets are anybody's.
 */
export const keepNothing: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (!isPublic(c)) c.res.headers.set("Cache-Control", "no-store");
};

const addTag = etag();

/** An ETag on what was read, and 304 for who has it already: programs that ask again and again keep their own copy. */
export const tagAnswers: MiddlewareHandler<AppEnv> = async (c, next) =>
  isStream(c) || isFile(c) ? await next() : await addTag(c, next);

const squeeze = compress();

/** Makes what was read smaller for who says so. Answers to a POST are small, and asked for where time counts. */
export const compressAnswers: MiddlewareHandler<AppEnv> = async (c, next) =>
  isStream(c) || c.req.method !== "GET" ? await next() : await squeeze(c, next);
