import { DomainError } from "../../platform/errors.ts";
import { type RecordedTransaction, recordedDecision, recordedTransaction } from "../recording/recorder.ts";
import type { Waiting } from "../scoring/batcher.ts";
import type { ExplainedRow } from "../scoring/explain-row.ts";
import { tierRank } from "../scoring/risk-tier.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { cardPosition } from "../scoring/traffic.ts";
import { INPUT_WIDTH, TEXT, TransactionInput } from "../scoring/transaction-input.ts";
import { validateTransaction } from "../scoring/validate.ts";
import { decodeScoreRequest } from "../wire/decode-request.ts";
import { type EncodableDecision, encodeDecision } from "../wire/encode-response.ts";
import { modelField } from "../wire/model-fields.ts";
import { encodeReasons } from "../wire/rare-fields.ts";
import type { HandlerContext } from "./context.ts";

/** How many reasons an answer carries that was asked to explain. */
export const TOP_REASONS = 5;

/** Who asked for a single score. Exactly one of the two is called, once; neither when `gone`. */
export interface Sink {
  /** The caller has cancelled or its deadline has passed. */
  readonly gone: boolean;
  answered(response: Buffer): void;
  /** @param request where the id is, when the request was readable */
  failed(error: unknown, request: Pick<EncodableDecision, "id" | "idStart" | "idEnd">): void;
}

/** Reused by every request: decoding and validating never yield. */
const input = new TransactionInput();
const scratchRow = new Float32Array(INPUT_WIDTH);

/** The id in the request decoded last, as far as it was readable: for an answer that says what was wrong with it. */
export function lastTransactionId(): string {
  return input.text(TEXT.transactionId);
}

/**
 * Takes one ScoreRequest: decodes it straight into the batch of the model that will answer, validates it and joins the
 * queue.
 *
 * @throws DomainError `invalid_argument`, or `resource_exhausted` when the queue is full
 */
export function submitScore(context: HandlerContext, bytes: Buffer, sink: Sink): void {
  const { catalog } = context;
  const guess = catalog.champion;
  input.reset(bytes, guess?.batcher.rows ?? scratchRow, guess?.batcher.offset ?? 0);
  const options = decodeScoreRequest(bytes, input);
  if (!options.present) throw DomainError.invalid([{ field: "transaction", description: "must be set" }]);
  const violations = validateTransaction(input, "transaction");
  if (violations) throw DomainError.invalid(violations);
  const idStart = input.starts[TEXT.transactionId] as number;
  const idEnd = input.ends[TEXT.transactionId] as number;
  const record = options.record ? recordedTransaction(input) : undefined;

  let model = catalog.peek(options.model);
  if (options.model === "" && catalog.splitsTraffic) model = catalog.pick(positionOf(input));
  context.admission.enter(1);
  const pending = new PendingScore(context, sink, bytes, idStart, idEnd, options.explain, record);
  if (model) {
    const row = input.rows;
    const from = input.offset;
    if (model !== guess) copyRow(row, from, model);
    pending.join(model.retain(), row, from);
    return;
  }
  const row = input.rows.slice(input.offset, input.offset + INPUT_WIDTH);
  catalog.acquire(options.model).then(
    (found) => {
      copyRow(row, 0, found);
      pending.join(found, row, 0);
    },
    (error: unknown) => pending.failed(error),
  );
}

/** Where a transaction's card stands in the split between champion and challenger; its id stands in for no token. */
export function positionOf(transaction: TransactionInput): number {
  const { bytes, starts, ends } = transaction;
  const token = starts[TEXT.cardToken] === ends[TEXT.cardToken] ? TEXT.transactionId : TEXT.cardToken;
  return cardPosition(bytes, starts[token] as number, ends[token] as number);
}

function copyRow(row: Float32Array, from: number, model: ServedModel): void {
  const { rows, offset } = model.batcher;
  for (let i = 0; i < INPUT_WIDTH; i++) rows[offset + i] = row[from + i] as number;
}

/** A request between its queue and its answer. */
class PendingScore implements Waiting, EncodableDecision {
  readonly id: Buffer;
  readonly idStart: number;
  readonly idEnd: number;
  probability = 0;
  rank = 0;
  fraudPredicted = false;
  recorded = false;
  readonly #context: HandlerContext;
  readonly #sink: Sink;
  readonly #explain: boolean;
  readonly #record: RecordedTransaction | undefined;
  #model: ServedModel | undefined;

  constructor(
    context: HandlerContext,
    sink: Sink,
    id: Buffer,
    idStart: number,
    idEnd: number,
    explain: boolean,
    record: RecordedTransaction | undefined,
  ) {
    this.#context = context;
    this.#sink = sink;
    this.id = id;
    this.idStart = idStart;
    this.idEnd = idEnd;
    this.#explain = explain;
    this.#record = record;
  }

  /** Waits for `model`, in whose batch the row has been written. The model is released when all is done. */
  join(model: ServedModel, row: Float32Array, from: number): void {
    this.#model = model;
    if (!this.#explain || !model.inference.explainable) {
      model.batcher.add(this);
      return;
    }
    model.inference.explain(row.slice(from, from + INPUT_WIDTH), TOP_REASONS).then(
      ([explained]) => this.#answer((explained as ExplainedRow).probability, explained),
      (error: unknown) => this.failed(error),
    );
  }

  scored(probability: number): void {
    this.#answer(probability, undefined);
  }

  failed(error: unknown): void {
    this.#context.admission.leave(1);
    this.#model?.release();
    if (!this.#sink.gone) this.#sink.failed(error, this);
  }

  #answer(probability: number, explained: ExplainedRow | undefined): void {
    const model = this.#model as ServedModel;
    this.#context.admission.leave(1);
    model.release();
    if (this.#sink.gone) return;
    const { thresholds } = model.card;
    this.probability = probability;
    this.rank = tierRank(probability, thresholds);
    this.fraudPredicted = probability >= thresholds.fraud;
    this.#context.statistics.observe(model, probability, this.rank);
    if (this.#record) {
      const reasons = explained?.reasons ?? [];
      const decision = recordedDecision(this.#record, model, probability, this.rank, reasons);
      this.recorded = this.#context.recorder.offer(decision);
    }
    const extra = explained ? encodeReasons(explained.reasons) : undefined;
    this.#sink.answered(encodeDecision(this, modelField(model), extra));
  }
}
