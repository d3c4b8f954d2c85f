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
 * @returns undefined for a model without one, which reads the contract's Time, V1…V28 and Amount
 * @throws DomainError `invalid_argument` with line and column of what is wrong, `not_found` when it cannot be read
 */
export async function readModelSchema(
  root: string,
  { name, version }: ModelVersion,
): Promise<ModelSchema | undefined> {
  let text: string;
  try {
    text = await readFile(join(root, name, version, FILE), "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new DomainError("not_found", `${FILE} of ${name}@${version} cannot be read (${codeOf(error)})`, {
      cause: error,
    });
  }
  return parseSchema(text, `${name}@${version}/${FILE}`);
}
