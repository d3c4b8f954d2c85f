import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { UTC, type Zone } from "../../features/offline/zone.ts";
import type { FileQuirk } from "./training-files.ts";

/** A quirk of a file of payments with entities, as `npm run import` and `npm run train -- --schema` read it. */
export interface PaymentFile extends FileQuirk {
  /** What --zone says. */
  readonly zone?: Zone;
}

/** What the payments are read by. */
export const PAYMENT_SCHEMA = `
schema: 1
name: imports
currency: EUR
fields:
  amount: { type: number, min: 0 }
  online: { type: flag, default: false }
entities:
  customer: {}
inputs: [amount]
`;

/** The file without a quirk. */
export const plainPayments = `id,event_time,customer,amount,online,is_fraud
7,2018-04-01T00:00:31Z,596,57.16,1,0
8,2018-04-01T00:00:32Z,4961,81.25,0,1
9,2018-04-01T00:00:33Z,4961,0.5,1,
`;

const text = plainPayments;
const [header = "", ...lines] = text.trim().split("\n");
const objects = lines.map((line) => {
  const [id, time, customer, amount, online, fraud] = line.split(",");
  const label = fraud === "" ? {} : { is_fraud: Number(fraud) };
  return { id, event_time: time, customer, amount: Number(amount), online: online === "1", ...label };
});
const jsonl = objects.map((object) => JSON.stringify(object)).join("\n");
const attributes = "id customer amount online is_fraud".split(" ").map((name) => `@ATTRIBUTE ${name} STRING`);
const arff = `@RELATION payments\n@ATTRIBUTE event_time DATE "yyyy-MM-dd'T'HH:mm:ssX"\n${attributes.join("\n")}\n@DATA\n${lines
  .map((line) => {
    const [id, time, customer, amount, online, fraud] = line.split(",");
    return `'${time}',${id},'${customer}',${amount},${online},${fraud || "?"}`;
  })
  .join("\n")}\n`;

function parquet(): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "id", data: objects.map(({ id }) => id), type: "STRING" },
        { name: "event_time", data: objects.map((o) => new Date(o.event_time as string)), type: "TIMESTAMP" },
        { name: "customer", data: objects.map(({ customer }) => customer), type: "STRING" },
        { name: "amount", data: objects.map(({ amount }) => amount), type: "DOUBLE" },
        { name: "online", data: objects.map(({ online }) => online), type: "BOOLEAN" },
        { name: "is_fraud", data: [0, 1, null], type: "INT32", nullable: true },
      ],
    }),
  );
}

const rewritten = (change: (line: string) => string): string => [header, ...lines.map(change)].join("\n");
const spoken = (label: string): string => (label === "1" ? "fraud" : label === "0" ? "legitimate" : "");

