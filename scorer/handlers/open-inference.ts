import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { DomainError } from "../../platform/process/errors.ts";
import type { ModelInferRequest__Output } from "../../proto/gen/inference/ModelInferRequest.ts";
import type { ModelInferResponse } from "../../proto/gen/inference/ModelInferResponse.ts";
import type { ModelMetadataResponse } from "../../proto/gen/inference/ModelMetadataResponse.ts";
import { toGrpcStatus } from "../contract/status.ts";
import { noProbability } from "../scoring/probability.ts";
import { rowsOfPiece } from "../scoring/row-cost.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { INPUT_WIDTH } from "../scoring/transaction-input.ts";
import { validateRows } from "../scoring/validate.ts";
import type { Method } from "../security/method-rights.ts";
import type { HandlerContext } from "./context.ts";
import type { Guard } from "./guard.ts";
import { MAX_BATCH, MAX_SLICE_ROWS, MIN_SLICE_ROWS } from "./score-batch.ts";

export const OPEN_INFERENCE_SERVICE = "inference.GRPCInferenceService";

const PLATFORM = "onnxruntime_onnx";
const INPUT = "input";
const OUTPUT = "probability";
/** It is sent back. */
const MAX_ID = 256;

interface Named {
  readonly name: string;
  readonly version: string;
}

/**
 * The Open Inference Protocol (KServe v2) over the same models: tensors in, probabilities out, no tiers and no recording.
 * Model names are the registry's; a version may be left out.
 */
export function openInferenceHandlers(
  context: HandlerContext,
  guard: Guard,
  version: string,
): UntypedServiceImplementation {
  const { catalog } = context;
  const unary = <Request>(method: Method, run: (request: Request) => Promise<object>) =>
    guard.unary<Request, object>(method, (call, callback) => {
      Promise.resolve()
        .then(() => run(call.request))
        .then(
          (answer) => callback(null, answer),
          (error: unknown) => callback(toGrpcStatus(error)),
        );
    });
  return {
    ServerLive: unary("ServerLive", async () => ({ live: true })),
    ServerReady: unary("ServerReady", async () => ({ ready: catalog.champion !== undefined })),
    ModelReady: unary<Named>("ModelReady", async ({ name, version: wanted }) => ({
      ready: catalog.peek(referenceTo(context, name, wanted)) !== undefined,
    })),
    ServerMetadata: unary("ServerMetadata", async () => ({
      name: "paysecure-scorer",
      version,
      extensions: [],
    })),
    ModelMetadata: unary<Named>("ModelMetadata", async ({ name, version: wanted }) => {
      const model = await catalog.acquire(referenceTo(context, name, wanted));
      model.release();
      return describe(model);
    }),
    ModelInfer: guard.unary<ModelInferRequest__Output, ModelInferResponse>(
      "ModelInfer",
      (call, callback, caller) => {
        Promise.resolve()
          .then(() => {
            const rows = inputRows(call.request);
            caller.spend(rows.length / INPUT_WIDTH);
            return infer(context, call.request, caller.who, rows, () => call.cancelled);
          })
          .then(
            (answer) => callback(null, answer),
            (error: unknown) => callback(toGrpcStatus(error)),
          );
      },
    ),
  };
}

/** A name without a version means the champion's version when it has that name, as long-lived clients expect. */
function referenceTo({ catalog }: HandlerContext, name: string, version: string): string {
  if (name === "") throw DomainError.invalid([{ field: "model_name", description: "must be set" }]);
  if (version !== "") return `${name}@${version}`;
  return catalog.champion?.ref.name === name ? catalog.champion.id : name;
}

function describe(model: ServedModel): ModelMetadataResponse {
  return {
    name: model.ref.name,
    versions: [model.ref.version],
    platform: PLATFORM,
    inputs: [{ name: INPUT, datatype: "FP32", shape: [-1, INPUT_WIDTH] }],
    outputs: [{ name: OUTPUT, datatype: "FP32", shape: [-1] }],
  };
}

