import type { ServedModel } from "../scoring/served-model.ts";
import { encodeModelField } from "./encode-response.ts";

const fields = new WeakMap<ServedModel, Buffer>();

/** A model's `ScoreResponse.model` bytes, encoded once. */
export function modelField(model: ServedModel): Buffer {
  let field = fields.get(model);
  if (!field) {
    field = encodeModelField(model.ref);
    fields.set(model, field);
  }
  return field;
}
