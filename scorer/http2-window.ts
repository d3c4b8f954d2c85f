import type { Http2Server, ServerHttp2Session, Settings } from "node:http2";
import type { Server } from "@grpc/grpc-js";

/** What this needs of grpc-js's server, which has an option for the client's window only. */
interface Internals {
  readonly commonServerOptions?: { settings?: Settings };
  readonly http2Servers?: ReadonlyMap<Http2Server, unknown>;
}

/**
 * HTTP/2 starts with windows of 64 KB, for each stream and for the whole connection: a batch of a thousand transactions
 * then waits for three rounds to the client and back, and batches on one connection wait for each other. Larger windows
 * bound what a connection can have unread all the same. Should grpc-js rename its fields, only speed is lost.
 *
 * @returns to be called once the server listens
 */
export function widenWindows(server: Server, streamBytes: number, connectionBytes: number): () => void {
  const internals = server as unknown as Internals;
  if (internals.commonServerOptions) {
    internals.commonServerOptions.settings = {
      ...internals.commonServerOptions.settings,
      initialWindowSize: streamBytes,
    };
  }
  return () => {
    for (const http2Server of internals.http2Servers?.keys() ?? []) {
      http2Server.on("session", (session: ServerHttp2Session) => session.setLocalWindowSize(connectionBytes));
    }
  };
}
