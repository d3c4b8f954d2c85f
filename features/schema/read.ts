import { isMap, isScalar, LineCounter, type Node, parseDocument, type Scalar } from "yaml";
import type { z } from "zod";
import type { FeatureDefinition, ModelSchema } from "../../domain/features/definition.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { compileExpressions } from "../engine/compile.ts";
import type { SchemaProblem } from "../engine/order.ts";
import { planStreams } from "../engine/streams.ts";
import { FEATURE_SHAPES, fileShape } from "./shape.ts";

/** What is wrong with a schema's file, and where. */
export interface PlacedProblem {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Where in the file's structure, e.g. "features.weekend.expression"; "" for the file. */
  readonly at: string;
  readonly message: string;
}

/** Largest file that is read, characters. */
const MAX_LENGTH = 1_000_000;

/**
 * Reads schema.yaml: its YAML, its shape, its names and its expressions.
 *
 * @returns the schema, or every problem in the order of the file
 */
export function readSchema(
  text: string,
): { readonly schema: ModelSchema } | { readonly problems: readonly PlacedProblem[] } {
  if (text.length > MAX_LENGTH) {
    return { problems: [{ line: 1, column: 1, at: "", message: "is larger than a schema can be" }] };
  }
  const lines = new LineCounter();
  // No aliases: a few lines could stand for gigabytes.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    strict: true,
    maxAliasCount: 0,
  } as never);
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map(({ message, pos }) => ({ ...placeOf(lines, pos[0]), at: "", message })),
    };
  }
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    return {
      problems: [
        { line: 1, column: 1, at: "", message: error instanceof Error ? error.message : "is no YAML" },
      ],
    };
  }
  const result = check(content);
  if ("schema" in result) return result;
  const placed = result.problems.map((problem) => place(problem, document.contents, lines, text));
  return { problems: placed.sort((a, b) => a.line - b.line || a.column - b.column) };
}

/** @throws DomainError `invalid_argument` that names the first problems with line and column */
export function parseSchema(text: string, file = "schema.yaml"): ModelSchema {
  const result = readSchema(text);
  if ("schema" in result) return result.schema;
  throw new DomainError(
    "invalid_argument",
    result.problems
      .slice(0, 10)
      .map((p) => problemLine(p, file))
      .join("\n"),
  );
}

/** One problem as compilers write it: `schema.yaml:12:5: features.weekend.expression: Unknown variable: tme`. */
export function problemLine({ line, column, at, message }: PlacedProblem, file: string): string {
  return `${file}:${line}:${column}: ${at === "" ? "" : `${at}: `}${message}`;
}

function check(
  content: unknown,
): { readonly schema: ModelSchema } | { readonly problems: readonly SchemaProblem[] } {
  const file = fileShape.safeParse(content);
  const problems: SchemaProblem[] = file.success ? [] : problemsOf(file.error, []);
  const given = (content as { readonly features?: unknown } | null)?.features;
  const features: Record<string, FeatureDefinition> = {};
  if (typeof given === "object" && given !== null && !Array.isArray(given)) {
    for (const [name, feature] of Object.entries(given)) {
      const read = readFeature(name, feature);
      if (Array.isArray(read)) problems.push(...read);
      else features[name] = read as FeatureDefinition;
    }
  }
  if (!file.success || problems.length > 0) return { problems };
  const { schema: _version, features: _unread, ...rest } = file.data;
  const schema: ModelSchema = { ...rest, features };
  const compiled = compileExpressions(schema);
  if ("problems" in compiled) return compiled;
  try {
    planStreams(schema);
  } catch (error) {
    return {
      problems: [{ path: ["features"], message: error instanceof Error ? error.message : "is wrong" }],
    };
  }
  return { schema };
}

function readFeature(name: string, given: unknown): FeatureDefinition | SchemaProblem[] {
  const path = ["features", name];
  const kinds = Object.keys(FEATURE_SHAPES) as (keyof typeof FEATURE_SHAPES)[];
  const said = kinds.filter(
    (kind) => typeof given === "object" && given !== null && Object.hasOwn(given, kind),
  );
  const [kind] = said;
  if (kind === undefined || said.length > 1) {
    return [{ path, message: `a feature has one of: ${kinds.join(", ")}` }];
  }
  const read = FEATURE_SHAPES[kind].safeParse(given);
  return read.success ? read.data : problemsOf(read.error, path);
}

function problemsOf({ issues }: z.ZodError, base: readonly (string | number)[]): SchemaProblem[] {
  return issues.flatMap((issue): SchemaProblem[] => {
    const path = [...base, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))];
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: [...path, key], message: "is no word of a schema" }));
    }
    if (issue.code === "invalid_key") {
      return [{ path, message: issue.issues[0]?.message ?? issue.message }];
    }
    const missing = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
    return [{ path, message: missing ? "is missing" : issue.message }];
  });
}

/** The place of a problem: of the value at its path, or of the nearest thing around it that is there. */
function place(problem: SchemaProblem, root: Node | null, lines: LineCounter, text: string): PlacedProblem {
  let node: Node | null = root;
  let offset = 0;
  for (const part of problem.path) {
    const pair = isMap<Scalar, Node | null>(node)
      ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
      : undefined;
    if (pair) {
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
      continue;
    }
    const items = (node as { readonly items?: readonly unknown[] } | null)?.items;
    const item = typeof part === "number" ? (items?.[part] as Node | undefined) : undefined;
    if (!item) break;
    offset = item.range?.[0] ?? offset;
    node = item;
  }
  if (problem.start !== undefined && isScalar(node) && node.range) {
    offset = textStart(node, text) + problem.start;
  }
  return { ...placeOf(lines, offset), at: problem.path.join("."), message: problem.message };
}

/** Where a scalar's text begins: behind its quote, or on the line after `|` or `>`. */
function textStart(node: Scalar, text: string): number {
  const start = node.range?.[0] ?? 0;
  if (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE") return start + 1;
  if (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED") {
    const line = text.indexOf("\n", start) + 1;
    return line + (/^[ \t]*/.exec(text.slice(line))?.[0].length ?? 0);
  }
  return start;
}

function placeOf(lines: LineCounter, offset: number): { readonly line: number; readonly column: number } {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
