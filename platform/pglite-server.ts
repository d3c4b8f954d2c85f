import type { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

/** Connections that the socket server takes at once: every process's pool and some for a person's psql. */
const MAX_CONNECTIONS = 40;

/** PGlite behind the PostgreSQL wire protocol on loopback. */
export async function servePglite(
  db: PGlite,
  port: number,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = new PGLiteSocketServer({ db, host: "127.0.0.1", port, maxConnections: MAX_CONNECTIONS });
  await server.start();
  return {
    url: `postgres://postgres:postgres@${server.getServerConn()}/postgres`,
    close: () => server.stop(),
  };
}
