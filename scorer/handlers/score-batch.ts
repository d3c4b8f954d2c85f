import type { handleUnaryCall, ServerUnaryCall } from "@grpc/grpc-js";
import { DomainError, type FieldViolation } from "../../platform/errors.ts";
import { strongestReasons } from "../scoring/explain-row.ts";
import { tierRank } from "../scoring/risk-tier.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { INPUT_WIDTH, TEXT, TransactionInput } from "../scoring/transaction-input.ts";
import { validateTransaction } from "../scoring/validate.ts";
import { toGrpcStatus } from "../status.ts";
import { type BatchRequest, decodeBatchRequest, decodeTransactionAt } from "../wire/decode-request.ts";
import { BatchResponseWriter } from "../wire/encode-response.ts";
import { modelField } from "../wire/model-fields.ts";
import { encodeFailure, encodeReasons } from "../wire/rare-fields.ts";
import type { HandlerContext } from "./context.ts";
import { TOP_REASONS } from "./score.ts";

export const MAX_BATCH = 10_000;
/** What one turn may cost the event loop, milliseconds; a fifth of a frame of what health checks allow. */
const SLICE_BUDGET_MS = 2.5;
const FIRST_SLICE_ROWS = 128;
const MAX_SLICE_ROWS = 1_024;
const EXPECTED_ID_BYTES = 40;

const input = new TransactionInput();

/** `ScoreBatch`: up to 10,000 transactions, computed in slices so that nobody else waits for the whole. */
export function scoreBatchHandler(context: HandlerContext): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    scoreBatch(context, call).then(
      (answer) => callback(null, answer),
      (error: unknown) => callback(toGrpcStatus(error)),
    );
  };
}

async function scoreBatch(context: HandlerContext, call: ServerUnaryCall<Buffer, Buffer>): Promise<Buffer> {
  const request = decodeBatchRequest(call.request);
  const count = request.ranges.length / 2;
  if (count < 1 || count > MAX_BATCH) {
    throw DomainError.invalid([
      { field: "transactions", description: `must hold 1 to ${MAX_BATCH} transactions, got ${count}` },
    ]);
  }
  context.admission.enter(count);
  try {
    const model = (await context.catalog.find(request.model)).retain();
    try {
      return await scoreSlices(context, call, request, model);
    } finally {
      model.release();
    }
  } finally {
    context.admission.leave(count);
  }
}

/** Where a batch stands: which transaction comes next, and the space its slices are computed in. */
interface Slice {
  readonly rows: Float32Array;
  readonly idStarts: Int32Array;
  readonly idEnds: Int32Array;
  /** What is wrong with each transaction, in step with the slice; undefined when nothing is. */
  readonly errors: (DomainError | undefined)[];
}

async function scoreSlices(
  context: HandlerContext,
  call: ServerUnaryCall<Buffer, Buffer>,
  request: BatchRequest,
  model: ServedModel,
): Promise<Buffer> {
  const count = request.ranges.length / 2;
  const field = modelField(model);
  const writer = new BatchResponseWriter(count, EXPECTED_ID_BYTES + field.length);
  const capacity = Math.min(count, MAX_SLICE_ROWS);
  const slice: Slice = {
    rows: new Float32Array(capacity * INPUT_WIDTH),
    idStarts: new Int32Array(capacity),
    idEnds: new Int32Array(capacity),
    errors: new Array<DomainError | undefined>(capacity),
  };
  let size = Math.min(capacity, FIRST_SLICE_ROWS);
  for (let from = 0; from < count; ) {
    const take = Math.min(size, count - from);
    await context.turns.take();
    const start = performance.now();
    try {
      if (call.cancelled) throw new DomainError("cancelled", "the caller is gone");
      const good = fillSlice(request, from, take, slice);
      const probabilities = good > 0 ? await model.onnx.score(slice.rows, good) : new Float32Array(0);
      await writeSlice(request, take, slice, probabilities, model, writer, field);
    } finally {
      context.turns.done();
    }
    const spent = performance.now() - start;
    context.admission.observe(take, spent);
    size = Math.max(16, Math.min(capacity, Math.round((take * SLICE_BUDGET_MS) / Math.max(spent, 0.01))));
    from += take;
  }
  return writer.finish();
}

/** Decodes and validates `take` transactions; good ones' inputs lie side by side in `slice.rows`. Returns how many. */
function fillSlice(request: BatchRequest, from: number, take: number, slice: Slice): number {
  let good = 0;
  for (let i = 0; i < take; i++) {
    const start = request.ranges[2 * (from + i)] as number;
    const end = request.ranges[2 * (from + i) + 1] as number;
    const path = `transactions[${from + i}]`;
    input.reset(request.bytes, slice.rows, good * INPUT_WIDTH);
    let error: DomainError | undefined;
    try {
      decodeTransactionAt(request.bytes, start, end, input);
      const violations = validateTransaction(input, path);
      if (violations) error = DomainError.invalid(violations);
    } catch (thrown) {
      error = DomainError.invalid(violationsAt(path, thrown));
    }
    slice.idStarts[i] = input.starts[TEXT.transactionId] as number;
    slice.idEnds[i] = input.ends[TEXT.transactionId] as number;
    slice.errors[i] = error;
    if (!error) good++;
  }
  return good;
}

function violationsAt(path: string, thrown: unknown): FieldViolation[] {
  return DomainError.from(thrown).violations.map(({ description }) => ({ field: path, description }));
}

async function writeSlice(
  request: BatchRequest,
  take: number,
  slice: Slice,
  probabilities: Float32Array,
  model: ServedModel,
  writer: BatchResponseWriter,
  field: Buffer,
): Promise<void> {
  const { thresholds } = model.card;
  let good = 0;
  for (let i = 0; i < take; i++) {
    const idStart = slice.idStarts[i] as number;
    const idEnd = slice.idEnds[i] as number;
    const error = slice.errors[i];
    if (error) {
      writer.encoded(encodeFailure(echoedId(request.bytes, idStart, idEnd), error));
      continue;
    }
    const row = good++;
    const probability = probabilities[row] as number;
    const rank = tierRank(probability, thresholds);
    const decision = {
      id: request.bytes,
      idStart,
      idEnd,
      probability,
      rank,
      fraudPredicted: probability >= thresholds.fraud,
      recorded: false,
    };
    const explain = request.explainFromTier > 0 && rank + 1 >= request.explainFromTier;
    if (explain) {
      const inputs = slice.rows.slice(row * INPUT_WIDTH, (row + 1) * INPUT_WIDTH);
      writer.decision(decision, field, encodeReasons(await strongestReasons(model, inputs, TOP_REASONS)));
    } else {
      writer.decision(decision, field);
    }
  }
}

const MAX_ECHOED_BYTES = 512;

/** The id of a transaction that was refused, as far as it can be repeated. */
function echoedId(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("utf8", start, Math.min(end, start + MAX_ECHOED_BYTES));
}
