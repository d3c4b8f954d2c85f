import { DomainError, messageOf } from "../../platform/process/errors.ts";
import type { Matrix } from "../features/matrix.ts";
import { scoreOnnx } from "./parity.ts";

/** What ONNX Runtime's complaints mean to the person who exported the file. */
const meanings: readonly [RegExp, (found: RegExpMatchArray) => string][] = [
  [
    /Opset (\d+) is under development.*domain (\S+) is till opset (\d+)/s,
    ([, version, domain, newest]) =>
      `it uses version ${version} of the operator set ${domain}, newer than ONNX Runtime reads here (${newest}): export it with target_opset ${newest} or lower`,
  ],
  [
    /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    ([, version, newest]) =>
      `its file format is version ${version}, newer than ONNX Runtime reads here (${newest}): export it with an older onnx package`,
  ],
  [
    /In Node, \("[^"]*", ([^,]+), "([^"]*)", .*(?:No opset import|No Op registered|not a registered)/s,
    ([, operator, domain]) =>
      `it uses the operator ${operator}${domain ? ` of ${domain}` : ""}, which ONNX Runtime does not know: export it with the operators of ai.onnx and ai.onnx.ml only`,
  ],
];

const UNREADABLE =
  "ONNX Runtime cannot load it: check it with onnx.checker.check_model(path, full_check=True) and export it again";
const FIXED_BATCH =
  "it scores one row at a time only: export it with a free number of rows (dynamic_axes in PyTorch, None as the first dimension in skl2onnx)";
const FAILS =
  "it fails when it scores a row: run it in Python's onnxruntime on a row of yours to see why, and export it with a free number of rows";

/**
 * Runs a file that was made elsewhere. What ONNX Runtime says of its own inside is kept as the cause and not passed on.
 *
 * @throws DomainError `invalid_argument` in words for the person who exported the file
 */
export async function scoreForeign(bytes: Uint8Array, rows: Matrix): Promise<Float32Array> {
  try {
    return await scoreOnnx(bytes, rows);
  } catch (error) {
    throw new DomainError("invalid_argument", await explain(error, bytes, rows), { cause: error });
  }
}

async function explain(error: unknown, bytes: Uint8Array, rows: Matrix): Promise<string> {
  // The scorer keeps the runtime's words to the log, which is where the cause goes.
  const words = messageOf(error instanceof DomainError ? (error.cause ?? error) : error);
  for (const [pattern, meaning] of meanings) {
    const found = words.match(pattern);
    if (found) return meaning(found);
  }
  // What a load refuses is about the file; only what runs can depend on the rows.
  if (error instanceof DomainError && error.code === "invalid_argument") return UNREADABLE;
  if (rows.rows === 1) return FAILS;
  const first = { ...rows, rows: 1, values: rows.values.slice(0, rows.columns) };
  return await scoreOnnx(bytes, first).then(
    () => FIXED_BATCH,
    () => FAILS,
  );
}
