import type { HowRead } from "../../domain/decision.ts";
import type { PolicyDecision } from "../../domain/policy/decide.ts";
import type { Reason } from "../../domain/reasons.ts";
import type { Reading } from "../../features/engine/engine.ts";
import type { RuleScope } from "../../features/policy/variables.ts";
import { DomainError, type FieldViolation } from "../../platform/process/errors.ts";
import { tierNumber } from "../contract/enums.ts";
import type { ServedPolicy } from "../policy/served-policy.ts";
import { type RecordedTransaction, recordedDecision, recordedTransaction } from "../recording/recorder.ts";
import { explainInTurn } from "../scoring/explain-in-turn.ts";
import type { ExplainedRow } from "../scoring/explain-row.ts";
import type { Slab } from "../scoring/inference/inference-host.ts";
import { AS_SENT, howRead } from "../scoring/model-inputs.ts";
import { noProbability } from "../scoring/probability.ts";
import { asksForHistory } from "../scoring/schema-inputs.ts";
import { NOTHING_SEEN, type Seen } from "../scoring/seen.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { CONTRACT_WIDTH, TEXT, TransactionInput } from "../scoring/transaction-input.ts";
import { validateTransaction } from "../scoring/validate.ts";
import { type BatchRequest, decodeTransactionAt } from "../wire/decode-request.ts";
import type { BatchResponseWriter } from "../wire/encode-response.ts";
import { modelField, TOP_REASONS } from "../wire/model-fields.ts";
import { policyFields } from "../wire/policy-fields.ts";
import { encodeFailure, encodeRare } from "../wire/rare-fields.ts";
import { encodeSeen, joined } from "../wire/seen-fields.ts";
import type { AnswerRoom } from "./answer-room.ts";
import type { HandlerContext } from "./context.ts";
import { positionOf } from "./single-score.ts";

const MAX_ECHOED_BYTES = 512;
/** In {@link BatchSlice}'s `lot`: the transaction was refused. */
const REFUSED = 255;

/** Reused: decoding and validating never yield. */
const input = new TransactionInput();
const scratchRow = new Float32Array(CONTRACT_WIDTH);

/** What a batch is decided by: the policy as it was when it began, and the model that was named or champion and challenger. */
export interface BatchModels {
  readonly policy: ServedPolicy;
  readonly models: readonly ServedModel[];
  /** Index in `models` for a transaction, when there is more than one. */
  choose(position: number): number;
}

/** One model's share of a slice. */
interface Lot {
  readonly model: ServedModel;
  readonly slab: Slab;
  count: number;
  /** Of a model with a schema: what its rows are made of when all are decoded. */
  readonly readings: Reading[];
  /** False when the feature store was away. */
  known: boolean;
}

/** A transaction whose tier asks for reasons. */
interface Wanted {
  readonly position: number;
  readonly inputs: Float32Array;
}

/** Some transactions of a batch on their way: decoded side by side into slabs, scored, written to the response. */
export class BatchSlice {
  readonly #context: HandlerContext;
  readonly #request: BatchRequest;
  readonly #models: BatchModels;
  readonly #from: number;
  readonly #size: number;
  readonly #idStarts: Int32Array;
  readonly #idEnds: Int32Array;
  readonly #lot: Uint8Array;
  readonly #probabilities: Float32Array;
  /** What the policy's rules read; none where it has no rules. */
  readonly #scopes: (RuleScope | undefined)[] = [];
  /** Of those that have a probability. */
  readonly #decisions: (PolicyDecision | undefined)[] = [];
  readonly #errors = new Map<number, DomainError>();
  readonly #records: (RecordedTransaction | undefined)[] = [];
  readonly #recorded = new Set<number>();
  readonly #wanted: Wanted[] = [];
  readonly #reasons = new Map<number, readonly Reason[]>();
  /** Of those about which there is something to be told. */
  readonly #read = new Map<number, HowRead>();
  readonly #shadows = new Map<number, (probability: number) => void>();
  /** What models read, as far as somebody wants it. */
  readonly #seen = new Map<number, Seen>();

  constructor(
    context: HandlerContext,
    request: BatchRequest,
    models: BatchModels,
    from: number,
    size: number,
  ) {
    this.#context = context;
    this.#request = request;
    this.#models = models;
    this.#from = from;
    this.#size = size;
    this.#idStarts = new Int32Array(size);
    this.#idEnds = new Int32Array(size);
    this.#lot = new Uint8Array(size);
    this.#probabilities = new Float32Array(size);
  }

