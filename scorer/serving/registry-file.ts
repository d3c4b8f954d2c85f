import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { codeOf, DomainError, messageOf } from "../../platform/process/errors.ts";

/** The registry's files, read the same way by all: what is wrong is said in a sentence without a path. */

/** The text of a file of the registry; undefined when there is none. @throws DomainError `not_found` */
export async function readRegistryFile(root: string, file: string): Promise<string | undefined> {
  try {
    return await readFile(join(root, file), "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw unreadable(error);
  }
}

/**
 * JSON as a schema has it.
 *
 * @param what names it in the error, e.g. "serving.json"
 * @throws DomainError `invalid_argument` saying what is wrong
 */
export function parseRegistryJson<S extends z.ZodType>(what: string, text: string, schema: S): z.output<S> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new DomainError("invalid_argument", `${what} of the registry is wrong: ${why}`, { cause: error });
  }
}

/** What is said of a registry whose files do not let themselves be read. */
export function unreadable(error: unknown): DomainError {
  return new DomainError("not_found", `the registry cannot be read (${codeOf(error)})`, { cause: error });
}
