import type { handleBidiStreamingCall, ServerDuplexStream } from "@grpc/grpc-js";
import { DomainError } from "../../platform/errors.ts";
import { encodeFailure } from "../wire/rare-fields.ts";
import type { HandlerContext } from "./context.ts";
import { lastTransactionId, type Sink, submitScore } from "./single-score.ts";

/** Requests of one stream that may be read and not yet answered; beyond it the client's writes wait. */
const WINDOW = 512;

/** `ScoreStream`: answers in the order of the requests, never more than a window of them in memory. */
export function scoreStreamHandler(context: HandlerContext): handleBidiStreamingCall<Buffer, Buffer> {
  return (call) => new StreamSession(context, call).start();
}

/** One request's place in the order of answers. */
class Place implements Sink {
  answer: Buffer | undefined;
  readonly #session: StreamSession;

  constructor(session: StreamSession) {
    this.#session = session;
  }

  get gone(): boolean {
    return this.#session.closed;
  }

  answered(response: Buffer): void {
    this.answer = response;
    this.#session.send();
  }

  failed(error: unknown, { id, idStart, idEnd }: Parameters<Sink["failed"]>[1]): void {
    this.answer = encodeFailure(id.toString("utf8", idStart, idEnd), DomainError.from(error));
    this.#session.send();
  }
}

class StreamSession {
  closed = false;
  readonly #context: HandlerContext;
  readonly #call: ServerDuplexStream<Buffer, Buffer>;
  /** Requests in order, from the oldest that has no answer out yet. */
  #places: Place[] = [];
  #head = 0;
  #blocked = false;
  #paused = false;
  #ended = false;

  constructor(context: HandlerContext, call: ServerDuplexStream<Buffer, Buffer>) {
    this.#context = context;
    this.#call = call;
  }

  start(): void {
    const call = this.#call;
    call.on("data", (bytes: Buffer) => this.#take(bytes));
    call.on("end", () => {
      this.#ended = true;
      this.send();
    });
    call.on("drain", () => {
      this.#blocked = false;
      this.send();
    });
    const close = (): void => {
      this.closed = true;
    };
    call.on("cancelled", close);
    call.on("error", close);
  }

  #take(bytes: Buffer): void {
    const place = new Place(this);
    this.#places.push(place);
    try {
      submitScore(this.#context, bytes, place);
    } catch (error) {
      place.answer = encodeFailure(lastTransactionId(), DomainError.from(error));
      this.send();
    }
    if (!this.#paused && this.#waiting >= WINDOW) {
      this.#paused = true;
      this.#call.pause();
    }
  }

  get #waiting(): number {
    return this.#places.length - this.#head;
  }

  /** Sends every answer that is ready and whose turn it is, as far as the client reads. */
  send(): void {
    while (!this.#blocked && !this.closed && this.#head < this.#places.length) {
      const answer = this.#places[this.#head]?.answer;
      if (!answer) break;
      this.#head++;
      this.#blocked = !this.#call.write(answer);
    }
    if (this.#head > WINDOW || this.#head === this.#places.length) {
      this.#places = this.#places.slice(this.#head);
      this.#head = 0;
    }
    if (this.#paused && this.#waiting < WINDOW / 2) {
      this.#paused = false;
      this.#call.resume();
    }
    if (this.#ended && this.#waiting === 0 && !this.closed) {
      this.closed = true;
      this.#call.end();
    }
  }
}
