import type { ServerUnaryCall } from "@grpc/grpc-js";
import { DomainError } from "../../platform/errors.ts";
import { SLAB_ROWS } from "../scoring/inference/inference-host.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import type { Caller } from "../security/api-keys.ts";
import { toGrpcStatus } from "../status.ts";
import { type BatchRequest, decodeBatchRequest } from "../wire/decode-request.ts";
import { BatchResponseWriter } from "../wire/encode-response.ts";
import { modelField } from "../wire/model-fields.ts";
import { type BatchModels, BatchSlice } from "./batch-slice.ts";
import type { HandlerContext } from "./context.ts";
import type { GuardedUnary } from "./guard.ts";

export const MAX_BATCH = 10_000;
/** What one slice may take in the inference thread, milliseconds: what a single request waits behind it at most. */
const SLICE_BUDGET_MS = 2.5;
const MIN_SLICE_ROWS = 16;
const MAX_SLICE_ROWS = Math.min(SLAB_ROWS, 512);
const EXPECTED_ID_BYTES = 40;

/** `ScoreBatch`: up to 10,000 transactions, worked on in slices so that nobody else waits for the whole. */
export function scoreBatchHandler(context: HandlerContext): GuardedUnary<Buffer, Buffer> {
  return (call, callback, caller) => {
    scoreBatch(context, call, caller).then(
      (answer) => callback(null, answer),
      (error: unknown) => callback(toGrpcStatus(error)),
    );
  };
}

type Call = ServerUnaryCall<Buffer, Buffer>;

async function scoreBatch(context: HandlerContext, call: Call, caller: Caller): Promise<Buffer> {
  const request = decodeBatchRequest(call.request);
  const count = request.ranges.length / 2;
  if (count < 1 || count > MAX_BATCH) {
    throw DomainError.invalid([
      { field: "transactions", description: `must hold 1 to ${MAX_BATCH} transactions, got ${count}` },
    ]);
  }
  caller.spend(count);
  context.admission.enter(count);
  const held: ServedModel[] = [];
  try {
    held.push(await context.catalog.acquire(request.model));
    const { challenger, splitsTraffic } = context.catalog;
    if (request.model === "" && splitsTraffic && challenger) held.push(challenger.retain());
    const models: BatchModels = {
      models: held,
      choose: (position) => (context.catalog.pick(position) === held[1] ? 1 : 0),
    };
    return await scoreSlices(context, call, request, models);
  } finally {
    for (const model of held) model.release();
    context.admission.leave(count);
  }
}

/** While one slice is being computed the next one is decoded and the one before it written. */
async function scoreSlices(
  context: HandlerContext,
  call: Call,
  request: BatchRequest,
  models: BatchModels,
): Promise<Buffer> {
  const count = request.ranges.length / 2;
  const resultBytes = EXPECTED_ID_BYTES + modelField(models.models[0] as ServedModel).length;
  const writer = new BatchResponseWriter(count, resultBytes);
  let size = sliceSize(context.admission.msPerRow);
  let from = 0;
  let ahead: Scored | undefined;
  try {
    while (from < count || ahead) {
      const current = ahead;
      ahead = undefined;
      if (from < count) {
        const take = Math.min(size, count - from);
        ahead = await startSlice(context, call, request, models, from, take);
        from += take;
      }
      if (!current) continue;
      const computeMs = await current.computed;
      await current.slice.explain();
      current.slice.write(writer);
      current.slice.free();
      size = sliceSize(computeMs / current.rows);
    }
  } catch (error) {
    // The run that is still under way writes into its slab: that must not be used by anybody else before it is done.
    if (ahead) {
      const { slice, computed } = ahead;
      computed.then(
        () => slice.free(),
        () => slice.free(),
      );
    }
    throw error;
  }
  return writer.finish();
}

interface Scored {
  readonly slice: BatchSlice;
  readonly rows: number;
  /** Milliseconds that the run took. */
  readonly computed: Promise<number>;
}

async function startSlice(
  context: HandlerContext,
  call: Call,
  request: BatchRequest,
  models: BatchModels,
  from: number,
  rows: number,
): Promise<Scored> {
  await context.turns.take();
  if (call.cancelled) {
    context.turns.done();
    throw new DomainError("cancelled", "the caller is gone");
  }
  const slice = new BatchSlice(context, request, models, from, rows);
  const computed = slice.score().finally(() => context.turns.done());
  // Awaited one slice later; until then a failure must not count as unhandled.
  computed.catch(() => {});
  return { slice, rows, computed };
}

/** Rows that fit the budget when one takes `msPerRow`. */
function sliceSize(msPerRow: number): number {
  const fitting = Math.round(SLICE_BUDGET_MS / Math.max(msPerRow, 1e-4));
  return Math.max(MIN_SLICE_ROWS, Math.min(MAX_SLICE_ROWS, fitting));
}
