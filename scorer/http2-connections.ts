import { constants, type Http2Server, type ServerHttp2Session, type Settings } from "node:http2";
import type { Server } from "@grpc/grpc-js";
import type { Logger } from "../platform/process/logger.ts";

/** What this needs of grpc-js's server, which has an option for the client's window only. */
interface Internals {
  readonly commonServerOptions?: { settings?: Settings };
  readonly http2Servers?: ReadonlyMap<Http2Server, unknown>;
}

export interface Http2Limits {
  /** What may be under way to us and not yet read, of one call and of a whole connection. */
  readonly streamBytes: number;
  readonly connectionBytes: number;
  /** Metadata of a call, as HTTP/2 counts it: names, values and 32 for each pair. */
  readonly metadataBytes: number;
}

/** The connections of a server. */
export interface Http2Connections {
  /** To be called once the server listens. */
  follow(): void;
  /** Ends every connection, and so cancels the calls on it. */
  cutOff(): void;
}

/**
 * Sets what grpc-js leaves at HTTP/2's defaults, and keeps the connections: without channelz grpc-js's `forceShutdown`
 * knows none of them and ends nothing. Should grpc-js rename its fields, the defaults are back.
 *
 * Windows of 64 KB, for each stream and for the whole connection, would make a batch of a thousand transactions wait for
 * three rounds to the client and back, and batches on one connection wait for each other. Larger ones bound what a
 * connection can have unread all the same.
 *
 * Metadata has no limit by default. With one, Node ends the stream with ENHANCE_YOUR_CALM, which gRPC calls
 * RESOURCE_EXHAUSTED. (A single value that takes more than 64 KB on the wire nghttp2 cannot read at all: it ends the
 * connection, and the caller hears INTERNAL.)
 */
export function keepConnections(server: Server, limits: Http2Limits, logger: Logger): Http2Connections {
  const internals = server as unknown as Internals;
  if (internals.commonServerOptions) {
    internals.commonServerOptions.settings = {
      ...internals.commonServerOptions.settings,
      initialWindowSize: limits.streamBytes,
      maxHeaderListSize: limits.metadataBytes,
    };
  }
  const open = new Set<ServerHttp2Session>();
  const opened = (session: ServerHttp2Session): void => {
    // A client may be gone again by now.
    if (session.destroyed) return;
    open.add(session);
    session.once("close", () => open.delete(session));
    session.setLocalWindowSize(limits.connectionBytes);
  };
  return {
    follow() {
      for (const http2Server of internals.http2Servers?.keys() ?? []) {
        http2Server.on("session", opened);
        // A connection that could not be accepted; grpc-js listens for errors only until the server does.
        http2Server.on("error", (error) => logger.error({ err: error }, "a connection was not accepted"));
      }
    },
    cutOff() {
      for (const session of open) session.destroy(undefined, constants.NGHTTP2_CANCEL);
    },
  };
}
