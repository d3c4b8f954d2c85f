import { parse } from "@babel/parser";

/** Another module, as a file names it. */
export interface Import {
  readonly line: number;
  /** As written: `./x.ts`, `zod`, `hono/jsx`, `node:fs`. */
  readonly specifier: string;
}

/** A part of Babel's syntax tree; which fields it has depends on its type. */
interface SyntaxNode {
  readonly type: string;
  readonly loc?: { readonly start: { readonly line: number } };
  readonly [field: string]: unknown;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/**
 * Every module that a file reaches: `import` and `export … from`, with `type` or without, `import()` and `import("…")`
 * as a type, `require`, `import.meta.resolve` and `new URL("x.ts", import.meta.url)`, as worker threads are started.
 * What is put together at run time is not seen.
 *
 * @param code TypeScript or JavaScript, JSX as well
 */
export function importsOf(code: string): Import[] {
  const found: Import[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const one of value) visit(one);
    } else if (isNode(value)) {
      const line = value.loc?.start.line ?? 0;
      for (const specifier of specifiersOf(value)) found.push({ line, specifier });
      for (const [field, part] of Object.entries(value)) {
        if (field !== "loc" && !field.endsWith("Comments")) visit(part);
      }
    }
  };
  const { program } = parse(code, {
    sourceType: "module",
    plugins: ["typescript", "jsx"],
    createImportExpressions: true,
  });
  visit(program);
  return found;
}

function specifiersOf(node: SyntaxNode): string[] {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
      return texts(node["source"]);
    case "TSImportType":
      return texts(node["argument"]);
    case "TSExternalModuleReference":
      return texts(node["expression"]);
    case "CallExpression":
      return loads(node["callee"]) ? texts(firstOf(node)) : [];
    case "NewExpression":
      return namesUrl(node["callee"]) ? texts(firstOf(node)).filter(isFile) : [];
    default:
      return [];
  }
}

function firstOf({ arguments: given }: SyntaxNode): unknown {
  return Array.isArray(given) ? given[0] : undefined;
}

/** The texts that an expression may be: a literal, or one of the two of a choice. */
function texts(value: unknown): string[] {
  if (!isNode(value)) return [];
  if (value.type === "ConditionalExpression") {
    return [...texts(value["consequent"]), ...texts(value["alternate"])];
  }
  if (value.type === "TSLiteralType") return texts(value["literal"]);
  return value.type === "StringLiteral" && typeof value["value"] === "string" ? [value["value"]] : [];
}

/** `require`, `require.resolve`, `createRequire(…).resolve`, `import.meta.resolve`, `vi.mock`. */
function loads(callee: unknown): boolean {
  if (!isNode(callee)) return false;
  if (callee.type === "Identifier") return callee["name"] === "require";
  if (callee.type !== "MemberExpression") return false;
  const { object, property } = callee;
  if (!isNode(object) || !isNode(property)) return false;
  const name = property["name"];
  if (name === "resolve") {
    return object.type === "MetaProperty" || isRequire(object);
  }
  return name === "mock" && object["name"] === "vi";
}

function isRequire(value: SyntaxNode): boolean {
  const { callee } = value;
  return value["name"] === "require" || (isNode(callee) && callee["name"] === "createRequire");
}

function namesUrl(callee: unknown): boolean {
  return isNode(callee) && callee.type === "Identifier" && callee["name"] === "URL";
}

/** A URL of a source file, not of a page. */
function isFile(url: string): boolean {
  return /^[\w./-]+\.(?:ts|tsx|js|mjs)$/.test(url) && !url.startsWith("/");
}
