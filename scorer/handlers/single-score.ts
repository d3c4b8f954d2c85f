import type { Deadline } from "@grpc/grpc-js";
import type { Action } from "../../domain/actions.ts";
import type { HowRead } from "../../domain/decision.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import type { RuleScope } from "../../features/policy/variables.ts";
import { DomainError, type FieldViolation } from "../../platform/process/errors.ts";
import type { ServedPolicy } from "../policy/served-policy.ts";
import { beforeDeadline } from "../recording/before-deadline.ts";
import { type RecordedTransaction, recordedDecision, recordedTransaction } from "../recording/recorder.ts";
import type { Waiting } from "../scoring/batcher.ts";
import { explainInTurn } from "../scoring/explain-in-turn.ts";
import type { ExplainedRow } from "../scoring/explain-row.ts";
import type { Line } from "../scoring/lines.ts";
import { howRead } from "../scoring/model-inputs.ts";
import { noProbability } from "../scoring/probability.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { cardPosition } from "../scoring/traffic.ts";
import { CONTRACT_WIDTH, TEXT, TransactionInput } from "../scoring/transaction-input.ts";
import { validateTransaction } from "../scoring/validate.ts";
import { OPTION_RIGHTS } from "../security/method-rights.ts";
import { decodeScoreRequest, type ScoreOptions } from "../wire/decode-request.ts";
import { type EncodableDecision, encodeDecision } from "../wire/encode-response.ts";
import { modelField, TOP_REASONS } from "../wire/model-fields.ts";
import { policyFields } from "../wire/policy-fields.ts";
import { encodeRare } from "../wire/rare-fields.ts";
import { encodeSeen, joined } from "../wire/seen-fields.ts";
import type { HandlerContext } from "./context.ts";
import type { KnownCaller } from "./guard.ts";

/** Where a transaction's id lies in a request. */
export type IdRange = Pick<EncodableDecision, "id" | "idStart" | "idEnd">;

/** Who asked for a single score. Exactly one of the two is called, once; neither when `gone`. */
export interface Sink {
  /** The caller has cancelled or its deadline has passed. */
  readonly gone: boolean;
  /** When the caller stops waiting. */
  readonly deadline: Deadline;
  answered(response: Buffer): void;
  /** @param request the id of the transaction that failed, empty as far as the request was not readable */
  failed(error: unknown, request: IdRange): void;
}

/** Reused by every request: decoding and validating never yield. */
const input = new TransactionInput();
const scratchRow = new Float32Array(CONTRACT_WIDTH);

/**
 * Takes one ScoreRequest: decodes it straight into the batch of the model that will answer, validates it and joins the
 * queue. What is wrong with it, or that there is no room, the sink is told like any other failure.
 *
 * @returns whether reasons were asked for, which cost the most
 */
export function submitScore(
  context: HandlerContext,
  caller: KnownCaller,
  bytes: Buffer,
  sink: Sink,
): boolean {
  const guess = context.catalog.champion?.inputs.inPlace ? context.catalog.champion : undefined;
  input.reset(bytes, guess?.batcher.rows ?? scratchRow, guess?.batcher.offset ?? 0);
  let explain = false;
  try {
    const options = decodeScoreRequest(bytes, input);
    explain = options.explain;
    if (explain || options.withFeatures) caller.demand(OPTION_RIGHTS.explain);
    if (options.record) caller.demand(OPTION_RIGHTS.record);
    caller.spend(1);
    if (!options.present) throw DomainError.invalid([{ field: "transaction", description: "must be set" }]);
    const model = chosen(context, options.model);
    refuse(validateTransaction(input, "transaction", model?.inputs));
    join(context, caller.who, model, model === guess, options, sink);
  } catch (error) {
    sink.failed(error, idRange());
  }
  return explain;
}

function refuse(violations: readonly FieldViolation[] | undefined): void {
  if (violations) throw DomainError.invalid(violations);
}