/** The request's rows, checked. */
function inputRows(request: ModelInferRequest__Output): Float32Array {
  const wrong = (field: string, description: string): never => {
    throw DomainError.invalid([{ field, description }]);
  };
  if (request.id.length > MAX_ID) wrong("id", `must be at most ${MAX_ID} characters`);
  const [tensor] = request.inputs;
  if (!tensor || request.inputs.length !== 1) return wrong("inputs", "must be one tensor");
  if (tensor.name !== INPUT) wrong("inputs[0].name", `must be "${INPUT}", got "${tensor.name}"`);
  if (tensor.datatype !== "FP32") wrong("inputs[0].datatype", `must be FP32, got ${tensor.datatype}`);
  const [rows = 0, width = 0] = tensor.shape.map(Number);
  if (tensor.shape.length !== 2 || width !== INPUT_WIDTH || rows < 1 || rows > MAX_BATCH) {
    wrong("inputs[0].shape", `must be [n,${INPUT_WIDTH}] with n from 1 to ${MAX_BATCH}`);
  }
  const unknown = request.outputs.find((output) => output.name !== OUTPUT);
  if (unknown) wrong("outputs", `there is no output "${unknown.name}"`);
  const values = new Float32Array(rows * INPUT_WIDTH);
  const [raw] = request.rawInputContents;
  if (raw) {
    if (request.rawInputContents.length > 1)
      wrong("raw_input_contents", "must be one, as there is one tensor");
    if (raw.length !== values.byteLength) {
      wrong("raw_input_contents[0]", `must hold ${values.byteLength} bytes, got ${raw.length}`);
    }
    raw.copy(new Uint8Array(values.buffer));
  } else {
    const contents = tensor.contents?.fp32Contents ?? [];
    if (contents.length !== values.length) {
      wrong("inputs[0].contents.fp32_contents", `must hold ${values.length} values, got ${contents.length}`);
    }
    values.set(contents);
  }
  const bad = validateRows(values);
  if (bad) {
    throw DomainError.invalid(
      bad.violations.map(({ field, description }) => ({
        field: `inputs[0]: row ${bad.row}, ${field}`,
        description,
      })),
    );
  }
  return values;
}

async function infer(
  context: HandlerContext,
  request: ModelInferRequest__Output,
  who: string,
  rows: Float32Array,
  gone: () => boolean,
): Promise<ModelInferResponse> {
  const count = rows.length / INPUT_WIDTH;
  context.scoring.batches.enter(count, who);
  try {
    const model = await context.catalog.acquire(
      referenceTo(context, request.modelName, request.modelVersion),
    );
    try {
      const answers = await scoreRows(context, model, who, rows, gone);
      const raw = request.rawInputContents.length > 0;
      return {
        modelName: model.ref.name,
        modelVersion: model.ref.version,
        id: request.id,
        outputs: [
          {
            name: OUTPUT,
            datatype: "FP32",
            shape: [count],
            contents: raw ? null : { fp32Contents: Array.from(answers) },
          },
        ],
        rawOutputContents: raw ? [Buffer.from(answers.buffer)] : [],
      };
    } finally {
      model.release();
    }
  } finally {
    context.scoring.batches.leave(count, who);
  }
}

/** Tensors have no place for what is wrong with one row: one without a probability fails the call, and is named. */
async function scoreRows(
  context: HandlerContext,
  model: ServedModel,
  who: string,
  rows: Float32Array,
  gone: () => boolean,
): Promise<Float32Array> {
  const count = rows.length / INPUT_WIDTH;
  const { turns, cost } = context.scoring;
  const answers = new Float32Array(count);
  let msPerRow = cost.msPerRow;
  for (let from = 0; from < count; ) {
    const take = Math.min(rowsOfPiece(msPerRow, MIN_SLICE_ROWS, MAX_SLICE_ROWS), count - from);
    await turns.take(who);
    const slab = context.inference.takeSlab();
    try {
      if (gone()) throw new DomainError("cancelled", "the caller is gone");
      slab.inputs.set(rows.subarray(from * INPUT_WIDTH, (from + take) * INPUT_WIDTH));
      const computeMs = await model.inference.score(slab, take);
      model.observer?.batchDone(slab, take, 0, computeMs);
      msPerRow = computeMs / take;
      answers.set(slab.probabilities.subarray(0, take), from);
    } finally {
      context.inference.giveBack(slab);
      turns.done(who);
    }
    from += take;
  }
  const none = answers.findIndex(Number.isNaN);
  if (none === -1) return answers;
  context.statistics.observeNone(model);
  throw new DomainError("internal", `row ${none}: ${noProbability(model.id).message}`);
}
