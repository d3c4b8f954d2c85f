import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import type { PGlite } from "@electric-sql/pglite";
import { messageOf } from "../process/errors.ts";
import { Login, STRANGER_BYTES } from "./pglite-login.ts";
import {
  errorResponse,
  ROLLBACK,
  readMessages,
  startupAnswer,
  transactionStatus,
} from "./pglite-protocol.ts";
import { verifierOf } from "./scram.ts";

/**
 * PGlite behind the PostgreSQL wire protocol on loopback, for several connections at once.
 *
 * PGlite is one backend session, so connections take turns. A turn is a whole unit: everything up to a Sync, or one
 * simple query. Then no connection's error makes the backend skip another's messages. A connection that has opened a
 * transaction keeps the turn until it ends; one that goes away in the middle is rolled back. What is said in a
 * session (SET, named statements, temporary tables, advisory locks of the session) is shared by all.
 * (@electric-sql/pglite-socket 0.2 takes turns by single messages and hangs others when one fails.)
 *
 * A connection shows the password (SCRAM-SHA-256, user `postgres` or any other: there is one) before anything it says
 * reaches the database: a port of loopback is open to every user of the machine.
 *
 * @param port 0 lets the system choose
 * @param password printable ASCII
 */
export async function servePglite(
  db: PGlite,
  port: number,
  password: string,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const shown = await db.query<{ server_version: string }>("show server_version");
  const greeting = startupAnswer(shown.rows[0]?.server_version ?? "17.0");
  const verifier = verifierOf(password);
  const turns = new Turns(db);
  const sockets = new Set<Socket>();

  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    sockets.add(socket);
    const connection: Connection = { socket, gone: false };
    let buffered: Buffer = Buffer.alloc(0);
    const login = new Login(socket, verifier);
    let unit: Buffer[] = [];

    socket.on("data", (data) => {
      if (socket.writableEnded) return;
      const { messages, rest } = readMessages(
        buffered.length === 0 ? data : Buffer.concat([buffered, data]),
        login.greeted,
      );
      buffered = rest;
      for (const message of messages) {
        const { kind, bytes } = message;
        if (!login.done) {
          if (login.take(message)) socket.write(greeting);
          if (socket.writableEnded) return;
        } else if (kind === "cancel" || kind === "terminate") socket.end();
        else if (kind === "part of unit" || kind === "end of unit") {
          unit.push(bytes);
          if (kind !== "end of unit") continue;
          turns.take(connection, unit.length === 1 ? bytes : Buffer.concat(unit));
          unit = [];
        }
      }
      if (!login.done && buffered.length > STRANGER_BYTES) socket.destroy();
    });
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      sockets.delete(socket);
      turns.leave(connection);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${(server.address() as AddressInfo).port}/postgres`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      await turns.idle();
    },
  };
}

interface Connection {
  readonly socket: Socket;
  gone: boolean;
}

interface Unit {
  readonly from: Connection;
  readonly bytes: Uint8Array;
}

/** Who may talk to the one backend, and when. */
class Turns {
  readonly #db: PGlite;
  readonly #waiting: Unit[] = [];
  /** Whoever has a transaction open. */
  #owner: Connection | undefined;
  #running: Promise<void> | undefined;

  constructor(db: PGlite) {
    this.#db = db;
  }

  take(from: Connection, bytes: Uint8Array): void {
    this.#waiting.push({ from, bytes });
    this.#start();
  }

  leave(connection: Connection): void {
    connection.gone = true;
    this.#start();
  }

  /** Resolves when nothing is running. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Something may have come in between the last look and here.
      if (this.#next(false)) this.#start();
    });
  }

  async #run(): Promise<void> {
    for (let unit = this.#next(true); unit; unit = this.#next(true)) {
      const { from } = unit;
      let status: string | undefined;
      try {
        await this.#db.runExclusive(() =>
          this.#db.execProtocolRawStream(unit.bytes, {
            onRawData: (data) => {
              status = transactionStatus(data) ?? status;
              if (!from.gone) from.socket.write(data.slice());
            },
          }),
        );
      } catch (error) {
        if (!from.gone) from.socket.end(errorResponse(messageOf(error)));
      }
      this.#owner = status === "T" || status === "E" ? from : undefined;
    }
  }

  /** The next unit that may run: the transaction's owner's, or the first of anybody; a lost owner's rollback. */
  #next(remove: boolean): Unit | undefined {
    const owner = this.#owner;
    if (owner?.gone) return { from: owner, bytes: ROLLBACK };
    const index = this.#waiting.findIndex(({ from }) => !from.gone && (!owner || from === owner));
    if (index < 0) {
      if (!owner) this.#waiting.length = 0; // only units of connections that are gone
      return undefined;
    }
    return remove ? this.#waiting.splice(index, 1)[0] : this.#waiting[index];
  }
}
