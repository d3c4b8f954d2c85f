import { codeOf, DomainError, messageOf } from "../../platform/process/errors.ts";
import {
  content,
  graphField,
  join,
  modelField,
  type RawField,
  rawFields,
  readEntry,
  wrap,
} from "./model-file.ts";

/** Fields of TensorProto. */
const tensorField = { rawData: 9, externalData: 13, dataLocation: 14 } as const;

/** Gives a file that lies beside the model. */
export type ReadBeside = (name: string) => Promise<Uint8Array>;

/**
 * A model as one file: constants that an exporter has put into a second one (PyTorch does by default) are taken in.
 *
 * @throws DomainError `invalid_argument` when the second file is missing, too short or not beside the model, or the bytes
 *   are no ONNX model
 */
export async function withExternalData(bytes: Uint8Array, read: ReadBeside): Promise<Uint8Array> {
  const files = new Map<string, Promise<Uint8Array>>();
  const once: ReadBeside = (name) => {
    const file = files.get(name) ?? read(name);
    files.set(name, file);
    return file;
  };
  try {
    const model = await replaced(rawFields(bytes), modelField.graph, async (graph) =>
      join(await replaced(rawFields(graph), graphField.constant, (constant) => withRawData(constant, once))),
    );
    return files.size === 0 ? bytes : join(model);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError("invalid_argument", `not an ONNX model: ${messageOf(error)}`, { cause: error });
  }
}

/** The fields, those of one number with other content. */
async function replaced(
  fields: readonly RawField[],
  number: number,
  change: (held: Uint8Array) => Promise<Uint8Array>,
): Promise<RawField[]> {
  const made: RawField[] = [];
  for (const raw of fields) made.push(raw.field === number ? wrap(number, await change(content(raw))) : raw);
  return made;
}

async function withRawData(constant: Uint8Array, read: ReadBeside): Promise<Uint8Array> {
  const fields = rawFields(constant);
  const entries = fields.filter(({ field }) => field === tensorField.externalData);
  if (entries.length === 0) return constant;
  const where = new Map(entries.map((entry) => readEntry(content(entry))));
  const data = await slice(where, read);
  const kept = fields.filter(
    ({ field }) => field !== tensorField.externalData && field !== tensorField.dataLocation,
  );
  return join([...kept, wrap(tensorField.rawData, data)]);
}

async function slice(where: ReadonlyMap<string, string>, read: ReadBeside): Promise<Uint8Array> {
  const name = where.get("location") ?? "";
  const refuse = (why: string, cause?: unknown): never => {
    throw new DomainError(
      "invalid_argument",
      `its weights are in a second file, ${JSON.stringify(name)}, ${why}: put both into one folder, or save one file with onnx.save_model(model, path, save_as_external_data=False)`,
      { cause },
    );
  };
  // A model may not read what else lies on the machine.
  if (!/^[^/\\]+$/.test(name) || name === "." || name === "..") refuse("which is not beside it");
  const file = await read(name).catch((error: unknown) =>
    refuse(`which cannot be read (${codeOf(error)})`, error),
  );
  const offset = Number(where.get("offset") ?? 0);
  const length = Number(where.get("length") ?? file.length - offset);
  if (!(offset >= 0 && length >= 0 && offset + length <= file.length)) refuse("which is too short");
  return file.subarray(offset, offset + length);
}
