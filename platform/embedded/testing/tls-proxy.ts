import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** A PostgreSQL server's front door that speaks TLS, before a server that does not. */
export interface PostgresTlsProxy {
  readonly port: number;
  /** Whether each connection so far was encrypted, in the order they came; probes that ask only are left out. */
  readonly encrypted: boolean[];
  close(): Promise<void>;
}

const SSL_REQUEST_CODE = 80_877_103;

/** Answers SSLRequest with S and goes on in TLS; a client that does not ask is served in plain text. */
export async function startPostgresTlsProxy(
  serverUrl: string,
  certificate: { readonly key: Buffer; readonly cert: Buffer },
): Promise<PostgresTlsProxy> {
  const target = new URL(serverUrl);
  const encrypted: boolean[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  };
  const passOn = (inward: Socket, first: Buffer): void => {
    encrypted.push(inward instanceof TLSSocket);
    const outward = connect(Number(target.port), target.hostname);
    keep(outward);
    outward.write(first);
    inward.pipe(outward);
    outward.pipe(inward);
    inward.on("close", () => outward.destroy());
    outward.on("close", () => inward.destroy());
  };
  const server = createServer((inward) => {
    keep(inward);
    inward.once("data", (first) => {
      if (first.length !== 8 || first.readUInt32BE(4) !== SSL_REQUEST_CODE) return passOn(inward, first);
      inward.write("S");
      const secure = new TLSSocket(inward, { isServer: true, ...certificate });
      keep(secure);
      secure.once("data", (hello) => passOn(secure, hello));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    encrypted,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
