import { createRequire } from "node:module";
import { type ParseArgsConfig, parseArgs } from "node:util";
import type { DecimalSign } from "../../features/offline/mapping.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { writePrivately } from "../../platform/process/private-folder.ts";
import { loadCsv } from "../data/csv.ts";
import { type Dataset, describeForm, describeQuality } from "../data/dataset.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/**
 * Runs this process's command line: `main` is given what was asked for, `--help` prints the usage instead. A DomainError
 * about what was given (or found wrong in it) becomes one line on stderr and exit code 2, any other failure its message
 * and exit code 1.
 */
export async function runCommand<O extends Options>(
  usage: string,
  options: O,
  main: (given: ReturnType<typeof readArguments<O>>) => Promise<void>,
  { allowPositionals = false } = {},
): Promise<void> {
  // The registry is in the data folder, which is this user's alone.
  writePrivately();
  const args = process.argv.slice(2);
  try {
    if (args.includes("--help")) console.log(usage);
    else await main(readArguments(args, options, usage, allowPositionals));
  } catch (error) {
    const usage = error instanceof DomainError && error.code !== "internal";
    console.error(`${usage ? "" : "failed: "}${messageOf(error)}`);
    if (!(error instanceof DomainError)) console.error(error);
    process.exitCode = usage ? 2 : 1;
  }
}

/** util.parseArgs, its complaints as `invalid_argument` with the usage behind them. */
function readArguments<O extends Options>(
  args: readonly string[],
  options: O,
  usage: string,
  allowPositionals: boolean,
) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals });
  } catch (error) {
    throw new DomainError("invalid_argument", `${messageOf(error)}\n${usage}`, { cause: error });
  }
}

/** The file given with --data. @throws DomainError `invalid_argument` when there is none */
export function givenData(path: string | undefined, usage: string): string {
  if (path === undefined) throw new DomainError("invalid_argument", `--data is missing\n${usage}`);
  return path;
}

/** The one file that a command names without an option. @throws DomainError `invalid_argument` when it is not one */
export function oneFile(positionals: readonly string[], wanted: string): string {
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw new DomainError("invalid_argument", `one file is wanted: ${wanted}`);
  }
  return file;
}

/** Loads labelled transactions and prints what is in them; how a file that is not plain was taken goes to stderr. */
export async function loadAndDescribe(path: string, decimal?: DecimalSign): Promise<Dataset> {
  const data = await loadCsv(path, decimal);
  for (const line of describeForm(data)) console.error(line);
  console.log(`${data.file}\n  ${describeQuality(data.quality).join("\n  ")}`);
  return data;
}

/** --name: what a model may be called in the registry. */
export function modelName(text: string): string {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(text)) {
    throw new DomainError("invalid_argument", `--name ${text}: lower-case letters, digits and dashes only`);
  }
  return text;
}

/** An option that is a whole number of at least `least`. */
export function wholeNumber(name: string, text: string, least = 0): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
    throw new DomainError(
      "invalid_argument",
      `--${name} ${text}: must be a whole number of at least ${least}`,
    );
  }
  return value;
}

/** An option that is one of a few words. */
export function oneOf<T extends string>(name: string, text: string, words: readonly T[]): T {
  const found = words.find((word) => word === text);
  if (found === undefined) {
    throw new DomainError("invalid_argument", `--${name} ${text}: must be one of ${words.join(", ")}`);
  }
  return found;
}

/** Versions of what had a part in a model file, for its card. */
export function libraryVersions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const version = (path: string) => (require(path) as { version: string }).version;
  return {
    paysecure: version("../../package.json"),
    node: process.versions.node,
    v8: process.versions.v8,
    "onnxruntime-node": version("onnxruntime-node/package.json"),
    protobufjs: version("protobufjs/package.json"),
  };
}
