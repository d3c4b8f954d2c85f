import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { parseSchema } from "../../features/schema/read.ts";
import { codeOf, DomainError } from "../../platform/process/errors.ts";
import type { ModelVersion } from "./registry.ts";

const FILE = "schema.yaml";

/**
 * What a version reads of a payment: its schema.yaml.
 *
 * @param root the registry's folder
 * @returns undefined for a model without one, which reads what its card names, amounts in EUR
 * @throws DomainError `invalid_argument` with line and column of what is wrong, `not_found` when it cannot be read
 */
export async function readModelSchema(
  root: string,
  { name, version }: ModelVersion,
): Promise<ModelSchema | undefined> {
  const text = await readSchemaText(root, { name, version });
  return text === undefined ? undefined : parseSchema(text, `${name}@${version}/${FILE}`);
}

/** {@link readModelSchema} as it is written. @throws DomainError `not_found` when it cannot be read */
export async function readSchemaText(
  root: string,
  { name, version }: ModelVersion,
): Promise<string | undefined> {
  try {
    return await readFile(join(root, name, version, FILE), "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new DomainError("not_found", `${FILE} of ${name}@${version} cannot be read (${codeOf(error)})`, {
      cause: error,
    });
  }
}
