import type { Socket } from "node:net";
import {
  askForPassword,
  errorResponse,
  type FrontendMessage,
  INVALID_PASSWORD,
  readSaslInitial,
  readSaslResponse,
  saslContinue,
  saslFinal,
} from "./pglite-protocol.ts";
import { MECHANISM, ScramLogin, type Verifier } from "./scram.ts";

/** Who has not shown a password by then is sent away, milliseconds; PostgreSQL's `authentication_timeout` is a minute. */
const LIMIT_MS = 10_000;

/** What a stranger may send before that, bytes; PostgreSQL takes as much for a startup message. */
export const STRANGER_BYTES = 10_000;

/** Asks a connection for its password before anything it says reaches the database. */
export class Login {
  readonly #socket: Socket;
  readonly #scram: ScramLogin;
  readonly #limit: NodeJS.Timeout;
  #state: "hello" | "asked" | "answered" | "in" = "hello";

  constructor(socket: Socket, verifier: Verifier) {
    this.#socket = socket;
    this.#scram = new ScramLogin(verifier);
    this.#limit = setTimeout(() => socket.destroy(), LIMIT_MS).unref();
    socket.once("close", () => clearTimeout(this.#limit));
  }

  /** Whether the password was shown. */
  get done(): boolean {
    return this.#state === "in";
  }

  /** Whether messages have a type byte by now. */
  get greeted(): boolean {
    return this.#state !== "hello";
  }

  /**
   * Takes a message of the login.
   *
   * @returns true when it was the last one and the password is right
   */
  take({ kind, bytes }: FrontendMessage): boolean {
    if (kind === "ssl") this.#socket.write("N");
    else if (kind === "startup") {
      this.#state = "asked";
      this.#socket.write(askForPassword(MECHANISM));
    } else if (kind === "password" && this.#state === "asked") {
      const initial = readSaslInitial(bytes);
      const answer = initial?.mechanism === MECHANISM ? this.#scram.first(initial.data) : undefined;
      if (answer === undefined) this.#refuse("a password is needed, by SCRAM-SHA-256");
      else {
        this.#state = "answered";
        this.#socket.write(saslContinue(answer));
      }
    } else if (kind === "password" && this.#state === "answered") {
      const answer = this.#scram.final(readSaslResponse(bytes));
      if (answer === undefined) this.#refuse("password authentication failed");
      else {
        this.#state = "in";
        clearTimeout(this.#limit);
        this.#socket.write(saslFinal(answer));
        return true;
      }
    } else if (kind === "cancel" || kind === "terminate") this.#socket.end();
    else this.#refuse("a password is needed first");
    return false;
  }

  #refuse(why: string): void {
    this.#socket.end(errorResponse(why, INVALID_PASSWORD));
    this.#socket.destroySoon();
  }
}
