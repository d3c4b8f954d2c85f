import type { handleBidiStreamingCall, ServerDuplexStream } from "@grpc/grpc-js";
import { DomainError } from "../../platform/errors.ts";
import { strongestReasons } from "../scoring/explain-row.ts";
import { tierRank } from "../scoring/risk-tier.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { INPUT_WIDTH, TEXT, TransactionInput } from "../scoring/transaction-input.ts";
import { validateTransaction } from "../scoring/validate.ts";
import { decodeScoreRequest } from "../wire/decode-request.ts";
import { encodeDecision } from "../wire/encode-response.ts";
import { modelField } from "../wire/model-fields.ts";
import { encodeFailure, encodeReasons } from "../wire/rare-fields.ts";
import type { HandlerContext } from "./context.ts";
import { TOP_REASONS } from "./score.ts";

type Stream = ServerDuplexStream<Buffer, Buffer>;

/** Requests of one stream that may be read and not yet answered; beyond it the client's writes wait. */
const WINDOW = 512;

const input = new TransactionInput();
const noModelRow = new Float32Array(INPUT_WIDTH);

/** `ScoreStream`: answers in the order of the requests, never more than a window of them in memory. */
export function scoreStreamHandler(context: HandlerContext): handleBidiStreamingCall<Buffer, Buffer> {
  return (call) => new StreamSession(context, call).start();
}

/** One request's place in the answer's order; filled when its score is there. */
class Place {
  answer: Buffer | undefined;
  readonly #session: StreamSession;
  readonly #model: ServedModel;
  readonly #id: Buffer;
  readonly #idStart: number;
  readonly #idEnd: number;

  constructor(session: StreamSession, model: ServedModel, id: Buffer, idStart: number, idEnd: number) {
    this.#session = session;
    this.#model = model;
    this.#id = id;
    this.#idStart = idStart;
    this.#idEnd = idEnd;
  }

  scored(probability: number): void {
    this.#fill(this.encode(probability));
  }

  failed(error: unknown): void {
    this.#fill(encodeFailure(this.#id.toString("utf8", this.#idStart, this.#idEnd), DomainError.from(error)));
  }

  encode(probability: number, extra?: Buffer): Buffer {
    const { thresholds } = this.#model.card;
    return encodeDecision(
      {
        id: this.#id,
        idStart: this.#idStart,
        idEnd: this.#idEnd,
        probability,
        rank: tierRank(probability, thresholds),
        fraudPredicted: probability >= thresholds.fraud,
        recorded: false,
      },
      modelField(this.#model),
      extra,
    );
  }

  #fill(answer: Buffer): void {
    this.answer = answer;
    this.#model.release();
    this.#session.filled();
  }
}

/** A place that somebody else fills. */
interface Pending {
  answer: Buffer | undefined;
}

class StreamSession {
  readonly #context: HandlerContext;
  readonly #call: Stream;
  /** Requests in order, from the oldest that has no answer out yet. */
  #places: Pending[] = [];
  #head = 0;
  #blocked = false;
  #paused = false;
  #ended = false;
  #closed = false;

  constructor(context: HandlerContext, call: Stream) {
    this.#context = context;
    this.#call = call;
  }

  start(): void {
    const call = this.#call;
    call.on("data", (bytes: Buffer) => this.#take(bytes));
    call.on("end", () => {
      this.#ended = true;
      this.filled();
    });
    call.on("drain", () => {
      this.#blocked = false;
      this.filled();
    });
    const close = (): void => {
      this.#closed = true;
    };
    call.on("cancelled", close);
    call.on("error", close);
  }

  get #waiting(): number {
    return this.#places.length - this.#head;
  }

  #take(bytes: Buffer): void {
    try {
      this.#decode(bytes);
    } catch (error) {
      const id = bytes.toString("utf8", input.starts[TEXT.transactionId], input.ends[TEXT.transactionId]);
      this.#places.push({ answer: encodeFailure(id, DomainError.from(error)) });
      this.filled();
    }
    if (!this.#paused && this.#waiting >= WINDOW) {
      this.#paused = true;
      this.#call.pause();
    }
  }

  #decode(bytes: Buffer): void {
    const { champion } = this.#context.catalog;
    const batcher = champion?.batcher;
    input.reset(bytes, batcher?.rows ?? noModelRow, batcher?.offset ?? 0);
    const options = decodeScoreRequest(bytes, input);
    if (!options.present) {
      throw DomainError.invalid([{ field: "transaction", description: "must be set" }]);
    }
    const violations = validateTransaction(input, "transaction");
    if (violations) throw DomainError.invalid(violations);
    const idStart = input.starts[TEXT.transactionId] as number;
    const idEnd = input.ends[TEXT.transactionId] as number;
    if (champion && !options.explain && this.#context.catalog.peek(options.model) === champion) {
      const place = new Place(this, champion.retain(), bytes, idStart, idEnd);
      this.#places.push(place);
      champion.batcher.add(place);
      return;
    }
    const row = input.rows.slice(input.offset, input.offset + INPUT_WIDTH);
    const place: Pending = { answer: undefined };
    this.#places.push(place);
    this.#scoreElsewhere(bytes, idStart, idEnd, row, options.model, options.explain)
      .catch((error: unknown) =>
        encodeFailure(bytes.toString("utf8", idStart, idEnd), DomainError.from(error)),
      )
      .then(
        (answer) => {
          place.answer = answer;
          this.filled();
        },
        () => this.#call.destroy(),
      );
  }

  async #scoreElsewhere(
    bytes: Buffer,
    idStart: number,
    idEnd: number,
    row: Float32Array,
    reference: string,
    explain: boolean,
  ): Promise<Buffer> {
    const model = (await this.#context.catalog.find(reference)).retain();
    try {
      const place = new Place(this, model, bytes, idStart, idEnd);
      const probability = (await model.onnx.score(row, 1))[0] as number;
      if (!explain) return place.encode(probability);
      return place.encode(probability, encodeReasons(await strongestReasons(model, row, TOP_REASONS)));
    } finally {
      model.release();
    }
  }

  /** Sends every answer that is ready and whose turn it is, as far as the client reads. */
  filled(): void {
    while (!this.#blocked && !this.#closed && this.#head < this.#places.length) {
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
    if (this.#ended && this.#waiting === 0 && !this.#closed) {
      this.#closed = true;
      this.#call.end();
    }
  }
}
