import { operator } from "../platform/process/operator.ts";
import {
  type ChangeRequest,
  promoteModel,
  type RoleChange,
  rollBackModel,
} from "../scorer/serving/promotion.ts";
import { scoreForeign } from "./onnx/run-foreign.ts";

/** What a person at a command line says of a change. */
export type Asked = Pick<ChangeRequest, "role" | "reason" | "share" | "force">;

/** Points an alias at a version; see {@link promoteModel}. */
export function promote(registry: string, reference: string, asked: Asked): Promise<RoleChange> {
  return promoteModel(registry, reference, request(asked));
}

/** Points an alias where it pointed before; see {@link rollBackModel}. */
export function rollBack(registry: string, asked: Asked): Promise<RoleChange> {
  return rollBackModel(registry, request(asked));
}

/** A line for a terminal or a log. */
export function describeChange({ role, from, to, despite }: RoleChange): string {
  if (from === to) return `${role} is ${to} already: nothing changed`;
  const was = from === "" ? "there was none" : `it was ${from}`;
  return `${role} is now ${to}, ${was}${despite === "" ? "" : ` (forced: ${despite})`}`;
}

/** Runs a version of the registry over rows of its inputs, for the gate. @throws as {@link scoreForeign} */
export const scoreStored: ChangeRequest["score"] = ({ bytes, card: { inputs } }, values, rows) =>
  scoreForeign(bytes, { rows, columns: inputs.length, names: inputs, values });

function request(asked: Asked): ChangeRequest {
  return { ...asked, actor: operator(), score: scoreStored };
}
