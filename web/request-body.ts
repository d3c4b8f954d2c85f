import { pipeline, Readable, type Transform } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { MiddlewareHandler } from "hono";
import { DomainError } from "../platform/process/errors.ts";
import { mediaType } from "./api/body.ts";
import { Refusal } from "./api/problem.ts";
import type { AppContext, AppEnv } from "./context.ts";

type Decoder = () => Transform;

/** The codings a body may come in (RFC 9110, 8.4.1). */
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

const OFFERED = { "Accept-Encoding": "gzip, deflate, br" };

const tooLarge = (most: number): Refusal => new Refusal(413, `the body may have at most ${most} bytes`);

/**
 * Lets bodies through that have at most so many bytes, sent as they are or compressed; what is counted is what comes out,
 * so that a few bytes which stand for many cost no more than the limit. A declared length is believed (Node reads no
 * more than it). Without one, and for a compressed body, it is counted while it is read, which is done by the route:
 * who is asking is known by then.
 *
 * @throws Refusal 413; 415 for a coding that is not known, with those that are
 */
export function limitBody(maxBytes: (path: string, type: string) => number): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    // Nobody reads the body of these.
    if (c.req.method === "GET" || c.req.method === "HEAD") return await next();
    const most = maxBytes(c.req.path, mediaType(c));
    if (Number(c.req.header("content-length") ?? 0) > most) throw tooLarge(most);
    const decoder = decoderOf(c);
    const asks = /^100-continue$/i.test(c.req.header("expect") ?? "");
    if ((decoder || asks || c.req.header("transfer-encoding") !== undefined) && c.req.raw.body) {
      const wanted = (): void => {
        if (asks) c.env.outgoing?.writeContinue();
      };
      const body = ReadableStream.from(bounded(c.req.raw.body as NodeStream, decoder, most, wanted));
      c.req.raw = new Request(c.req.raw, { body, duplex: "half" } as RequestInit);
    }
    await next();
  };
}

function decoderOf(c: AppContext): Decoder | undefined {
  const coding = c.req.header("content-encoding")?.trim().toLowerCase() ?? "";
  if (coding === "" || coding === "identity") return undefined;
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (!decoder) throw new Refusal(415, "send the body as it is, or one of gzip, deflate and br", OFFERED);
  return decoder;
}

/**
 * Nothing of it runs before somebody reads: for who is refused no decoder is made.
 *
 * @param wanted called when the first byte is
 */
async function* bounded(
  body: NodeStream,
  decoder: Decoder | undefined,
  most: number,
  wanted: () => void,
): AsyncGenerator<Uint8Array> {
  wanted();
  const sent = Readable.fromWeb(body);
  // What ends either ends the other; the reader below hears of it.
  const read: AsyncIterable<Uint8Array> = decoder ? pipeline(sent, decoder(), () => {}) : sent;
  let size = 0;
  try {
    for await (const chunk of read) {
      size += chunk.length;
      if (size > most) throw tooLarge(most);
      yield chunk;
    }
  } catch (error) {
    if (isZlibError(error)) {
      throw DomainError.invalid([{ field: "body", description: "is not what Content-Encoding says" }]);
    }
    throw error;
  }
}

/** Node's zlib names its failures Z_… and, of Brotli, ERR_…; a lost connection is none of them. */
function isZlibError(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code.startsWith("Z_") || /^ERR_(?:BROTLI|_)/.test(code);
}
