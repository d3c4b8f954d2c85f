import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import type { Value, ValueType } from "../../domain/features/definition.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { FUNCTIONS, MIXED_OPERATORS } from "./functions.ts";

/** What an expression reads, by name. */
export type Scope = Readonly<Record<string, Value | Readonly<Record<string, Value>>>>;

/** Names that expressions may read, with their types. */
export type Variables = Readonly<Record<string, ValueType>>;

/** A function of the caller's own: its CEL signature → what it does. Numbers are `double`. */
export type Functions = Readonly<Record<string, (...args: never[]) => Value>>;

/** What a variable holds that holds others by name. */
export type MapOf = ValueType | "any";

/** An expression that can be evaluated any number of times; it keeps nothing between two. */
export interface Expression {
  readonly text: string;
  readonly type: ValueType;
  /** The variables that it reads, each once, in order of appearance. */
  readonly uses: readonly string[];
  /** What it reads by name in variables that hold others, each once: `fields.items`. */
  readonly reads: readonly Read[];
  /** The functions that it calls, in order of appearance. */
  readonly calls: readonly Call[];
  /** How many parts it has (nodes of its syntax tree): what evaluating it may cost at most grows with them. */
  readonly parts: number;
  /**
   * Its value: a number may be NaN or infinite (0/0, 1/0).
   *
   * @throws Error where the values do not allow one, e.g. text that is no number made one
   */
  evaluate(scope: Scope): Value;
}

/** What an expression reads in a variable that holds others by name. */
export interface Read {
  /** The variable, e.g. "fields". */
  readonly of: string;
  /** E.g. "items". */
  readonly name: string;
}

/** A function called in an expression, and where. */
export interface Call {
  readonly name: string;
  /** Its first argument where that is written as a text: `in_list("deny", card_token)`. */
  readonly text: string | undefined;
  readonly start: number;
  readonly end: number;
}

/** An expression that cannot be used, and the place in its text. */
export class ExpressionError extends DomainError {
  /** Offset of the first character that is wrong, from 0. */
  readonly start: number;
  /** Offset behind the last. */
  readonly end: number;

  constructor(message: string, start: number, end: number) {
    super("invalid_argument", message);
    this.start = start;
    this.end = Math.max(end, start);
  }
}

const CEL_TYPES: Readonly<Record<ValueType, string>> = {
  number: "double",
  text: "string",
  flag: "bool",
  timestamp: "google.protobuf.Timestamp",
};

const OUR_TYPES: Readonly<Record<string, ValueType>> = {
  double: "number",
  int: "number",
  uint: "number",
  string: "text",
  bool: "flag",
  "google.protobuf.Timestamp": "timestamp",
};

/** What keeps one expression cheap: no author's text costs more than a few microseconds a payment. */
const LIMITS = {
  maxAstNodes: 400,
  maxDepth: 60,
  maxListElements: 200,
  maxMapEntries: 50,
  maxCallArguments: 16,
};

/** Longest text of an expression. */
export const MAX_EXPRESSION_LENGTH = 4_000;

/** They loop over lists, and lists of lists; payments have none. */
const LOOPS: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "map", "filter"]);

/**
 * The expressions over some variables: CEL (https://cel.dev), type-checked against them. Whole numbers may stand where
 * numbers with a fraction do (`amount * 2`, `amount == 1`). Beside CEL's own functions those of functions.ts. Left out:
 * loops over lists, `matches`, whose patterns can take for ever, and `cel.bind`, by which a text can be doubled without end.
 */
export class Language {
  readonly #environment: Environment;
  /** Every name that may be read. */
  readonly #names: ReadonlySet<string>;

  /** @param maps variables that hold others by name, `fields.items`, with the type of what they hold; a name that is not there throws */
  constructor(variables: Variables, functions: Functions = {}, maps: Readonly<Record<string, MapOf>> = {}) {
    this.#names = new Set([...Object.keys(variables), ...Object.keys(maps)]);
    const environment = new Environment({ limits: LIMITS });
    for (const [signature, run] of Object.entries(MIXED_OPERATORS)) {
      environment.registerOperator(signature, run);
    }
    for (const [signature, run] of Object.entries({ ...FUNCTIONS, ...functions })) {
      environment.registerFunction(signature, run as (...args: unknown[]) => unknown);
    }
    for (const [name, type] of Object.entries(variables)) {
      environment.registerVariable(name, CEL_TYPES[type]);
    }
    for (const [name, of] of Object.entries(maps)) {
      environment.registerVariable(name, `map<string, ${of === "any" ? "dyn" : CEL_TYPES[of]}>`);
    }
    this.#environment = environment;
  }

