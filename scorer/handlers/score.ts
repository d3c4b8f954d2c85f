import type { handleUnaryCall, ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { DomainError } from "../../platform/errors.ts";
import { strongestReasons } from "../scoring/explain-row.ts";
import { tierRank } from "../scoring/risk-tier.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { INPUT_WIDTH, TEXT, TransactionInput } from "../scoring/transaction-input.ts";
import { validateTransaction } from "../scoring/validate.ts";
import { toGrpcStatus } from "../status.ts";
import { decodeScoreRequest } from "../wire/decode-request.ts";
import { type EncodableDecision, encodeDecision } from "../wire/encode-response.ts";
import { modelField } from "../wire/model-fields.ts";
import { encodeReasons } from "../wire/rare-fields.ts";
import type { HandlerContext } from "./context.ts";

/** How many reasons an answer carries that was asked to explain. */
export const TOP_REASONS = 5;

type Call = ServerUnaryCall<Buffer, Buffer>;
type Answer = sendUnaryData<Buffer>;

/** Reused by every call: decoding and validating never yield. */
const input = new TransactionInput();
const noModelRow = new Float32Array(INPUT_WIDTH);

/** `Score`: one transaction, batched with whatever else arrives in the same moment. */
export function scoreHandler(context: HandlerContext): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    try {
      begin(context, call, callback);
    } catch (error) {
      callback(toGrpcStatus(error));
    }
  };
}

function begin(context: HandlerContext, call: Call, callback: Answer): void {
  const bytes = call.request;
  const { champion } = context.catalog;
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
  const model = context.catalog.peek(options.model);
  if (model === undefined || model !== champion || options.explain) {
    const row = input.rows.slice(input.offset, input.offset + INPUT_WIDTH);
    scoreElsewhere(context, call, row, idStart, idEnd, options.model, options.explain).then(
      (answer) => callback(null, answer),
      (error: unknown) => callback(toGrpcStatus(error)),
    );
    return;
  }
  context.admission.enter(1);
  model.batcher.add(new PendingScore(context, model.retain(), call, callback, idStart, idEnd));
}

/** A unary call whose row is in the batch. */
class PendingScore implements EncodableDecision {
  readonly id: Buffer;
  readonly idStart: number;
  readonly idEnd: number;
  probability = 0;
  rank = 0;
  fraudPredicted = false;
  recorded = false;
  readonly #context: HandlerContext;
  readonly #model: ServedModel;
  readonly #call: Call;
  readonly #callback: Answer;

  constructor(
    context: HandlerContext,
    model: ServedModel,
    call: Call,
    callback: Answer,
    idStart: number,
    idEnd: number,
  ) {
    this.#context = context;
    this.#model = model;
    this.#call = call;
    this.#callback = callback;
    this.id = call.request;
    this.idStart = idStart;
    this.idEnd = idEnd;
  }

  scored(probability: number): void {
    this.#context.admission.leave(1);
    if (!this.#call.cancelled) {
      const { thresholds } = this.#model.card;
      this.probability = probability;
      this.rank = tierRank(probability, thresholds);
      this.fraudPredicted = probability >= thresholds.fraud;
      this.#callback(null, encodeDecision(this, modelField(this.#model)));
    }
    this.#model.release();
  }

  failed(error: unknown): void {
    this.#context.admission.leave(1);
    this.#context.logger.error({ err: error, model: this.#model.id }, "model run failed");
    this.#callback(toGrpcStatus(error));
    this.#model.release();
  }
}

/** The rarer ways: another model than the champion, or with reasons. */
async function scoreElsewhere(
  context: HandlerContext,
  call: Call,
  row: Float32Array,
  idStart: number,
  idEnd: number,
  reference: string,
  explain: boolean,
): Promise<Buffer> {
  context.admission.enter(1);
  try {
    const model = (await context.catalog.find(reference)).retain();
    try {
      const probability = (await model.onnx.score(row, 1))[0] as number;
      const reasons = explain ? encodeReasons(await strongestReasons(model, row, TOP_REASONS)) : undefined;
      const { thresholds } = model.card;
      const decision: EncodableDecision = {
        id: call.request,
        idStart,
        idEnd,
        probability,
        rank: tierRank(probability, thresholds),
        fraudPredicted: probability >= thresholds.fraud,
        recorded: false,
      };
      return encodeDecision(decision, modelField(model), reasons);
    } finally {
      model.release();
    }
  } finally {
    context.admission.leave(1);
  }
}
