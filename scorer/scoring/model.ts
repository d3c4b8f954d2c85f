import { InferenceSession, Tensor } from "onnxruntime-node";
import { DomainError } from "../../platform/process/errors.ts";

/** The graph's names: `input` float32 [n,width] → `probability` [n] and, where the model offers them, the others. */
const INPUT = "input";
const PROBABILITY = "probability";
const RAW = "raw";
const FEATURES = "features";

/** Everything the graph says about the rows, for explanations. */
export interface ModelOutputs {
  /** Calibrated fraud probability, [n]. */
  readonly probability: Float32Array;
  /** The score before calibration, [n]; undefined when the graph has no such output. */
  readonly raw: Float32Array | undefined;
  /** The features as the trees read them, [n, F] row after row; undefined when the graph has no such output. */
  readonly features: Float32Array | undefined;
}

/** A loaded ONNX graph. ONNX Runtime's Node binding computes on the calling thread: a run blocks for its duration. */
export class OnnxModel {
  readonly #session: InferenceSession;
  readonly #input: string;
  readonly #probability: string;
  /** Numbers of a row. */
  readonly width: number;

  private constructor(session: InferenceSession, input: string, width: number, probability: string) {
    this.width = width;
    this.#session = session;
    this.#input = input;
    this.#probability = probability;
  }

  /**
   * Loads a graph and checks its shape: one float32 input [n,width] and a float32 output [n] (or [n,1]).
   *
   * @param options `threads` of ONNX Runtime within one run; `width` that the graph must have, its own where left out
   * @throws DomainError `invalid_argument` when it is no such graph
   */
  static async load(
    bytes: Uint8Array,
    { threads = 1, width }: { readonly threads?: number; readonly width?: number } = {},
  ): Promise<OnnxModel> {
    let session: InferenceSession;
    try {
      session = await InferenceSession.create(bytes, {
        executionProviders: ["cpu"],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: "sequential",
        graphOptimizationLevel: "all",
        // An error is thrown with the same words; the runtime need not print them too.
        logSeverityLevel: 4,
      });
    } catch (error) {
      throw new DomainError("invalid_argument", "model.onnx is no graph that ONNX Runtime can load", {
        cause: error,
      });
    }
    const [input] = session.inputMetadata;
    const output = session.outputNames.includes(PROBABILITY) ? PROBABILITY : session.outputNames[0];
    const own = input?.isTensor ? input.shape.at(-1) : undefined;
    const found = typeof own === "number" ? own : width;
    const wanted = `[n,${width ?? "width"}]`;
    const wrong =
      session.inputNames.length !== 1 || !input?.isTensor || input.type !== "float32"
        ? `the graph must have one float32 input "${INPUT}" ${wanted}, it has: ${session.inputNames.join(", ")}`
        : input.shape.length !== 2 || found === undefined || found !== (width ?? found)
          ? `the graph's input must be ${wanted}, it is [${input.shape.join(",")}]`
          : undefined;
    if (wrong !== undefined) {
      await session.release();
      throw new DomainError("invalid_argument", wrong);
    }
    return new OnnxModel(session, session.inputNames[0] as string, found as number, output as string);
  }

  /** Whether the graph gives what explanations need. */
  get explains(): boolean {
    return this.#session.outputNames.includes(RAW) && this.#session.outputNames.includes(FEATURES);
  }

  /**
   * Scores rows.
   *
   * @param rows at least count × width values, row after row; not to be written to before the promise settles
   * @returns fraud probabilities, [count]
   */
  async score(rows: Float32Array, count: number): Promise<Float32Array> {
    const outputs = await this.#session.run({ [this.#input]: this.#tensor(rows, count) }, [
      this.#probability,
    ]);
    return column(outputs[this.#probability], count);
  }

  /** As {@link score}, with everything else the graph tells. */
  async outputs(rows: Float32Array, count: number): Promise<ModelOutputs> {
    const outputs = await this.#session.run({ [this.#input]: this.#tensor(rows, count) });
    const features = outputs[FEATURES];
    return {
      probability: column(outputs[this.#probability], count),
      raw: outputs[RAW] ? column(outputs[RAW], count) : undefined,
      features: features ? (features.data as Float32Array) : undefined,
    };
  }

  #tensor(rows: Float32Array, count: number): Tensor {
    const length = count * this.width;
    return new Tensor("float32", rows.length === length ? rows : rows.subarray(0, length), [
      count,
      this.width,
    ]);
  }

  /** Frees the native session. No run may be under way or follow. */
  async release(): Promise<void> {
    await this.#session.release();
  }
}

function column(tensor: Tensor | undefined, count: number): Float32Array {
  const data = tensor?.data;
  if (!(data instanceof Float32Array) || data.length !== count) {
    throw new DomainError("internal", "the model gave an answer of the wrong shape");
  }
  return data;
}
