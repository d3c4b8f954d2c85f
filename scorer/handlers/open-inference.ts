import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { DomainError } from "../../platform/process/errors.ts";
import type { ModelInferRequest__Output } from "../../proto/gen/inference/ModelInferRequest.ts";
import type { ModelInferResponse } from "../../proto/gen/inference/ModelInferResponse.ts";
import type { ModelMetadataResponse } from "../../proto/gen/inference/ModelMetadataResponse.ts";
import { toGrpcStatus } from "../contract/status.ts";
import type { ModelInputs } from "../scoring/model-inputs.ts";
import { noProbability } from "../scoring/probability.ts";
import { rowsOfPiece } from "../scoring/row-cost.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import type { Method } from "../security/method-rights.ts";
import type { HandlerContext } from "./context.ts";
import type { Guard } from "./guard.ts";
import { describeTensors, outlineTensors, readTensors, type TensorOutline } from "./inference-tensors.ts";
import { readFieldTensors, schemaOfFields } from "./schema-tensors.ts";
import { MAX_SLICE_ROWS, MIN_SLICE_ROWS } from "./score-batch.ts";

export const OPEN_INFERENCE_SERVICE = "inference.GRPCInferenceService";

const PLATFORM = "onnxruntime_onnx";
const OUTPUT = "probability";
/** It is sent back. */
const MAX_ID = 256;

interface Named {
  readonly name: string;
  readonly version: string;
}

/**
 * The Open Inference Protocol (KServe v2) over the same models: tensors in (all inputs in one, one for each by its name,
 * or one for each raw field and entity of the model's schema), probabilities out, no tiers and no recording.
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
            checkRequest(call.request);
            const outline = outlineTensors(call.request);
            caller.spend(outline.rows);
            return infer(context, call.request, caller.who, outline, () => call.cancelled);
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
    inputs: describeTensors(model.inputs),
    outputs: [{ name: OUTPUT, datatype: "FP32", shape: [-1] }],
  };
}

/** What a request asks for beside its tensors. @throws DomainError `invalid_argument` */
function checkRequest({ id, outputs }: ModelInferRequest__Output): void {
  if (id.length > MAX_ID) {
    throw DomainError.invalid([{ field: "id", description: `must be at most ${MAX_ID} characters` }]);
  }
  if (outputs.some(({ name }) => name !== OUTPUT)) {
    throw DomainError.invalid([{ field: "outputs", description: `there is no output but "${OUTPUT}"` }]);
  }
}

async function infer(
  context: HandlerContext,
  request: ModelInferRequest__Output,
  who: string,
  outline: TensorOutline,
  gone: () => boolean,
): Promise<ModelInferResponse> {
  const count = outline.rows;
  context.scoring.batches.enter(count, who);
  try {
    const model = await context.catalog.acquire(
      referenceTo(context, request.modelName, request.modelVersion),
    );
    try {
      const answers = await scoreRows(context, model, who, rowsOf(request, outline, model.inputs), gone);
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

/** The rows of a request, a piece at a time. */
interface Rows {
  readonly count: number;
  /** Writes rows [from, from + take) to the start of `into`. */
  write(into: Float32Array, from: number, take: number): Promise<void> | void;
}

function rowsOf(request: ModelInferRequest__Output, outline: TensorOutline, inputs: ModelInputs): Rows {
  const count = outline.rows;
  const schema = schemaOfFields(request, outline, inputs);
  if (schema) {
    const readings = readFieldTensors(request, outline, schema);
    return {
      count,
      write: async (into, from, take) => {
        await schema.rows(readings.slice(from, from + take), into);
      },
    };
  }
  const values = readTensors(request, outline, inputs);
  const { width } = inputs;
  return {
    count,
    write: (into, from, take) => into.set(values.subarray(from * width, (from + take) * width)),
  };
}

/** Tensors have no place for what is wrong with one row: one without a probability fails the call, and is named. */
async function scoreRows(
  context: HandlerContext,
  model: ServedModel,
  who: string,
  rows: Rows,
  gone: () => boolean,
): Promise<Float32Array> {
  const { width } = model.inputs;
  const { count } = rows;
  const { turns, cost } = context.scoring;
  const answers = new Float32Array(count);
  let msPerRow = cost.msPerRow;
  for (let from = 0; from < count; ) {
    const take = Math.min(rowsOfPiece(msPerRow, MIN_SLICE_ROWS, MAX_SLICE_ROWS), count - from);
    await turns.take(who);
    const slab = context.inference.takeSlab(width);
    try {
      if (gone()) throw new DomainError("cancelled", "the caller is gone");
      await rows.write(slab.inputs, from, take);
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
