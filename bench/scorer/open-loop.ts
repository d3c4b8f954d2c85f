import { connect, constants, type IncomingHttpHeaders } from "node:http2";
import { status } from "@grpc/grpc-js";

/** What came of calls that were sent whatever the answers. */
export interface Outcome {
  /** Answers within the time, per second. */
  readonly answeredPerSecond: number;
  /** How long each refusal took, milliseconds. */
  readonly refusalMs: readonly number[];
  /** Calls that ended neither with an answer nor with RESOURCE_EXHAUSTED. */
  readonly others: number;
}

const TICK_MS = 2;
/** A generator that was held up sends no more than this at once: it must get to read the answers. */
const MOST_AT_ONCE = 16;
const STREAM_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;
const PREFIX_BYTES = 5;

/**
 * Sends `perSecond` calls of one method for `seconds`, whatever comes back, and waits for the last answer. Straight on
 * HTTP/2: on two cores, a gRPC client that sends three times what the server can do would need the server's share.
 */
export async function openLoop(
  address: string,
  path: string,
  messages: readonly Buffer[],
  perSecond: number,
  seconds: number,
): Promise<Outcome> {
  const session = connect(`http://${address}`, { settings: { initialWindowSize: STREAM_WINDOW_BYTES } });
  await new Promise((resolve, reject) => session.once("connect", resolve).once("error", reject));
  session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
  const framed = messages.map(withPrefix);
  const refusalMs: number[] = [];
  let answered = 0;
  let others = 0;
  let sent = 0;
  let open = 0;
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1_000;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      if (open === 0 && elapsed() >= seconds) resolve();
    };
    const send = (): void => {
      const at = performance.now();
      open++;
      const call = session.request({
        [constants.HTTP2_HEADER_METHOD]: "POST",
        [constants.HTTP2_HEADER_PATH]: path,
        [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
        [constants.HTTP2_HEADER_TE]: "trailers",
      });
      let code: number | undefined;
      const read = (headers: IncomingHttpHeaders): void => {
        if (headers["grpc-status"] !== undefined) code = Number(headers["grpc-status"]);
      };
      call.once("response", read).once("trailers", read).resume();
      call.once("error", () => {});
      call.once("close", () => {
        open--;
        if (code === status.OK) answered += elapsed() <= seconds ? 1 : 0;
        else if (code === status.RESOURCE_EXHAUSTED) refusalMs.push(performance.now() - at);
        else others++;
        finish();
      });
      call.end(framed[sent++ % framed.length]);
    };
    const timer = setInterval(() => {
      const now = elapsed();
      if (now >= seconds) {
        clearInterval(timer);
        finish();
        return;
      }
      for (let i = 0; i < MOST_AT_ONCE && sent < now * perSecond; i++) send();
    }, TICK_MS);
  });
  session.close();
  return { answeredPerSecond: answered / seconds, refusalMs, others };
}

/** A gRPC message: not compressed, its length, the bytes. */
function withPrefix(message: Buffer): Buffer {
  const framed = Buffer.alloc(PREFIX_BYTES + message.length);
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, PREFIX_BYTES);
  return framed;
}
