import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

/** What a server was sent. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A real HTTP server that takes what it is sent. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** What it answers from now on: a status, or nothing at all. */
  answers(status: number | "silence"): void;
  stop(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let status: number | "silence" = 200;
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    received.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(parts) });
    if (status !== "silence") response.writeHead(status).end(status < 300 ? "ok" : "not today");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answers: (said) => {
      status = said;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** A real mail server that keeps what it is handed. */
export async function startMailServer(): Promise<{
  readonly url: string;
  readonly letters: string[];
  stop(): Promise<void>;
}> {
  const letters: string[] = [];
  const mail = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData: (stream, _session, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        // Lines are folded for the way (quoted-printable).
        letters.push(Buffer.concat(parts).toString().replaceAll("=\r\n", ""));
        done();
      });
    },
  });
  mail.listen(0, "127.0.0.1");
  await once(mail.server, "listening");
  return {
    url: `smtp://127.0.0.1:${(mail.server.address() as AddressInfo).port}`,
    letters,
    stop: () => new Promise((resolve) => mail.close(() => resolve())),
  };
}
