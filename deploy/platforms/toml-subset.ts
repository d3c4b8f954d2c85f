/** A value as our file has it. */
export type Value = string | number | boolean | readonly string[];
/** A table of names. */
export interface Table {
  [name: string]: Value | Table | Table[];
}

/**
 * Reads what `fly.toml` is written in and no more: comments on lines of their own, tables, lists of tables, text in
 * double quotes, whole numbers, true and false, lists of text. There is no reader of TOML among our packages.
 *
 * @throws Error naming a line that is anything else, or a name that stands twice
 */
export function readToml(text: string): Table {
  const root: Table = {};
  let open = root;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const list = /^\[\[([\w.]+)\]\]$/.exec(line)?.[1];
    const table = /^\[([\w.]+)\]$/.exec(line)?.[1];
    const [, name, value] = /^(\w+) = (.+)$/.exec(line) ?? [];
    if (list !== undefined) open = opened(root, list.split("."), true);
    else if (table !== undefined) open = opened(root, table.split("."), false);
    else if (name !== undefined && value !== undefined && !Object.hasOwn(open, name))
      open[name] = readValue(value, index + 1);
    else throw new Error(`line ${index + 1} cannot be read: ${line}`);
  }
  return root;
}

function opened(root: Table, path: readonly string[], asList: boolean): Table {
  let at = root;
  for (const [i, name] of path.entries()) {
    const last = i === path.length - 1;
    const there = at[name];
    if (last && asList) {
      const next: Table = {};
      if (there !== undefined && !isTables(there)) throw new Error(`${path.join(".")} is no list`);
      at[name] = [...(there ?? []), next];
      return next;
    }
    if (there === undefined) at[name] = {};
    else if (last || !isTable(there)) throw new Error(`${path.join(".")} stands twice`);
    at = at[name] as Table;
  }
  return at;
}

const isTable = (value: Value | Table | Table[]): value is Table =>
  typeof value === "object" && !Array.isArray(value);
const isTables = (value: Value | Table | Table[]): value is Table[] =>
  Array.isArray(value) && value.every((each) => typeof each === "object");

/** JSON has the same text, numbers and lists. */
function readValue(text: string, line: number): Value {
  const value: unknown = JSON.parse(text);
  if (["string", "number", "boolean"].includes(typeof value)) return value as Value;
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw new Error(`line ${line} has a value that cannot be read: ${text}`);
}
