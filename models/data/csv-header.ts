import { readDecimal } from "./csv-number.ts";
import { foreignLine, isBlank, quoted, readable, splitFields, unquote } from "./csv-text.ts";
import { inputNames } from "./dataset.ts";

/** Cells of a row as kept: the 30 inputs, the label, the weight. */
export const CLASS = inputNames.length;
export const WEIGHT = CLASS + 1;
export const CELLS = WEIGHT + 1;

const canonical = [...inputNames, "Class", "Weight"];
const cellOf = new Map(canonical.map((name, cell) => [name.toLowerCase(), cell]));
/** What label columns are called elsewhere, in small letters and without what parts words. */
const LABELS = new Set(["class", "isfraud", "fraud", "txfraud", "label", "target"]);
const SEPARATORS: readonly (readonly [string, string])[] = [
  [";", "semicolons"],
  ["\t", "tabs"],
  ["|", "bars"],
  [":", "colons"],
  [" ", "blanks"],
];

/** The columns of a file. */
export interface Header {
  /** As written, for messages. */
  readonly names: readonly string[];
  /** Where each of a line's fields goes. */
  readonly cells: readonly number[];
}

/**
 * Reads the first line of a file: the names of {@link inputNames}, Class (or what it is called elsewhere) and perhaps
 * Weight, in any order, in capitals or not.
 *
 * @param line as latin1, without its end
 * @returns the columns, or what is wrong with the line
 */
export function readHeader(line: string): Header | string {
  // A byte-order mark, read as latin1.
  const text = line.replace(/^\u00ef\u00bb\u00bf/, "");
  if (isBlank(text)) return "line 1 is empty: the header is expected there";
  const foreign = foreignLine(text);
  if (foreign !== undefined) return `line 1, column 1: ${foreign}`;
  if (text.includes("\r")) {
    return `line 1, column ${text.indexOf("\r") + 1}: lines end with a carriage return alone: end them with a line feed`;
  }
  const separated = otherSeparator(text);
  if (separated !== undefined) return separated;
  const fields = splitFields(text);
  if (!fields) return "line 1: a double quote does not close";
  const names = fields.map((field) =>
    readable(unquote(field))
      .trim()
      .replace(/^'([^']*)'$/, "$1"),
  );
  return nameless(names) ?? doubled(names) ?? unfit(names) ?? { names, cells: names.map(cellFor) };
}

function cellFor(name: string): number {
  const small = name.toLowerCase();
  return cellOf.get(small) ?? (LABELS.has(small.replace(/[\s_-]/g, "")) ? CLASS : -1);
}

function otherSeparator(text: string): string | undefined {
  const parts = (sign: string): number => text.trim().split(sign).length;
  const found = SEPARATORS.find(
    ([sign]) => parts(sign) > inputNames.length / 2 && parts(",") < parts(sign) / 2,
  );
  if (!found) return undefined;
  return `line 1, column ${text.indexOf(found[0]) + 1}: ${found[1]} part the fields: part them with commas, and write decimals with a point`;
}

function nameless(names: readonly string[]): string | undefined {
  if (names.every((name) => readDecimal(name) !== undefined)) {
    return `line 1, column 1: numbers stand where the header ${canonical[0]},${canonical[1]},…,Class is expected`;
  }
  const at = names.indexOf("");
  if (at < 0) return undefined;
  const hint =
    at === 0
      ? "is it a table's index? Leave the column out"
      : at === names.length - 1
        ? "is there a comma at the end of the line?"
        : "name it or leave it out";
  return `line 1, column ${at + 1} has no name: ${hint}`;
}

function doubled(names: readonly string[]): string | undefined {
  const cells = names.map(cellFor);
  const second = names.findIndex((name, i) => {
    const first = cells[i]! < 0 ? names.indexOf(name) : cells.indexOf(cells[i]!);
    return first < i;
  });
  if (second < 0) return undefined;
  const first = cells[second]! < 0 ? names.indexOf(names[second]!) : cells.indexOf(cells[second]!);
  const where = `columns ${first + 1} and ${second + 1}`;
  return names[first] === names[second]
    ? `line 1: column ${names[second]} stands there twice (${where})`
    : `line 1: columns ${names[first]} and ${names[second]} mean the same (${where}): leave one out`;
}

function unfit(names: readonly string[]): string | undefined {
  const cells = new Set(names.map(cellFor));
  const missing = canonical.filter((_, cell) => cell !== WEIGHT && !cells.has(cell));
  const unknown = names.filter((name) => cellFor(name) < 0);
  const first = unknown[0];
  const stranger =
    first === undefined ? "" : `unknown column ${quoted(Buffer.from(first).toString("latin1"))}`;
  if (missing.length > 0) {
    const list = `line 1: column${missing.length > 1 ? "s" : ""} ${missing.join(", ")} missing`;
    return first === undefined ? list : `${list}; ${stranger} (column ${names.indexOf(first) + 1})`;
  }
  return first === undefined ? undefined : `line 1: ${stranger} (column ${names.indexOf(first) + 1})`;
}
