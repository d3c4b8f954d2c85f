import type { Deadline, ServerDuplexStream } from "@grpc/grpc-js";
import { DomainError } from "../../platform/process/errors.ts";
import { toGrpcStatus } from "../contract/status.ts";
import { encodeFailure } from "../wire/rare-fields.ts";
import type { HandlerContext } from "./context.ts";
import type { GuardedStream, KnownCaller } from "./guard.ts";
import { type IdRange, type Sink, submitScore } from "./single-score.ts";

/** Requests of one stream that may be read and not yet answered; beyond it the client's writes wait. */
const WINDOW = 512;
/** How many of them one is that asks for reasons: eight at once are enough to keep the stream busy. */
const EXPLAINED_WEIGHT = 64;
/** An id that is refused may be megabytes long. */
const MAX_ECHOED_BYTES = 512;
/** How long a draining server still reads from a stream, milliseconds. */
const LEAVE_AFTER_MS = 1_000;
const DRAINING = new DomainError("unavailable", "the server is going away; send what is unanswered again");

/** `ScoreStream`: answers in the order of the requests, never more than a window of them in memory. */
export function scoreStreamHandler(
  context: HandlerContext,
  draining: AbortSignal,
): GuardedStream<Buffer, Buffer> {
  return (call, caller) => new StreamSession(context, call, caller, draining).start();
}

/** One request's place in the order of answers. */
class Place implements Sink {
  answer: Buffer | undefined;
  sent = false;
  /** Its part of the window. */
  weight = 1;
  readonly #session: StreamSession;

  constructor(session: StreamSession) {
    this.#session = session;
  }

  get gone(): boolean {
    return this.#session.closed;
  }

  get deadline(): Deadline {
    return this.#session.deadline;
  }

  answered(response: Buffer): void {
    this.answer = response;
    this.#session.send();
  }

  failed(error: unknown, { id, idStart, idEnd }: IdRange): void {
    const echoed = id.toString("utf8", idStart, Math.min(idEnd, idStart + MAX_ECHOED_BYTES));
    this.answer = encodeFailure(echoed, DomainError.from(error));
    this.#session.send();
  }
}

class StreamSession {
  closed = false;
  readonly #context: HandlerContext;
  readonly #call: ServerDuplexStream<Buffer, Buffer>;
  readonly #caller: KnownCaller;
  readonly #draining: AbortSignal;
  /** Requests in order, from the oldest that has no answer out yet. */
  #places: Place[] = [];
  #head = 0;
  /** What the places from the head on weigh. */
  #weight = 0;
  #blocked = false;
  #paused = false;
  #ended = false;
  #cutShort = false;

  constructor(
    context: HandlerContext,
    call: ServerDuplexStream<Buffer, Buffer>,
    caller: KnownCaller,
    draining: AbortSignal,
  ) {
    this.#context = context;
    this.#call = call;
    this.#caller = caller;
    this.#draining = draining;
  }

  get deadline(): Deadline {
    return this.#call.getDeadline();
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
    call.on("cancelled", this.#close);
    call.on("error", this.#close);
    call.on("close", this.#close);
    if (this.#draining.aborted) this.#leave();
    else this.#draining.addEventListener("abort", this.#leave, { once: true });
  }

  #close = (): void => {
    this.closed = true;
    this.#draining.removeEventListener("abort", this.#leave);
  };

  /** The server goes: a while later nothing more is read, what was read is answered, and the client told to go on elsewhere. */
  #leave = (): void => {
    setTimeout(() => {
      if (this.closed || this.#ended) return;
      this.#cutShort = true;
      this.#ended = true;
      this.#call.pause();
      this.send();
    }, LEAVE_AFTER_MS).unref();
  };

  #take(bytes: Buffer): void {
    const place = new Place(this);
    this.#places.push(place);
    this.#weight += place.weight;
    const explains = submitScore(this.#context, this.#caller, bytes, place);
    if (explains && !place.sent) {
      this.#weight += EXPLAINED_WEIGHT - place.weight;
      place.weight = EXPLAINED_WEIGHT;
    }
    if (!this.#paused && this.#weight >= WINDOW) {
      this.#paused = true;
      this.#call.pause();
    }
  }

  /** Sends every answer that is ready and whose turn it is, as far as the client reads. */
  send(): void {
    while (!this.#blocked && !this.closed && this.#head < this.#places.length) {
      const place = this.#places[this.#head] as Place;
      if (!place.answer) break;
      this.#head++;
      this.#weight -= place.weight;
      place.sent = true;
      this.#blocked = !this.#call.write(place.answer);
    }
    if (this.#head > WINDOW || this.#head === this.#places.length) {
      this.#places = this.#places.slice(this.#head);
      this.#head = 0;
    }
    if (this.#paused && !this.#cutShort && this.#weight < WINDOW / 2) {
      this.#paused = false;
      this.#call.resume();
    }
    if (this.#ended && this.#places.length === 0 && !this.closed) {
      this.#close();
      if (this.#cutShort) this.#call.emit("error", toGrpcStatus(DRAINING));
      else this.#call.end();
    }
  }
}
