import type { ServerUnaryCall } from "@grpc/grpc-js";
import { DomainError } from "../../platform/process/errors.ts";
import { toGrpcStatus } from "../contract/status.ts";
import { beforeDeadline } from "../recording/before-deadline.ts";
import { SLAB_ROWS } from "../scoring/inference/inference-host.ts";
import { rowsOfPiece } from "../scoring/row-cost.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { OPTION_RIGHTS } from "../security/method-rights.ts";
import { type BatchRequest, decodeBatchRequest } from "../wire/decode-request.ts";
import { BatchResponseWriter } from "../wire/encode-response.ts";
import { modelField } from "../wire/model-fields.ts";
import { AnswerRoom } from "./answer-room.ts";
import { type BatchModels, BatchSlice } from "./batch-slice.ts";
import type { HandlerContext } from "./context.ts";
import type { GuardedUnary, KnownCaller } from "./guard.ts";

export const MAX_BATCH = 10_000;
export const MIN_SLICE_ROWS = 16;
export const MAX_SLICE_ROWS = Math.min(SLAB_ROWS, 512);
const EXPECTED_ID_BYTES = 40;
/** In `explain_from_tier`: every result. */
const FROM_LOW = 1;
const TIERS = 4;

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

async function scoreBatch(context: HandlerContext, call: Call, caller: KnownCaller): Promise<Buffer> {
  const request = decodeBatchRequest(call.request);
  const count = request.ranges.length / 2;
  if (count < 1 || count > MAX_BATCH) {
    throw DomainError.invalid([
      { field: "transactions", description: `must hold 1 to ${MAX_BATCH} transactions, got ${count}` },
    ]);
  }
  if (request.explainFromTier > TIERS) {
    throw DomainError.invalid([{ field: "explain_from_tier", description: "must be a RiskTier" }]);
  }
  if (request.explainFromTier > 0 || request.withFeatures) caller.demand(OPTION_RIGHTS.explain);
  if (request.record) caller.demand(OPTION_RIGHTS.record);
  caller.spend(count);
  const held: ServedModel[] = [];
  try {
    held.push(await context.catalog.acquire(request.model));
    const { challenger, splitsTraffic } = context.catalog;
    if (request.model === "" && splitsTraffic && challenger) held.push(challenger.retain());
    const models: BatchModels = {
      policy: context.policy.current,
      models: held,
      choose: (position) => (context.catalog.pick(position) === held[1] ? 1 : 0),
    };
    return await new Batch(context, call, caller.who, request, models).answer();
  } finally {
    for (const model of held) model.release();
  }
}

/** One call on its way. */
class Batch {
  readonly #context: HandlerContext;
  readonly #call: Call;
  readonly #who: string;
  readonly #request: BatchRequest;
  readonly #models: BatchModels;
  readonly #count: number;
  readonly #room: AnswerRoom;
  readonly #writer: BatchResponseWriter;

  constructor(context: HandlerContext, call: Call, who: string, request: BatchRequest, models: BatchModels) {
    this.#context = context;
    this.#call = call;
    this.#who = who;
    this.#request = request;
    this.#models = models;
    this.#count = request.ranges.length / 2;
    this.#room = new AnswerRoom(request, models.models, models.policy, context.maxAnswerBytes);
    const resultBytes = EXPECTED_ID_BYTES + modelField(models.models[0] as ServedModel).length;
    this.#writer = new BatchResponseWriter(this.#count, resultBytes);
  }