  /** Transactions whose tier asks for reasons that their model can give; known once scored. */
  get wanted(): number {
    return this.#wanted.length;
  }

  /** Decodes, and runs the models; gives the milliseconds that the runs took. The slabs are back in the pool when it settles. */
  async score(): Promise<number> {
    const { inference } = this.#context;
    const lots = this.#models.models.map(
      (model): Lot => ({
        model,
        slab: inference.takeSlab(model.inputs.width),
        count: 0,
        readings: [],
        known: true,
      }),
    );
    try {
      for (let i = 0; i < this.#size; i++) this.#decode(i, lots);
      let computeMs = 0;
      for (const lot of lots) {
        const { model, slab, count, readings } = lot;
        const { schema } = model.inputs;
        if (count === 0) continue;
        if (schema) lot.known = await schema.rows(readings, slab.inputs);
        const ms = await model.inference.score(slab, count);
        model.observer?.batchDone(slab, count, 0, ms);
        computeMs += ms;
      }
      this.#collect(lots);
      return computeMs;
    } finally {
      for (const { slab } of lots) inference.giveBack(slab);
    }
  }

  /** Takes what the runs have said out of the slabs. */
  #collect(lots: readonly Lot[]): void {
    const { explainFromTier } = this.#request;
    const next = lots.map(() => 0);
    for (let i = 0; i < this.#size; i++) {
      const index = this.#lot[i] as number;
      if (index === REFUSED) continue;
      const lot = lots[index] as Lot;
      const { model, slab } = lot;
      const row = next[index] as number;
      next[index] = row + 1;
      const probability = slab.probabilities[row] as number;
      this.#probabilities[i] = probability;
      if (this.#shadows.size > 0) this.#shadows.get(i)?.(probability);
      if (Number.isNaN(probability)) continue;
      const decision = this.#models.policy.decide(
        model,
        probability,
        this.#scopes[i],
        slab.inputs,
        row * slab.width,
      );
      this.#decisions[i] = decision;
      this.#keepSeen(i, lot, row);
      if (explainFromTier === 0 || !model.inference.explainable) continue;
      if (tierNumber(decision.riskTier) < explainFromTier) continue;
      const inputs = slab.inputs.slice(row * slab.width, (row + 1) * slab.width);
      this.#wanted.push({ position: i, inputs });
    }
  }

  #keepSeen(i: number, { model, slab, readings, known }: Lot, row: number): void {
    const { record, withFeatures } = this.#request;
    const wanted = (record || withFeatures) && !model.inputs.inPlace;
    const withoutHistory = !known && asksForHistory(readings[row] as Reading);
    if (!wanted && !withoutHistory) return;
    const features = wanted ? slab.inputs.slice(row * slab.width, (row + 1) * slab.width) : undefined;
    this.#seen.set(i, { features, withoutHistory });
  }

  /** Finds the reasons for the {@link wanted}. @param who the caller; `gone` whether it has left */
  async explain(who: string, gone: () => boolean): Promise<void> {
    for (const [index, model] of this.#models.models.entries()) {
      const wanted = this.#wanted.filter(({ position }) => this.#lot[position] === index);
      if (wanted.length === 0) continue;
      const { width } = model.inputs;
      const rows = new Float32Array(wanted.length * width);
      wanted.forEach(({ inputs }, i) => void rows.set(inputs, i * width));
      const { explaining } = this.#context;
      const explained = await explainInTurn(explaining, who, model, rows, TOP_REASONS, gone);
      wanted.forEach(({ position }, i) => {
        this.#reasons.set(position, (explained[i] as ExplainedRow).reasons);
      });
    }
  }

  /** Hands over what is to be recorded, and waits until it is known what was taken. */
  async record(): Promise<void> {
    const { recorder } = this.#context;
    const offered: Promise<void>[] = [];
    for (const [i, record] of this.#records.entries()) {
      const decided = this.#decisions[i];
      if (record === undefined || decided === undefined) continue;
      const probability = this.#probabilities[i] as number;
      const model = this.#models.models[this.#lot[i] as number] as ServedModel;
      const reasons = this.#reasons.get(i) ?? [];
      const [read, seen] = [this.#read.get(i), this.#seen.get(i)];
      const decision = recordedDecision(record, model, probability, decided, reasons, read, seen);
      offered.push(
        recorder.offer(decision).then((recorded) => {
          if (recorded) this.#recorded.add(i);
        }),
      );
    }
    await Promise.all(offered);
  }

  /** Writes every result, in the order asked. */
  write(writer: BatchResponseWriter, room: AnswerRoom): void {
    for (let i = 0; i < this.#size; i++) {
      const index = this.#lot[i] as number;
      if (index === REFUSED) {
        this.#writeFailure(writer, room, i, this.#errors.get(i) as DomainError);
        continue;
      }
      const model = this.#models.models[index] as ServedModel;
      const decision = this.#decisions[i];
      if (decision === undefined) {
        this.#context.statistics.observeNone(model);
        this.#writeFailure(writer, room, i, noProbability(model.id));
        continue;
      }
      this.#writeDecision(writer, room, i, model, decision);
    }
  }

  #writeDecision(
    writer: BatchResponseWriter,
    room: AnswerRoom,
    i: number,
    model: ServedModel,
    decision: PolicyDecision,
  ): void {
    const { riskTier, action, rules } = decision;
    const probability = this.#probabilities[i] as number;
    const read = this.#read.get(i) ?? AS_SENT;
    this.#context.statistics.observe(model, probability, riskTier, read.unknownFields?.length ?? 0);
    const id = this.#request.bytes;
    const idStart = this.#idStarts[i] as number;
    const idEnd = this.#idEnds[i] as number;
    const fraudPredicted = probability >= model.card.thresholds.fraud;
    const recorded = this.#recorded.has(i);
    const given = { id, idStart, idEnd, probability, riskTier, action, fraudPredicted, recorded };
    const rare = encodeRare(this.#reasons.get(i), read, rules, room.ofRules);
    const { features, withoutHistory } = this.#seen.get(i) ?? NOTHING_SEEN;
    const asked = this.#request.withFeatures ? features : undefined;
    const extra = joined(rare, encodeSeen({ features: asked, withoutHistory }));
    writer.decision({ ...given, policyFields: policyFields(decision) }, modelField(model), extra);
  }

  #writeFailure(writer: BatchResponseWriter, room: AnswerRoom, i: number, error: DomainError): void {
    const { bytes, ranges } = this.#request;
    const at = 2 * (this.#from + i);
    const idStart = this.#idStarts[i] as number;
    const idEnd = Math.min(this.#idEnds[i] as number, idStart + MAX_ECHOED_BYTES);
    const most = room.ofFailure((ranges[at + 1] as number) - (ranges[at] as number));
    writer.encoded(encodeFailure(bytes.toString("utf8", idStart, idEnd), error, most));
  }

  #decode(i: number, lots: readonly Lot[]): void {
    const { bytes, ranges, record } = this.#request;
    const first = lots[0] as Lot;
    // Most models read the contract's numbers as they are decoded: nothing has to be copied then.
    if (first.model.inputs.inPlace) input.reset(bytes, first.slab.inputs, first.count * CONTRACT_WIDTH);
    else input.reset(bytes, scratchRow, 0);
    const path = `transactions[${this.#from + i}]`;
    const at = 2 * (this.#from + i);
    let violations: readonly FieldViolation[] | undefined;
    let index = 0;
    try {
      decodeTransactionAt(bytes, ranges[at] as number, ranges[at + 1] as number, input);
      if (lots.length > 1) index = this.#models.choose(positionOf(input));
      violations = validateTransaction(input, path, (lots[index] as Lot).model.inputs);
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
    const { model, slab, count, readings } = lots[index] as Lot;
    const { inputs } = model;
    if (inputs.schema) readings.push(inputs.schema.taken());
    else if (slab.inputs !== input.rows) inputs.write(input, slab.inputs, count * inputs.width);
    const read = howRead(inputs, input);
    if (read !== AS_SENT) this.#read.set(i, read);
    this.#scopes[i] = this.#models.policy.take(input);
    const shadows = this.#context.shadow?.take(input, model);
    if (shadows) this.#shadows.set(i, shadows);
    if (record) this.#records[i] = recordedTransaction(input);
    (lots[index] as Lot).count++;
    this.#lot[i] = index;
  }
}
