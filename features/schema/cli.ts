import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { inputColumns } from "../../domain/features/definition.ts";
import { codeOf } from "../../platform/process/errors.ts";
import { schemaJsonSchema } from "./json-schema.ts";
import { problemLine, readSchema } from "./read.ts";

/**
 * `npm run schema -- check FILE…` says what is wrong with schemas, a line each, and ends with 1 when something is;
 * `npm run schema -- json-schema` prints the JSON Schema for editors.
 */
const USAGE = "npm run schema -- check FILE… | json-schema";

const { positionals } = parseArgs({ allowPositionals: true });
const [command, ...files] = positionals;
if (command === "json-schema" && files.length === 0) {
  console.log(JSON.stringify(schemaJsonSchema(), null, 2));
} else if (command === "check" && files.length > 0) {
  for (const file of files) await check(file);
} else {
  console.error(USAGE);
  process.exitCode = 2;
}

async function check(file: string): Promise<void> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    console.error(`${file}: cannot be read (${codeOf(error) ?? "unknown"})`);
    process.exitCode = 1;
    return;
  }
  const result = readSchema(text);
  if ("schema" in result) {
    const { schema } = result;
    const streams = Object.values(schema.features).filter(
      ({ kind }) => kind === "aggregate" || kind === "target",
    );
    console.log(
      `${file}: ok: ${schema.name}, ${inputColumns(schema).length} inputs, ${streams.length} features with a window`,
    );
    return;
  }
  for (const problem of result.problems) console.error(problemLine(problem, file));
  process.exitCode = 1;
}
