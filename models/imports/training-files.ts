import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { DecimalSign } from "../../features/offline/mapping.ts";
import { syntheticCsv } from "../data/synthetic.ts";

/** A quirk of a file: what tests try and docs/imports-table.md tells. */
export interface FileQuirk {
  readonly what: string;
  readonly content: string | Uint8Array;
  /** Default: `given.csv`. */
  readonly name?: string;
  readonly decimal?: DecimalSign;
  /** What a refusal, or the refusal of a row, must say; left out for a file that is taken in. */
  readonly refused?: RegExp;
  /** It holds other values than the plain file. */
  readonly own?: true;
}

/** The file without a quirk. */
export const plainTraining = syntheticCsv(50, 5, { weight: true });

const [header = "", ...lines] = plainTraining.trim().split("\n");
const text = plainTraining;

/** One cell of line 3 replaced. */
function cell(column: string, value: string): string {
  const at = header.split(",").indexOf(column);
  const cells = (lines[1] as string).split(",");
  cells[at] = value;
  return [header, lines[0], cells.join(","), ...lines.slice(2)].join("\n");
}

function named(from: string, to: string): string {
  return [header.replace(from, to), ...lines].join("\n");
}

/** The label of every row written otherwise. */
function labels(write: (label: string) => string, name = "Class"): string {
  const at = header.split(",").indexOf("Class");
  const rows = lines.map((line) =>
    line
      .split(",")
      .map((value, i) => (i === at ? write(value) : value))
      .join(","),
  );
  return [header.replace("Class", name), ...rows].join("\n");
}

const commas = (line: string): string => line.replaceAll(",", ";").replaceAll(".", ",");

const attributes = header
  .split(",")
  .map((name) => `@ATTRIBUTE ${name} ${name === "Class" ? "{'0','1'}" : "REAL"}`)
  .join("\n");
const arff = `% from OpenML\n@RELATION 'credit card'\n\n${attributes}\n\n@DATA\n${labels(
  (label) => `'${label}'`,
)
  .split("\n")
  .slice(1)
  .join("\n")}\n`;

