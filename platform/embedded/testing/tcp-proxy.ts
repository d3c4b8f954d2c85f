import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Passes a server's connections on, until the network is cut. */
export interface TcpProxy {
  /** `url` with the proxy's address in the place of the server's. */
  readonly url: string;
  /** Cuts every connection and refuses new ones. */
  cut(): void;
  /** Keeps every connection, and takes new ones, but passes nothing on: a machine asleep, a tunnel that dropped. */
  freeze(): void;
  /** Passes new connections on again; those that were frozen stay silent. */
  restore(): void;
  /** From now on new connections lead to another server; those that stand stay where they are. */
  lead(serverUrl: string): void;
  close(): Promise<void>;
}

export async function startTcpProxy(serverUrl: string): Promise<TcpProxy> {
  let target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let away = false;
  let frozen = false;
  const server = createServer((inward) => {
    if (away) return void inward.destroy();
    const outward = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      if (!frozen) socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut: () => {
      away = true;
      destroyAll();
    },
    freeze: () => {
      frozen = true;
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    restore: () => {
      away = false;
      frozen = false;
    },
    lead: (other) => {
      target = new URL(other);
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      destroyAll();
      await closed;
    },
  };
}
