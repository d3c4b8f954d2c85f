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
}

/** The columns of a file. */
export interface Header {
  /** As written, for messages. */
  readonly names: readonly string[];
  /** Which of the wanted columns each of a line's fields is; -1 for none. */
  readonly cells: readonly number[];
  /** What parts the fields. */
  readonly separator: string;
  /** In what form the file is, where it is not plain CSV, in words. */
  readonly form: readonly string[];
}

/** What may part fields. */
export const SEPARATORS: ReadonlyMap<string, string> = new Map([
  [",", "commas"],
  [";", "semicolons"],
  ["\t", "tabs"],
  ["|", "bars"],
]);
const REFUSED_SEPARATORS: readonly (readonly [string, string])[] = [
  [":", "colons"],
  [" ", "blanks"],
];

/**
 * Reads the line of a file that names its columns, in any order, each at most once; what parts the names parts the fields.
 *
 * @param line as latin1, without its end
 * @param at its number
 * @param separator what parts the fields where the file says so itself
 * @returns the columns, or what is wrong with the line
 */
export function readHeader(line: string, wanted: Wanted, at: number, separator?: string): Header | string {
  // A byte-order mark, read as latin1.
  const text = line.replace(/^\u00ef\u00bb\u00bf/, "");
  if (isBlank(text)) return `line ${at} is empty: the header is expected there`;
  const foreign = foreignLine(text);
  if (foreign !== undefined) return `line ${at}, column 1: ${foreign}`;
  if (text.includes("\r")) {
    return `line ${at}, column ${text.indexOf("\r") + 1}: lines end with a carriage return alone: end them with a line feed`;
  }
  const separated = otherSeparator(text, wanted);
  if (separated !== undefined) return `line ${at}, ${separated}`;
  const parted = separator ?? separatorOf(text);
  const fields = splitFields(text, parted);
  if (!fields) return `line ${at}: a double quote does not close`;
  const names = fields.map((field) =>
    readable(unquote(field))
      .trim()
      .replace(/^'([^']*)'$/, "$1"),
  );
  return headerOf(names, wanted, at, parted);
}

/** The columns by their names, or what is wrong with these. @param at the line they stand in */
export function headerOf(
  names: readonly string[],
  wanted: Wanted,
  at: number,
  separator = ",",
): Header | string {
  const cells = names.map((name) => cellFor(name, wanted));
  const wrong =
    headerless(names, wanted) ??
    nameless(names, wanted) ??
    doubled(names, cells, wanted) ??
    unfit(names, cells, wanted);
  if (wrong !== undefined) return `line ${at}${wrong}`;
  const form = separator === "," ? [] : [`fields parted by ${SEPARATORS.get(separator)}`];
  return { names, cells, separator, form };
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
  return [...SEPARATORS.keys()].reduce((best, sign) => (parts(sign) > parts(best) ? sign : best));
}

function otherSeparator(text: string, { columns }: Wanted): string | undefined {
  const least = columns.filter(({ optional }) => !optional).length / 2;
  const parts = (sign: string): number => text.trim().split(sign).length;
  const own = parts(separatorOf(text));
  const found = REFUSED_SEPARATORS.find(([sign]) => parts(sign) > least && own < parts(sign) / 2);
  if (!found) return undefined;
  return `column ${text.indexOf(found[0]) + 1}: ${found[1]} part the fields: part them with commas`;
}

function headerless(names: readonly string[], { columns }: Wanted): string | undefined {
  if (!names.every((name) => readDecimal(name) !== undefined)) return undefined;
  const [first, second, ...rest] = columns.filter(({ optional }) => !optional).map(({ name }) => name);
  const some = [first, second, ...(rest.length > 1 ? ["…"] : []), ...rest.slice(-1)];
  return `, column 1: numbers stand where the header ${some.filter(Boolean).join()} is expected`;
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
  return `, column ${at + 1} has no name: ${hint}`;
}

function doubled(names: readonly string[], cells: readonly number[], { others }: Wanted): string | undefined {
  const firstLike = (i: number): number =>
    cells[i]! < 0 ? names.indexOf(names[i]!) : cells.indexOf(cells[i]!);
  const second = names.findIndex((_, i) => firstLike(i) < i && !(cells[i]! < 0 && others === "ignored"));
  if (second < 0) return undefined;
  const first = firstLike(second);
  const where = `columns ${first + 1} and ${second + 1}`;
  return names[first] === names[second]
    ? `: column ${names[second]} stands there twice (${where})`
    : `: columns ${names[first]} and ${names[second]} mean the same (${where}): leave one out`;
}

function unfit(names: readonly string[], cells: readonly number[], wanted: Wanted): string | undefined {
  const missing = wanted.columns.filter(({ optional }, cell) => !optional && !cells.includes(cell));
  const stranger = wanted.others === "ignored" ? -1 : cells.indexOf(-1);
  const unknown =
    stranger < 0 ? "" : `unknown column ${quoted(Buffer.from(names[stranger]!).toString("latin1"))}`;
  if (missing.length > 0) {
    const list = `: column${missing.length > 1 ? "s" : ""} ${missing.map(({ name }) => name).join(", ")} missing`;
    return stranger < 0 ? list : `${list}; ${unknown} (column ${stranger + 1})`;
  }
  return stranger < 0 ? undefined : `: ${unknown} (column ${stranger + 1}): leave it out`;
}
