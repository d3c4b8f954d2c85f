import type { ServedModel } from "../scoring/served-model.ts";
import { encodeModelField } from "./encode-response.ts";
import { maxReasonsBytes } from "./rare-fields.ts";

/** Reasons that an answer carries, at most, where they are asked for beside a score. */
export const TOP_REASONS = 5;

interface Encoded {
  readonly field: Buffer;
  maxReasonsBytes?: number;
}

const known = new WeakMap<ServedModel, Encoded>();

function of(model: ServedModel): Encoded {
  let found = known.get(model);
  if (!found) {
    found = { field: encodeModelField(model.ref) };
    known.set(model, found);
  }
  return found;
}

/** A model's `ScoreResponse.model` bytes, encoded once. */
export function modelField(model: ServedModel): Buffer {
  return of(model).field;
}

/** Bytes of {@link TOP_REASONS} reasons of a model's, at most; reckoned once. */
export function reasonsBytes(model: ServedModel): number {
  const found = of(model);
  found.maxReasonsBytes ??= maxReasonsBytes(model.card, TOP_REASONS, model.inputs.schema);
  return found.maxReasonsBytes;
}