/** The model that is to answer the transaction decoded last, when it is in memory. */
function chosen({ catalog }: HandlerContext, reference: string): ServedModel | undefined {
  return reference === "" && catalog.splitsTraffic
    ? catalog.pick(positionOf(input))
    : catalog.peek(reference);
}

/**
 * Puts the transaction decoded last in the queue of the model that is to answer.
 *
 * @param inPlace its row lies in that model's batch already
 * @throws DomainError `resource_exhausted` when that is full
 */
function join(
  context: HandlerContext,
  who: string,
  model: ServedModel | undefined,
  inPlace: boolean,
  options: ScoreOptions,
  sink: Sink,
): void {
  const wanted = {
    record: options.record ? recordedTransaction(input) : undefined,
    features: options.withFeatures,
  };
  const line = options.explain ? context.explaining : context.scoring;
  line.singles.enter(1, who);
  const policy = context.policy.current;
  const deciding = { policy, taken: policy.take(input) };
  const pending = new PendingScore(context, sink, idRange(), { who, line }, wanted, deciding);
  if (model) {
    enqueue(pending, model.retain(), inPlace);
    return;
  }
  const { bytes } = input;
  context.catalog.acquire(options.model).then(
    (found) => {
      // Others have been read since.
      input.reset(bytes, scratchRow, 0);
      decodeScoreRequest(bytes, input);
      const violations = validateTransaction(input, "transaction", found.inputs);
      if (violations) {
        found.release();
        pending.failed(DomainError.invalid(violations));
        return;
      }
      enqueue(pending, found, false);
    },
    (error: unknown) => pending.failed(error),
  );
}

/** Makes the row of the transaction decoded last, where the model's next one goes, and joins. */
function enqueue(pending: PendingScore, model: ServedModel, inPlace: boolean): void {
  const { inputs, batcher } = model;
  pending.watch(model, input);
  const read = howRead(inputs, input);
  if (inputs.schema) {
    inputs.schema.row(inputs.schema.taken()).then(
      ({ row, withoutHistory }) => {
        batcher.rows.set(row, batcher.offset);
        pending.join(model, read, withoutHistory);
      },
      (error: unknown) => {
        model.release();
        pending.failed(error);
      },
    );
    return;
  }
  if (!inPlace) inputs.write(input, batcher.rows, batcher.offset);
  pending.join(model, read);
}

function idRange(): IdRange {
  return {
    id: input.bytes,
    idStart: input.starts[TEXT.transactionId] as number,
    idEnd: input.ends[TEXT.transactionId] as number,
  };
}

/** Where a transaction's card stands in the split between champion and challenger; its id stands in for no token. */
export function positionOf(transaction: TransactionInput): number {
  const { bytes, starts, ends } = transaction;
  const token = starts[TEXT.cardToken] === ends[TEXT.cardToken] ? TEXT.transactionId : TEXT.cardToken;
  return cardPosition(bytes, starts[token] as number, ends[token] as number);
}

/** Where somebody waits. */
interface PlaceInLine {
  readonly who: string;
  readonly line: Line;
}

/** What a request will be decided by: the policy as it was when it came, and what its rules read. */
interface Deciding {
  readonly policy: ServedPolicy;
  readonly taken: RuleScope | undefined;
}

/** What an answer is for besides itself. */
interface Wanted {
  /** The transaction's part of what is recorded. */
  readonly record: RecordedTransaction | undefined;
  /** What the model read goes along. */
  readonly features: boolean;
}

const NOTHING: Buffer = Buffer.alloc(0);

/** A request between its queue and its answer. */
class PendingScore implements Waiting, EncodableDecision {
  readonly id: Buffer;
  readonly idStart: number;
  readonly idEnd: number;
  probability = 0;
  riskTier: RiskTier = "low";
  action: Action = "approve";
  fraudPredicted = false;
  recorded = false;
  policyFields: Buffer = NOTHING;
  readonly #context: HandlerContext;
  readonly #sink: Sink;
  readonly #place: PlaceInLine;
  readonly #wanted: Wanted;
  readonly #deciding: Deciding;
  #model: ServedModel | undefined;
  #read: HowRead = {};
  #withoutHistory = false;
  #shadows: ((probability: number) => void) | undefined;

