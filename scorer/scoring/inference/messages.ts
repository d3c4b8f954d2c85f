import type { ErrorCode } from "../../../platform/process/errors.ts";
import type { ModelCard } from "../../serving/registry.ts";
import type { ExplainedRow } from "../explain-row.ts";

/** What the main thread and an inference thread say to each other. Models and slabs have numbers given by the host. */
export type Request =
  | {
      readonly kind: "load";
      readonly id: number;
      readonly model: number;
      readonly bytes: Uint8Array;
      readonly card: ModelCard;
      /** ONNX Runtime's threads within one run. */
      readonly threads: number;
    }
  | {
      readonly kind: "slab";
      readonly slab: number;
      readonly memory: SharedArrayBuffer;
      readonly rows: number;
      /** Numbers of a row. */
      readonly width: number;
    }
  | {
      readonly kind: "score";
      readonly id: number;
      readonly model: number;
      readonly slab: number;
      readonly count: number;
      /** Goes before everything that waits and is not. */
      readonly urgent: boolean;
    }
  | {
      readonly kind: "explain";
      readonly id: number;
      readonly model: number;
      /** n × width inputs */
      readonly rows: Float32Array;
      readonly top: number;
    }
  | { readonly kind: "release"; readonly id: number; readonly model: number }
  /** The last one: answered when everything before it has been. */
  | { readonly kind: "close"; readonly id: number };

export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: LoadedInfo | ExplainedPiece | number }
  | {
      readonly id: number;
      readonly ok: false;
      readonly code: ErrorCode;
      /** May be shown to the caller. */
      readonly message: string;
      /** What a library said: for the log. */
      readonly cause: string | undefined;
    };

/** Rows explained in one go, and the milliseconds that took. */
export interface ExplainedPiece {
  readonly rows: readonly ExplainedRow[];
  readonly computeMs: number;
}

/** What a load tells about the model. */
export interface LoadedInfo {
  readonly explainable: boolean;
  /** Why not, or "". */
  readonly whyNot: string;
}

/** Memory shared by both sides: inputs [rows, width], then answers [rows]. */
export function slabViews(
  memory: SharedArrayBuffer,
  rows: number,
  width: number,
): { readonly inputs: Float32Array; readonly probabilities: Float32Array } {
  return {
    inputs: new Float32Array(memory, 0, rows * width),
    probabilities: new Float32Array(memory, rows * width * 4, rows),
  };
}