  /**
   * Reads an expression.
   *
   * @param wanted the types that it may have; any when left out
   * @throws ExpressionError where it is wrong, with the place
   */
  compile(text: string, wanted?: readonly ValueType[]): Expression {
    if (text.trim() === "") throw new ExpressionError("an expression is missing", 0, text.length);
    if (text.length > MAX_EXPRESSION_LENGTH) {
      throw new ExpressionError(
        `an expression has at most ${MAX_EXPRESSION_LENGTH.toLocaleString("en")} characters`,
        MAX_EXPRESSION_LENGTH,
        text.length,
      );
    }
    const checked = this.#check(text);
    const type = OUR_TYPES[checked];
    if (type === undefined || (wanted && !wanted.includes(type))) {
      const names = wanted ?? Object.keys(CEL_TYPES);
      throw new ExpressionError(
        `must be a ${names.join(" or a ")}, it is a ${type ?? checked}`,
        0,
        text.length,
      );
    }
    const run = this.#environment.parse(text);
    const found: Found = { uses: [], reads: [], calls: [], parts: 0 };
    this.#inspect(run.ast, found);
    const evaluate = (scope: Scope): Value => {
      const value: unknown = run(scope);
      return typeof value === "bigint" ? Number(value) : (value as Value);
    };
    return { text, type, ...found, evaluate };
  }

  #check(text: string): string {
    let result: ReturnType<Environment["check"]>;
    try {
      result = this.#environment.check(text);
    } catch (error) {
      throw placed(error, text);
    }
    if (!result.valid) throw placed(result.error, text);
    return String(result.type);
  }

  /** Collects what is read, and refuses what is left out of the language. */
  #inspect(node: ASTNode, found: Found): void {
    const { op, args } = node as { readonly op: string; readonly args: unknown };
    found.parts++;
    if (op === "id") {
      const name = String(args);
      if (this.#names.has(name) && !found.uses.includes(name)) found.uses.push(name);
      return;
    }
    if (op === "." || op === "[]") noteRead(args, found);
    if ((op === "call" || op === "rcall") && Array.isArray(args)) {
      const called = String(args[0]);
      if (op === "rcall" && LOOPS.has(called)) {
        throw refused(`${called}() loops over lists, which payments do not have`, node);
      }
      if (called === "matches") {
        throw refused("matches() is not offered: use startsWith, endsWith or contains", node);
      }
      if (op === "rcall" && called === "bind") {
        throw refused("cel.bind() is not offered: a text doubled again and again would have no end", node);
      }
      const { start, end } = rangeOf(node) ?? { start: 0, end: 0 };
      found.calls.push({ name: called, text: textOf(nodes(args)[0]), start, end });
    }
    for (const child of nodes(args)) this.#inspect(child, found);
  }
}

/** What an inspection collects. */
interface Found {
  readonly uses: string[];
  readonly reads: Read[];
  readonly calls: Call[];
  parts: number;
}

/** `fields.items` or `fields["items"]`. */
function noteRead(args: unknown, { reads }: Found): void {
  const [variable, key] = args as readonly [ASTNode, unknown];
  const { op, args: of } = variable as { readonly op: string; readonly args: unknown };
  const name = typeof key === "string" ? key : textOf(key as ASTNode | undefined);
  if (op !== "id" || typeof of !== "string" || name === undefined) return;
  if (!reads.some((read) => read.of === of && read.name === name)) reads.push({ of, name });
}

/** The text that a node is; undefined for any other. */
function textOf(node: ASTNode | undefined): string | undefined {
  const { op, args } = (node ?? {}) as { readonly op?: string; readonly args?: unknown };
  return op === "value" && typeof args === "string" ? args : undefined;
}

function nodes(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodes);
  return typeof args === "object" && args !== null && "op" in args ? [args as ASTNode] : [];
}

function refused(message: string, node: ASTNode): ExpressionError {
  const { start, end } = rangeOf(node) ?? { start: 0, end: 0 };
  return new ExpressionError(message, start, end);
}

/** The library's error in our words: its own carries a drawing of the text. */
function placed(error: unknown, text: string): ExpressionError {
  const summary = (error as { readonly summary?: unknown } | undefined)?.summary;
  const { start, end } = rangeOf(error) ?? { start: 0, end: text.length };
  const message = typeof summary === "string" ? summary : error instanceof Error ? error.message : "is wrong";
  return new ExpressionError(message, start, end);
}

function rangeOf(of: unknown): { readonly start: number; readonly end: number } | undefined {
  const range = (of as { readonly range?: { readonly start?: unknown; readonly end?: unknown } } | undefined)
    ?.range;
  return typeof range?.start === "number" && typeof range.end === "number"
    ? { start: range.start, end: range.end }
    : undefined;
}
