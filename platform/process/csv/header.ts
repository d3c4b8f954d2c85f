import { readDecimal } from "./number.ts";
import { foreignLine, isBlank, quoted, readable, splitFields, unquote } from "./text.ts";

/** A column that a reader asks for; its name counts in capitals or not. */
export interface Column {
  readonly name: string;
  /** What it is called elsewhere, in small letters and without what parts words (`isfraud` for `is_fraud`). */
  readonly elsewhere?: ReadonlySet<string>;
  readonly optional?: true;
}

/** What a reader asks of a file. */
export interface Wanted {
  readonly columns: readonly Column[];
  /** What becomes of columns that nobody asked for. */
  readonly others: "refused" | "ignored";
  /** Whether semicolons, tabs and bars may part the fields, too: what parts those of the header. Commas alone when left out. */
  readonly separators?: "any";
}

/** The columns of a file. */
export interface Header {
  /** As written, for messages. */
  readonly names: readonly string[];
  /** Which of the wanted columns each of a line's fields is; -1 for none. */
  readonly cells: readonly number[];
  /** What parts the fields: a comma, unless others are let in. */
  readonly separator: string;
}

const SEPARATORS: readonly (readonly [string, string])[] = [
  [";", "semicolons"],
  ["\t", "tabs"],
  ["|", "bars"],
  [":", "colons"],
  [" ", "blanks"],
];

/**
 * Reads the first line of a file: names in any order, each at most once.
 *
 * @param line as latin1, without its end
 * @returns the columns, or what is wrong with the line
 */
export function readHeader(line: string, wanted: Wanted): Header | string {
  // A byte-order mark, read as latin1.
  const text = line.replace(/^\u00ef\u00bb\u00bf/, "");
  if (isBlank(text)) return "line 1 is empty: the header is expected there";
  const foreign = foreignLine(text);
  if (foreign !== undefined) return `line 1, column 1: ${foreign}`;
  if (text.includes("\r")) {
    return `line 1, column ${text.indexOf("\r") + 1}: lines end with a carriage return alone: end them with a line feed`;
  }
  const separator = wanted.separators === "any" ? separatorOf(text) : ",";
  const separated = wanted.separators === "any" ? undefined : otherSeparator(text, wanted);
  if (separated !== undefined) return separated;
  const fields = splitFields(text, separator);
  if (!fields) return "line 1: a double quote does not close";
  const names = fields.map((field) =>
    readable(unquote(field))
      .trim()
      .replace(/^'([^']*)'$/, "$1"),
  );
  const cells = names.map((name) => cellFor(name, wanted));
  return (
    headerless(names, wanted) ??
    nameless(names, wanted) ??
    doubled(names, cells, wanted) ??
    unfit(names, cells, wanted) ?? { names, cells, separator }
  );
}

function cellFor(name: string, { columns }: Wanted): number {
  const small = name.toLowerCase();
  const own = columns.findIndex((column) => column.name.toLowerCase() === small);
  if (own >= 0) return own;
  const joined = small.replace(/[\s_-]/g, "");
  return columns.findIndex((column) => column.elsewhere?.has(joined));
}

/** What parts a header's fields: the sign that parts it into most. */
function separatorOf(text: string): string {
  const parts = (sign: string): number => splitFields(text, sign)?.length ?? 0;
  return [",", ";", "\t", "|"].reduce((best, sign) => (parts(sign) > parts(best) ? sign : best));
}

function otherSeparator(text: string, { columns }: Wanted): string | undefined {
  const least = columns.filter(({ optional }) => !optional).length / 2;
  const parts = (sign: string): number => text.trim().split(sign).length;
  const found = SEPARATORS.find(([sign]) => parts(sign) > least && parts(",") < parts(sign) / 2);
  if (!found) return undefined;
  return `line 1, column ${text.indexOf(found[0]) + 1}: ${found[1]} part the fields: part them with commas, and write decimals with a point`;
}

function headerless(names: readonly string[], { columns }: Wanted): string | undefined {
  if (!names.every((name) => readDecimal(name) !== undefined)) return undefined;
  const [first, second, ...rest] = columns.filter(({ optional }) => !optional).map(({ name }) => name);
  const some = [first, second, ...(rest.length > 1 ? ["…"] : []), ...rest.slice(-1)];
  return `line 1, column 1: numbers stand where the header ${some.filter(Boolean).join()} is expected`;
}

function nameless(names: readonly string[], { others }: Wanted): string | undefined {
  const at = names.indexOf("");
  if (at < 0 || others === "ignored") return undefined;
  const hint =
    at === 0
      ? "is it a table's index? Leave the column out"
      : at === names.length - 1
        ? "is there a comma at the end of the line?"
        : "name it or leave it out";
  return `line 1, column ${at + 1} has no name: ${hint}`;
}

function doubled(names: readonly string[], cells: readonly number[], { others }: Wanted): string | undefined {
  const firstLike = (i: number): number =>
    cells[i]! < 0 ? names.indexOf(names[i]!) : cells.indexOf(cells[i]!);
  const second = names.findIndex((_, i) => firstLike(i) < i && !(cells[i]! < 0 && others === "ignored"));
  if (second < 0) return undefined;
  const first = firstLike(second);
  const where = `columns ${first + 1} and ${second + 1}`;
  return names[first] === names[second]
    ? `line 1: column ${names[second]} stands there twice (${where})`
    : `line 1: columns ${names[first]} and ${names[second]} mean the same (${where}): leave one out`;
}

function unfit(names: readonly string[], cells: readonly number[], wanted: Wanted): string | undefined {
  const missing = wanted.columns.filter(({ optional }, cell) => !optional && !cells.includes(cell));
  const stranger = wanted.others === "ignored" ? -1 : cells.indexOf(-1);
  const unknown =
    stranger < 0 ? "" : `unknown column ${quoted(Buffer.from(names[stranger]!).toString("latin1"))}`;
  if (missing.length > 0) {
    const list = `line 1: column${missing.length > 1 ? "s" : ""} ${missing.map(({ name }) => name).join(", ")} missing`;
    return stranger < 0 ? list : `${list}; ${unknown} (column ${stranger + 1})`;
  }
  return stranger < 0 ? undefined : `line 1: ${unknown} (column ${stranger + 1})`;
}