function parquet(): Uint8Array {
  const columns = header.split(",");
  const columnData = columns.map((name, c) => ({
    name,
    data: lines.map((line) => Number(line.split(",")[c])),
    type: "DOUBLE" as const,
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

const jsonl = lines
  .map((line) => {
    const cells = line.split(",").map(Number);
    return JSON.stringify(Object.fromEntries(header.split(",").map((name, i) => [name, cells[i]])));
  })
  .join("\n");

const dialects: readonly FileQuirk[] = [
  { what: "commas", content: text },
  { what: "semicolons", content: text.replaceAll(",", ";") },
  { what: "tabs", content: text.replaceAll(",", "\t") },
  { what: "bars", content: text.replaceAll(",", "|") },
  {
    what: "colons",
    content: text.replaceAll(",", ":"),
    refused: /line 1, column 5: colons part the fields: part them with commas/,
  },
  {
    what: "semicolons in the rows alone",
    content: [header, ...lines.map((line) => line.replaceAll(",", ";"))].join("\n"),
    refused: /line 2 has 1 fields, the header has 32: part them as the header is parted/,
  },
  {
    what: "Excel's line `sep=;`",
    content: `sep=;\n${text.replaceAll(",", ";")}`,
  },
  {
    what: "semicolons and decimal commas",
    content: commas(text),
    refused:
      /line 2, column V1: "-?\d,\d+" is not a number: write decimals with a point, or say --decimal comma/,
  },
  { what: "the same with `--decimal comma`", content: commas(text), decimal: "comma" },
  {
    what: "points with `--decimal comma`",
    content: text,
    decimal: "comma",
    refused: /line 2, column V1: "-?\d\.\d+" is not a number: leave out what parts thousands/,
  },
  {
    what: "decimal commas between commas",
    content: [header, ...lines.map((line) => line.replaceAll(/(\d)\.(\d)/g, "$1,$2"))].join("\n"),
    refused: /line 2 has 61 fields, the header has 32: are decimals written with a comma\?/,
  },
  { what: "every field in double quotes", content: text.replaceAll(/[^,\n]+/g, '"$&"') },
  { what: "blanks around fields", content: text.replaceAll(",", " , ") },
  {
    what: "a quote that does not close",
    content: cell("V5", '"1'),
    refused: /line 3: a double quote does not close/,
  },
  { what: "lines that end with CR LF", content: text.replaceAll("\n", "\r\n") },
  {
    what: "lines that end with CR alone",
    content: text.replaceAll("\n", "\r"),
    refused: /line 1, column \d+: lines end with a carriage return alone/,
  },
  { what: "a byte-order mark", content: `\ufeff${text}` },
  { what: "UTF-16 with a byte-order mark", content: Buffer.from(`\ufeff${text}`, "utf16le") },
  { what: "UTF-16, big end first", content: Buffer.from(`\ufeff${text}`, "utf16le").swap16() },
  { what: "UTF-16 without a mark", content: Buffer.from(text, "utf16le") },
  { what: "blank lines after the last row", content: `${text}\n\r\n  \n${",".repeat(31)}\n` },
  {
    what: "a blank line among the rows",
    content: [header, lines[0], "", ...lines.slice(1)].join("\n"),
    refused: /line 3 is empty/,
  },
  {
    what: "a blank first line",
    content: `\n${text}`,
    refused: /line 1 is empty: the header is expected there/,
  },
  {
    what: "a comment before the header",
    content: `# made by hand\n${text}`,
    refused: /line 1, column 1: a comment, "# made by hand": leave the line out/,
  },
  {
    what: "a comment among the rows",
    content: [header, lines[0], "# cut here", ...lines.slice(1)].join("\n"),
    refused: /line 3, column 1: a comment, "# cut here": leave the line out/,
  },
  {
    what: "a field too few",
    content: `${text}1,2,3\n`,
    refused: /line 52 has 3 fields, the header has 32/,
  },
  {
    what: "a comma inside a field",
    content: cell("Amount", "12,50 €"),
    refused: /line 3 has 33 fields, the header has 32: is there a comma inside a field/,
  },
];

const kinds: readonly FileQuirk[] = [
  { what: "gzip, called `.csv`", content: gzipSync(text) },
  { what: "plain, called `.csv.gz`", content: text, name: "given.csv.gz" },
  {
    what: "gzip that ends early",
    content: gzipSync(text).subarray(0, 900),
    refused: /cannot be read: unexpected end of file/,
  },
  {
    what: "gzip in gzip",
    content: gzipSync(gzipSync(text)),
    refused: /a gzip file inside a gzip file: unpack it once/,
  },
  {
    what: "a zip archive or workbook, called `.csv`",
    content: Buffer.from("PK\x03\x04rest"),
    refused: /line 1, column 1: a zip archive or an Excel workbook: unpack it, or save the sheet as CSV/,
  },
  {
    what: "an xz file, called `.csv`",
    content: Buffer.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1),
    refused: /an xz file: unpack it/,
  },
  { what: "ARFF, labels in single quotes", content: arff, name: "given.arff" },
  {
    what: "ARFF with a missing value",
    content: arff.replace(/(@DATA\n[^,]+),[^,]+/, "$1,?"),
    name: "given.arff",
    refused: /line \d+, column V1: has no value/,
  },
  {
    what: "ARFF with sparse rows",
    content: arff.replace(/@DATA\n.*/, "@DATA\n{0 1, 3 2}"),
    name: "given.arff",
    refused: /line \d+, column 1: a sparse row of ARFF: write the rows in full/,
  },
  { what: "Parquet, whatever its name", content: parquet() },
  { what: "JSON lines, called `.jsonl`", content: jsonl, name: "given.jsonl" },
  {
    what: "JSON, called `.csv`",
    content: `[${jsonl.split("\n").join(",")}]`,
    refused: /line 1, column 1: JSON: write it as CSV/,
  },
  {
    what: "a saved page",
    content: "<!DOCTYPE html>\n<html>",
    refused: /HTML or XML: was a page saved in place of the file\?/,
  },
  {
    what: "bytes of any kind",
    content: Buffer.from([65, 1, 2, 3, 200, 5, 66, 17]),
    refused: /no text: CSV is expected/,
  },
  { what: "an empty file", content: "", refused: /the file is empty/ },
  { what: "a header alone", content: `${header}\n`, refused: /the file has a header but no rows/ },
];

const columns: readonly FileQuirk[] = [
  {
    what: "columns in another order",
    content: text
      .trim()
      .split("\n")
      .map((line) => line.split(",").reverse().join(","))
      .join("\n"),
  },
  { what: "names in small letters", content: named(header, header.toLowerCase()) },
  { what: "names in single quotes", content: named(header, header.replaceAll(/[^,]+/g, "'$&'")) },
  {
    what: "a column missing",
    content: named("V8", "V88"),
    refused: /line 1: column V8 missing; unknown column "V88" \(column 9\)/,
  },
  {
    what: "a column more",
    content: named("Weight", "Name"),
    refused: /line 1: unknown column "Name" \(column 32\)/,
  },
  {
    what: "a column twice",
    content: named("V4,V5", "V3,V5"),
    refused: /line 1: column V3 stands there twice \(columns 4 and 5\)/,
  },
  {
    what: "a column twice, once in small letters",
    content: named("V4,V5", "v3,V5"),
    refused: /line 1: columns V3 and v3 mean the same \(columns 4 and 5\): leave one out/,
  },
  {
    what: "no header",
    content: lines.join("\n"),
    refused: /line 1, column 1: numbers stand where the header Time,V1,…,Class is expected/,
  },
  {
    what: "an index column without a name",
    content: text.trim().replaceAll(/^/gm, ","),
    refused: /line 1, column 1 has no name: is it a table's index\?/,
  },
  {
    what: "a comma at the end of each line",
    content: text.trim().replaceAll(/$/gm, ","),
    refused: /line 1, column 33 has no name: is there a comma at the end/,
  },
  ...["class", "is_fraud", "isFraud", "Fraud", "TX_FRAUD", "label", "target"].map((name) => ({
    what: `the label called \`${name}\``,
    content: named("Class", name),
  })),
  {
    what: "the label called `Outcome`",
    content: named("Class", "Outcome"),
    refused: /line 1: column Class missing; unknown column "Outcome" \(column 31\)/,
  },
  {
    what: "two labels",
    content: named("Weight", "is_fraud"),
    refused: /columns Class and is_fraud mean the same \(columns 31 and 32\)/,
  },
];

const values: readonly FileQuirk[] = [
  { what: "labels `'0'` and `'1'` (OpenML)", content: labels((label) => `'${label}'`) },
  { what: "labels True and False", content: labels((label) => (label === "1" ? "True" : "False")) },
  { what: "labels yes and no", content: labels((label) => (label === "1" ? "yes" : "no")) },
  {
    what: "labels fraud and legitimate",
    content: labels((label) => (label === "1" ? "fraud" : "legitimate")),
  },
  { what: "labels 1.0 and 0.0", content: labels((label) => `${label}.0`) },
  {
    what: "a label 2",
    content: cell("Class", "2"),
    refused: /line 3, column Class: 2 is neither 0 nor 1 \(1 is fraud\)/,
  },
  {
    what: "a label `maybe`",
    content: cell("Class", "maybe"),
    refused: /line 3, column Class: "maybe" is neither 0 nor 1/,
  },
  { what: "a label missing", content: cell("Class", ""), refused: /line 3, column Class: has no value/ },
  {
    what: "labels the wrong way round",
    content: labels((label) => String(1 - Number(label))),
    refused: /column Class is 1 in \d+\.\d % of the transactions: are the labels the wrong way round\?/,
  },
  { what: "no fraud", content: labels(() => "0"), refused: /no fraud at all: Class is 0 in every row/ },
  {
    what: "nothing but fraud",
    content: labels(() => "1"),
    refused: /one class only: Class is 1 in every row/,
  },
  { what: "a value missing", content: cell("Amount", ""), refused: /line 3, column Amount: has no value/ },
  {
    what: "a missing value as NA",
    content: cell("V5", "NA"),
    refused: /line 3, column V5: "NA" is not a number: leave out rows with a missing value/,
  },
  { what: "NaN", content: cell("V28", "NaN"), refused: /line 3, column V28: "NaN" is not a number/ },
  {
    what: "infinity",
    content: cell("V28", "inf"),
    refused: /"inf" is not a number: numbers have to be finite/,
  },
  { what: "text", content: cell("V5", "abc"), refused: /line 3, column V5: "abc" is not a number/ },
  { what: "hexadecimal", content: cell("V5", "0x10"), refused: /"0x10" is not a number/ },
  {
    what: "a currency sign",
    content: cell("Amount", "€12.50"),
    refused: /column Amount: "€12\.50" is not a number: leave the currency out/,
  },
  {
    what: "a currency sign as Windows writes it",
    content: Buffer.from(cell("Amount", "\u008012"), "latin1"),
    refused: /column Amount: "€12" is not a number: leave the currency out/,
  },
  { what: "a currency code", content: cell("Amount", "12.50 EUR"), refused: /leave the currency out/ },
  {
    what: "parted thousands",
    content: cell("Amount", '"1,234.50"'),
    refused: /"1,234\.50" is not a number: leave out what parts thousands/,
  },
  {
    what: "a decimal comma in quotes",
    content: cell("V5", '"1,25"'),
    refused: /"1,25" is not a number: write decimals with a point, or say --decimal comma/,
  },
  { what: "a typographer's minus", content: cell("V5", "\u22121.5"), refused: /write minus as a hyphen/ },
  {
    what: "1e-320",
    content: cell("V5", "1e-320"),
    refused: /line 3, column V5: 1e-320 is too small for a 32-bit number: write 0/,
  },
  {
    what: "1e10 in V1",
    content: cell("V1", "1e10"),
    refused: /line 3, column V1: 10000000000 is out of range \(at most 1e9\)/,
  },
  { what: "1e999", content: cell("V1", "1e999"), refused: /"1e999" is not a number/ },
  {
    what: "an amount below 0",
    content: cell("Amount", "-1"),
    refused: /line 3, column Amount: -1 is below 0/,
  },
  { what: "a time below 0", content: cell("Time", "-5"), refused: /line 3, column Time: -5 is below 0/ },
  { what: "a weight of 0", content: cell("Weight", "0"), refused: /line 3, column Weight: 0 is not above 0/ },
  {
    what: "ISO times",
    content: cell("Time", "2013-09-01T00:00:05Z"),
    refused: /a date or a clock's time stands there; Time is the seconds since the first transaction/,
  },
  {
    what: "a clock's time",
    content: cell("Time", "00:05:12"),
    refused: /Time is the seconds since the first transaction/,
  },
  {
    what: "seconds since 1970",
    content: cell("Time", "1377993600"),
    refused: /1377993600 is out of range \(at most 1e9\): is it counted from 1970, or a date\?/,
  },
  {
    what: "hours",
    content: syntheticCsv(500, 50, { lastTime: 48 }),
    refused: /column Time runs from 0 to 48: is it in hours or minutes\?/,
  },
  {
    what: "dates as numbers",
    content: [header, ...lines.map((line) => line.replace(/^\d+/, "20130901"))].join("\n"),
    refused: /runs from 20130901 to 20130901: is it counted from 1970, or a date\?/,
  },
];

/** Every quirk of a file of labelled transactions that is tried. */
export const trainingFiles: readonly FileQuirk[] = [...dialects, ...kinds, ...columns, ...values];
