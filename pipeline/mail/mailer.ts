import { createTransport } from "nodemailer";
import { codeOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";

/** A letter of plain text. */
export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** `<…@…>`: the same when the same letter is sent again, so that a mail server may know a repeat. */
  readonly messageId?: string;
}

/** How long a mail server has for each step, milliseconds. */
const PATIENCE_MS = 10_000;

/** Letters on their way at once; beyond it they wait in memory. */
const AT_ONCE = 2;

/** Hands letters to the operator's mail server. */
export interface Mailer {
  /** Hands a letter over in its own time; a failure is logged without whom it was for, and is nobody's who asked. */
  post(letter: Letter): void;
  /**
   * Hands a letter over now.
   *
   * @returns what the mail server said
   * @throws Error in words that may be shown: not reached, refused
   */
  send(letter: Letter): Promise<string>;
  /** Until everything posted so far is handed over or has failed. */
  idle(): Promise<void>;
  close(): void;
}

/**
 * @param url `smtp://user:password@host:587` (TLS by STARTTLS where the server has it) or `smtps://…:465`
 * @param from the sender's address
 */
export function createMailer(url: string, from: string, logger: Logger): Mailer {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: AT_ONCE,
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
    socketTimeout: PATIENCE_MS,
    // A letter is text of ours: nothing in it names a file or an address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const underWay = new Set<Promise<void>>();
  return {
    post: (letter) => {
      const sending = transport
        .sendMail({ from, ...letter })
        .then(() => logger.info({ subject: letter.subject }, "a letter was handed to the mail server"))
        .catch((error: unknown) =>
          logger.warn({ code: codeOf(error), subject: letter.subject }, "a letter could not be sent"),
        )
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
    },
    send: async (letter) => {
      try {
        const { response } = await transport.sendMail({ from, ...letter });
        return response;
      } catch (error) {
        const said = error instanceof Error && "response" in error ? String(error.response) : "";
        throw new Error(said || `the mail server was not reached (${codeOf(error)})`, { cause: error });
      }
    },
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    close: () => transport.close(),
  };
}