  /** @throws DomainError `invalid_argument`, `resource_exhausted` or `cancelled` */
  async answer(): Promise<Buffer> {
    const { explainFromTier } = this.#request;
    if (explainFromTier === 0) await this.#scoreAll();
    else if (explainFromTier === FROM_LOW) await this.#scoreAndExplainAll();
    else await this.#scoreAndExplainSome();
    const answer = this.#writer.finish();
    if (answer.length <= this.#context.maxAnswerBytes) return answer;
    throw new DomainError(
      "invalid_argument",
      "the results do not fit into one answer; send fewer transactions at once",
    );
  }

  /** What is not recorded is written as it comes; what is waits until Redis has it. */
  async #scoreAll(): Promise<void> {
    if (!this.#request.record) return await this.#score((slice) => slice.write(this.#writer, this.#room));
    await this.#finish(await this.#scored());
  }

  async #finish(slices: readonly BatchSlice[]): Promise<void> {
    if (this.#request.record) {
      const taken = Promise.all(slices.map((slice) => slice.record()));
      await beforeDeadline(taken, this.#call.getDeadline());
    }
    for (const slice of slices) slice.write(this.#writer, this.#room);
  }

  /** Every result has reasons: what they will cost is known, and refused, before anything is scored. */
  async #scoreAndExplainAll(): Promise<void> {
    const explainable = this.#models.models.some((model) => model.inference.explainable);
    await this.#amongExplained(explainable ? this.#count : 0, async () => {
      await this.#explain(await this.#scored());
    });
  }

  /** Scores tell which results have reasons; they cost a hundredth of those. */
  async #scoreAndExplainSome(): Promise<void> {
    const slices = await this.#scored();
    const wanted = slices.reduce((sum, slice) => sum + slice.wanted, 0);
    await this.#amongExplained(wanted, () => this.#explain(slices));
  }

  /** @throws DomainError when there is no room for so many reasons, in the answer or in the queue */
  async #amongExplained(wanted: number, work: () => Promise<void>): Promise<void> {
    if (wanted === 0) return await work();
    const { batches } = this.#context.explaining;
    this.#room.keepForReasons(wanted);
    batches.enter(wanted, this.#who);
    try {
      await work();
    } finally {
      batches.leave(wanted, this.#who);
    }
  }

  async #scored(): Promise<BatchSlice[]> {
    const slices: BatchSlice[] = [];
    await this.#score((slice) => void slices.push(slice));
    return slices;
  }

  async #explain(slices: readonly BatchSlice[]): Promise<void> {
    for (const slice of slices) await slice.explain(this.#who, () => this.#call.cancelled);
    await this.#finish(slices);
  }

  /**
   * Scores everything; while one slice is being computed the next one is decoded and the one before it handed on.
   *
   * @param scored gets the slices in order
   */
  async #score(scored: (slice: BatchSlice) => void): Promise<void> {
    const { scoring } = this.#context;
    scoring.batches.enter(this.#count, this.#who);
    try {
      let msPerRow = scoring.cost.msPerRow;
      let current: Running | undefined;
      let from = 0;
      for (;;) {
        const rows = Math.min(rowsOfPiece(msPerRow, MIN_SLICE_ROWS, MAX_SLICE_ROWS), this.#count - from);
        const next = rows > 0 ? await this.#start(from, rows) : undefined;
        from += rows;
        if (current) {
          msPerRow = (await current.computed) / current.rows;
          scored(current.slice);
        }
        if (!next) return;
        current = next;
      }
    } finally {
      scoring.batches.leave(this.#count, this.#who);
    }
  }

  async #start(from: number, rows: number): Promise<Running> {
    const { turns } = this.#context.scoring;
    await turns.take(this.#who);
    if (this.#call.cancelled) {
      turns.done(this.#who);
      throw new DomainError("cancelled", "the caller is gone");
    }
    const slice = new BatchSlice(this.#context, this.#request, this.#models, from, rows);
    const computed = slice.score().finally(() => turns.done(this.#who));
    // Awaited one slice later; until then a failure must not count as unhandled.
    computed.catch(() => {});
    return { slice, rows, computed };
  }
}

interface Running {
  readonly slice: BatchSlice;
  readonly rows: number;
  /** Milliseconds that the run took. */
  readonly computed: Promise<number>;
}