  constructor(
    context: HandlerContext,
    sink: Sink,
    { id, idStart, idEnd }: IdRange,
    place: PlaceInLine,
    wanted: Wanted,
    deciding: Deciding,
  ) {
    this.#context = context;
    this.#sink = sink;
    this.id = id;
    this.idStart = idStart;
    this.idEnd = idEnd;
    this.#place = place;
    this.#wanted = wanted;
    this.#deciding = deciding;
  }

  /** Has shadows read the transaction that `model` is to answer, as far as they read other inputs. */
  watch(model: ServedModel, transaction: TransactionInput): void {
    this.#shadows = this.#context.shadow?.take(transaction, model);
  }

  /** Waits for `model`, whose next row has been written. The model is released when all is done. */
  join(model: ServedModel, read: HowRead, withoutHistory = false): void {
    this.#model = model;
    this.#read = read;
    this.#withoutHistory = withoutHistory;
    const { explaining } = this.#context;
    const { who, line } = this.#place;
    if (line !== explaining || !model.inference.explainable) {
      model.batcher.add(this);
      return;
    }
    const { rows, offset } = model.batcher;
    const row = rows.slice(offset, offset + model.inputs.width);
    explainInTurn(explaining, who, model, row, TOP_REASONS, () => this.#sink.gone).then(
      ([explained]) => this.#answer((explained as ExplainedRow).probability, row, 0, explained),
      (error: unknown) => this.failed(error),
    );
  }

  scored(probability: number, rows: Float32Array, offset: number): void {
    this.#answer(probability, rows, offset, undefined);
  }

  failed(error: unknown): void {
    this.#leave();
    if (!this.#sink.gone) this.#sink.failed(error, this);
  }

  #leave(): void {
    this.#place.line.singles.leave(1, this.#place.who);
    this.#model?.release();
  }

  #answer(
    probability: number,
    rows: Float32Array,
    offset: number,
    explained: ExplainedRow | undefined,
  ): void {
    const model = this.#model as ServedModel;
    if (Number.isNaN(probability)) {
      this.#context.statistics.observeNone(model);
      this.failed(noProbability(model.id));
      return;
    }
    this.#leave();
    if (this.#sink.gone) return;
    this.#shadows?.(probability);
    const { thresholds } = model.card;
    this.probability = probability;
    const { policy, taken: scope } = this.#deciding;
    const decided = policy.decide(model, probability, scope, rows, offset);
    this.riskTier = decided.riskTier;
    this.action = decided.action;
    this.policyFields = policyFields(decided);
    this.fraudPredicted = probability >= thresholds.fraud;
    const unknown = this.#read.unknownFields?.length ?? 0;
    this.#context.statistics.observe(model, probability, this.riskTier, unknown);
    const { record, features: asked } = this.#wanted;
    // The row lies where the next run's will: what goes along, or is recorded, is a copy.
    const row = (asked || record) && !model.inputs.inPlace;
    const features = row ? rows.slice(offset, offset + model.inputs.width) : undefined;
    const withoutHistory = this.#withoutHistory;
    const answer = (): void => {
      const rare = encodeRare(explained?.reasons, this.#read, decided.rules);
      const seen = encodeSeen({ features: asked ? features : undefined, withoutHistory });
      this.#sink.answered(encodeDecision(this, modelField(model), joined(rare, seen)));
    };
    if (!record) {
      answer();
      return;
    }
    const reasons = explained?.reasons ?? [];
    const seen = { features, withoutHistory };
    const decision = recordedDecision(record, model, probability, decided, reasons, this.#read, seen);
    const taken = this.#context.recorder.offer(decision);
    void beforeDeadline(taken, this.#sink.deadline).then((recorded) => {
      this.recorded = recorded ?? false;
      if (!this.#sink.gone) answer();
    });
  }
}
