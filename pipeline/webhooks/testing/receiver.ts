import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

/** A webhook as a receiver that checks signatures has it. */
export interface Received {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Record<string, unknown>;
  readonly signatures: number;
}

/** What it answers: a status, with headers where there are any; "never" leaves the caller waiting. */
type Answer = number | { readonly status: number; readonly headers: Record<string, string> } | "never";

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** How it answers from now on. */
  answer(how: Answer): void;
  /** Whose signatures it checks from now on. */
  trust(secret: string): void;
  close(): void;
}

/** A server of somebody else's, which takes only what `standardwebhooks` verifies. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let how: Answer = 204;
  let secret: string | undefined;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += part;
    if (how === "never") return;
    const headers = request.headers as Record<string, string>;
    if (secret !== undefined) {
      try {
        const { type, timestamp, data } = new Webhook(secret).verify(body, headers) as Received;
        const id = headers["webhook-id"] ?? "";
        const signatures = (headers["webhook-signature"] ?? "").split(" ").length;
        received.push({ id, type, timestamp, data, signatures });
      } catch (error) {
        response.writeHead(401).end(String(error));
        return;
      }
    }
    if (typeof how === "number") response.writeHead(how).end(how < 300 ? "" : "not now");
    else response.writeHead(how.status, how.headers).end("not now");
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answer: (next) => {
      how = next;
    },
    trust: (next) => {
      secret = next;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
