import { userInfo } from "node:os";
import {
  type AliasChange,
  type ChangeRequest,
  promoteModel,
  rollBackModel,
} from "../scorer/serving/promotion.ts";
import { inputNames } from "./data/dataset.ts";
import { scoreForeign } from "./onnx/run-foreign.ts";

/** What a person at a command line says of a change. */
export type Asked = Pick<ChangeRequest, "alias" | "reason" | "force">;

/** Points an alias at a version; see {@link promoteModel}. */
export function promote(registry: string, reference: string, asked: Asked): Promise<AliasChange> {
  return promoteModel(registry, reference, request(asked));
}

/** Points an alias where it pointed before; see {@link rollBackModel}. */
export function rollBack(registry: string, asked: Asked): Promise<AliasChange> {
  return rollBackModel(registry, request(asked));
}

/** A line for a terminal or a log. */
export function describeChange({ alias, from, to, despite }: AliasChange): string {
  if (from === to) return `${alias} is ${to} already: nothing changed`;
  const was = from === "" ? "there was none" : `it was ${from}`;
  return `${alias} is now ${to}, ${was}${despite === "" ? "" : ` (forced: ${despite})`}`;
}

function request(asked: Asked): ChangeRequest {
  return {
    ...asked,
    by: person(),
    score: ({ bytes }, values, rows) =>
      scoreForeign(bytes, { rows, columns: inputNames.length, names: inputNames, values }),
  };
}

/** Who is at the command line; a container's user may have a number only. */
function person(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}