/** Every quirk of a file of payments that is tried. */
export const paymentFiles: readonly PaymentFile[] = [
  { what: "commas", content: text },
  { what: "semicolons", content: text.replaceAll(",", ";") },
  { what: "tabs", content: text.replaceAll(",", "\t") },
  { what: "bars", content: text.replaceAll(",", "|") },
  { what: "Excel's line `sep=;`", content: `sep=;\n${text.replaceAll(",", ";")}` },
  {
    what: "semicolons and decimal commas",
    content: text.replaceAll(",", ";").replaceAll(".", ","),
    refused:
      /line 2, column amount: "57,16" is not a number: write decimals with a point, or say --decimal comma/,
  },
  {
    what: "the same with `--decimal comma`",
    content: text.replaceAll(",", ";").replaceAll(".", ","),
    decimal: "comma",
  },
  {
    what: "parted thousands with `--decimal comma`",
    content: text.replaceAll(",", ";").replace("57.16", "1.057,16"),
    decimal: "comma",
    refused: /line 2, column amount: "1\.057,16" is not a number: leave out what parts thousands/,
  },
  { what: "double quotes and CR LF", content: text.replaceAll(/[^,\n]+/g, '"$&"').replaceAll("\n", "\r\n") },
  { what: "a byte-order mark", content: `\ufeff${text}` },
  { what: "UTF-16", content: Buffer.from(`\ufeff${text}`, "utf16le") },
  { what: "blank lines after the last row", content: `${text}\n\n` },
  { what: "gzip, called `.csv`", content: gzipSync(text) },
  { what: "plain, called `.csv.gz`", content: text, name: "given.csv.gz" },
  {
    what: "a zip archive or workbook, called `.csv`",
    content: Buffer.from("PK\x03\x04rest"),
    refused: /line 1, column 1: a zip archive or an Excel workbook: unpack it/,
  },
  {
    what: "a zip archive, called `.jsonl`",
    content: Buffer.from("PK\x03\x04rest"),
    name: "given.jsonl",
    refused: /line 1, column 1: a zip archive or an Excel workbook: unpack it/,
  },
  { what: "ARFF", content: arff, name: "given.arff" },
  { what: "Parquet, whatever its name", content: parquet() },
  { what: "JSON lines", content: jsonl, name: "given.jsonl" },
  { what: "JSON lines with a byte-order mark", content: `\ufeff${jsonl}`, name: "given.jsonl" },
  { what: "JSON lines in UTF-16", content: Buffer.from(`\ufeff${jsonl}`, "utf16le"), name: "given.jsonl" },
  {
    what: "JSON, called `.csv`",
    content: `[${jsonl.split("\n").join(",")}]`,
    refused: /line 1, column 1: JSON: write it as CSV/,
  },
  {
    what: "a line that is no JSON",
    content: `${jsonl}\n{"id":`,
    name: "given.jsonl",
    refused: /line 4: is no JSON/,
  },
  {
    what: "a comment before the header",
    content: `# made by hand\n${text}`,
    refused: /line 1, column 1: a comment, "# made by hand": leave the line out/,
  },
  {
    what: "names in capitals, others in between",
    content: [`${header.toUpperCase()},SHOP`, ...lines.map((line) => `${line},x`)].join("\n"),
  },
  {
    what: "a column missing",
    content: text.replace("customer", "who"),
    refused:
      /no column is known as customer \(looked for customer, customer_id, .*\): name it, the file has id, event_time, who/,
  },
  {
    what: "a column twice",
    content: text.replace("online", "amount"),
    refused: /line 1: column amount stands there twice \(columns 4 and 5\)/,
  },
  ...["Class", "isFraud", "label", "TX_FRAUD", "target"].map((name) => ({
    what: `the label called \`${name}\``,
    content: text.replace("is_fraud", name),
  })),
  { what: "labels `'0'` and `'1'` (OpenML)", content: rewritten((line) => line.replace(/,(\d)$/, ",'$1'")) },
  {
    what: "labels fraud and legitimate, flags yes and no",
    content: rewritten((line) =>
      line.replace(
        /,(\d),(\d?)$/,
        (_, online, label) => `,${online === "1" ? "yes" : "no"},${spoken(label)}`,
      ),
    ),
  },
  {
    what: "a label 2",
    content: text.replace(",1\n", ",2\n"),
    refused: /line 3, column is_fraud: must be 0 or 1, false or true; 1 is fraud, nothing is not known/,
  },
  {
    what: "times without an offset",
    content: text.replaceAll("Z", ""),
    refused: /line 2, column event_time: has no time zone/,
  },
  { what: "the same with `--zone UTC`", content: text.replaceAll("Z", ""), zone: UTC },
  {
    what: "seconds since 1970",
    content: text.replace("2018-04-01T00:00:31Z", "1522540831"),
    refused:
      /column event_time: must be a date and a time as ISO 8601 writes them: if it is seconds since 1970, write 2018-04-01T00:00:31\.000Z/,
  },
  {
    what: "milliseconds since 1970, a number of JSON",
    content: jsonl.replace('"2018-04-01T00:00:31Z"', "1522540831000"),
    name: "given.jsonl",
    refused: /if it is milliseconds since 1970, write 2018-04-01T00:00:31\.000Z/,
  },
  {
    what: "a day before the month",
    content: text.replace("2018-04-01T00:00:31Z", "01/04/2018 00:00:31"),
    refused: /column event_time: must be a date and a time as ISO 8601 writes them/,
  },
  {
    what: "a currency sign",
    content: text.replace("57.16", "€57.16"),
    refused: /line 2, column amount: "€57\.16" is not a number: leave the currency out/,
  },
  {
    what: "NaN",
    content: text.replace("57.16", "NaN"),
    refused: /line 2, column amount: "NaN" is not a number/,
  },
  { what: "1e-320 (0 to a model, which reads 32 bits)", content: text.replace("57.16", "1e-320"), own: true },
  { what: "an id missing", content: text.replace("\n7,", "\n,"), refused: /line 2, column id: has no value/ },
];
