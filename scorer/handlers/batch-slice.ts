import { DomainError, type FieldViolation } from "../../platform/errors.ts";
import { type RecordedTransaction, recordedDecision, recordedTransaction } from "../recording/recorder.ts";
import type { ExplainedRow } from "../scoring/explain-row.ts";
import type { Slab } from "../scoring/inference/inference-host.ts";
import { tierRank } from "../scoring/risk-tier.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { INPUT_WIDTH, TEXT, TransactionInput } from "../scoring/transaction-input.ts";
import { validateTransaction } from "../scoring/validate.ts";
import { type BatchRequest, decodeTransactionAt } from "../wire/decode-request.ts";
import type { BatchResponseWriter } from "../wire/encode-response.ts";
import { modelField } from "../wire/model-fields.ts";
import { encodeFailure, encodeReasons } from "../wire/rare-fields.ts";
import type { HandlerContext } from "./context.ts";
import { positionOf, TOP_REASONS } from "./single-score.ts";

/** Rows explained in one go: attributing a score takes about as long as scoring a hundred rows. */
const EXPLAIN_CHUNK = 4;
const MAX_ECHOED_BYTES = 512;
/** In {@link BatchSlice}'s `lot`: the transaction was refused. */
const REFUSED = 255;

/** Reused: decoding and validating never yield. */
const input = new TransactionInput();

/** The models that share a batch: one that was named, or champion and challenger. */
export interface BatchModels {
  readonly models: readonly ServedModel[];
  /** Index in `models` for a transaction, when there is more than one. */
  choose(position: number): number;
}

/** One model's share of a slice. */
interface Lot {
  readonly model: ServedModel;
  readonly slab: Slab;
  count: number;
  /** Reasons by row, where they were asked for. */
  readonly explained: Map<number, ExplainedRow>;
}

/** Some transactions of a batch on their way: decoded side by side into slabs, scored, written to the response. */
export class BatchSlice {
  readonly #context: HandlerContext;
  readonly #request: BatchRequest;
  readonly #from: number;
  readonly #size: number;
  readonly #lots: Lot[];
  readonly #idStarts: Int32Array;
  readonly #idEnds: Int32Array;
  readonly #lot: Uint8Array;
  readonly #errors = new Map<number, DomainError>();
  readonly #records: (RecordedTransaction | undefined)[] = [];

  constructor(
    context: HandlerContext,
    request: BatchRequest,
    models: BatchModels,
    from: number,
    size: number,
  ) {
    this.#context = context;
    this.#request = request;
    this.#from = from;
    this.#size = size;
    this.#lots = models.models.map((model) => ({
      model,
      slab: context.inference.takeSlab(),
      count: 0,
      explained: new Map(),
    }));
    this.#idStarts = new Int32Array(size);
    this.#idEnds = new Int32Array(size);
    this.#lot = new Uint8Array(size);
    for (let i = 0; i < size; i++) this.#decode(i, models);
  }

  /** Runs the models; gives the milliseconds that took. */
  async score(): Promise<number> {
    let computeMs = 0;
    for (const { model, slab, count } of this.#lots) {
      if (count === 0) continue;
      const ms = await model.inference.score(slab, count);
      model.observer?.batchDone(slab, count, 0, ms);
      computeMs += ms;
    }
    return computeMs;
  }

  /** Finds the reasons for the rows whose tier asks for them. */
  async explain(): Promise<void> {
    const fromTier = this.#request.explainFromTier;
    if (fromTier === 0) return;
    for (const { model, slab, count, explained } of this.#lots) {
      if (!model.inference.explainable) continue;
      const wanted: number[] = [];
      for (let row = 0; row < count; row++) {
        const rank = tierRank(slab.probabilities[row] as number, model.card.thresholds);
        if (rank + 1 >= fromTier) wanted.push(row);
      }
      for (let i = 0; i < wanted.length; i += EXPLAIN_CHUNK) {
        const chunk = wanted.slice(i, i + EXPLAIN_CHUNK);
        const rows = new Float32Array(chunk.length * INPUT_WIDTH);
        chunk.forEach((row, j) => {
          rows.set(slab.inputs.subarray(row * INPUT_WIDTH, (row + 1) * INPUT_WIDTH), j * INPUT_WIDTH);
        });
        const answers = await model.inference.explain(rows, TOP_REASONS);
        chunk.forEach((row, j) => void explained.set(row, answers[j] as ExplainedRow));
      }
    }
  }

  /** Writes every result, in the order asked. */
  write(writer: BatchResponseWriter): void {
    const next = this.#lots.map(() => 0);
    const { bytes } = this.#request;
    for (let i = 0; i < this.#size; i++) {
      const idStart = this.#idStarts[i] as number;
      const idEnd = this.#idEnds[i] as number;
      const index = this.#lot[i] as number;
      if (index === REFUSED) {
        const id = bytes.toString("utf8", idStart, Math.min(idEnd, idStart + MAX_ECHOED_BYTES));
        writer.encoded(encodeFailure(id, this.#errors.get(i) as DomainError));
        continue;
      }
      const { model, slab, explained } = this.#lots[index] as Lot;
      const row = next[index] as number;
      next[index] = row + 1;
      const probability = slab.probabilities[row] as number;
      const { thresholds } = model.card;
      const rank = tierRank(probability, thresholds);
      this.#context.statistics.observe(model, probability, rank);
      const why = explained.get(row);
      const record = this.#records[i];
      const recorded =
        record !== undefined &&
        this.#context.recorder.offer(recordedDecision(record, model, probability, rank, why?.reasons ?? []));
      const fraudPredicted = probability >= thresholds.fraud;
      writer.decision(
        { id: bytes, idStart, idEnd, probability, rank, fraudPredicted, recorded },
        modelField(model),
        why ? encodeReasons(why.reasons) : undefined,
      );
    }
  }

  /** Gives the memory back. No run may be under way. */
  free(): void {
    for (const { slab } of this.#lots) this.#context.inference.giveBack(slab);
  }

  #decode(i: number, models: BatchModels): void {
    const { bytes, ranges, record } = this.#request;
    const first = this.#lots[0] as Lot;
    input.reset(bytes, first.slab.inputs, first.count * INPUT_WIDTH);
    const path = `transactions[${this.#from + i}]`;
    const at = 2 * (this.#from + i);
    let violations: readonly FieldViolation[] | undefined;
    try {
      decodeTransactionAt(bytes, ranges[at] as number, ranges[at + 1] as number, input);
      violations = validateTransaction(input, path);
    } catch (error) {
      violations = DomainError.from(error).violations.map(({ description }) => ({
        field: path,
        description,
      }));
    }
    this.#idStarts[i] = input.starts[TEXT.transactionId] as number;
    this.#idEnds[i] = input.ends[TEXT.transactionId] as number;
    if (violations) {
      this.#lot[i] = REFUSED;
      this.#errors.set(i, DomainError.invalid(violations));
      return;
    }
    const index = this.#lots.length > 1 ? models.choose(positionOf(input)) : 0;
    const lot = this.#lots[index] as Lot;
    if (lot !== first) {
      lot.slab.inputs.set(
        first.slab.inputs.subarray(input.offset, input.offset + INPUT_WIDTH),
        lot.count * INPUT_WIDTH,
      );
    }
    if (record) this.#records[i] = recordedTransaction(input);
    lot.count++;
    this.#lot[i] = index;
  }
}
