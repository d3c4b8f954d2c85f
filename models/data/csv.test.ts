import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCsv } from "./csv.ts";
import { describeQuality } from "./dataset.ts";
import { syntheticCsv } from "./synthetic.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "csv-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(content: string | Buffer, name = "given.csv") {
  const path = join(folder, name);
  await writeFile(path, content);
  return await loadCsv(path);
}

/** A good file with one cell of line 3 replaced. */
function withCell(column: string, value: string): string {
  const lines = syntheticCsv(6, 2, { weight: true }).split("\n");
  const at = lines[0]!.split(",").indexOf(column);
  const cells = lines[2]!.split(",");
  cells[at] = value;
  lines[2] = cells.join(",");
  return lines.join("\n");
}

describe("what is read", () => {
  const text = syntheticCsv(500, 20, { weight: true });

  test("values, labels and weights land where they belong", async () => {
    const data = await load(text);
    const cells = text.split("\n")[401]!.split(",").map(Number);
    expect(data.rows).toBe(500);
    expect(Array.from(data.inputs.values.subarray(400 * 30, 401 * 30))).toEqual(
      cells.slice(0, 30).map(Math.fround),
    );
    expect([data.times[400], data.amounts[400], data.labels[400], data.weights[400]]).toEqual([
      cells[0],
      cells[29],
      cells[30],
      cells[31],
    ]);
    expect(data.quality).toMatchObject({
      rows: 500,
      frauds: 20,
      weightedRows: 480 * 4 + 20,
      timeOrdered: true,
    });
    expect(data.quality.fraudRate).toBeCloseTo(20 / 1940, 12);
  });

  test("gzip gives the same rows, and the hash of the file as it lies there", async () => {
    const packed = gzipSync(text);
    const [plain, gzipped] = [await load(text), await load(packed, "given.csv.gz")];
    expect(gzipped.inputs.values).toEqual(plain.inputs.values);
    expect(gzipped.sha256).toBe(createHash("sha256").update(packed).digest("hex"));
    expect(plain.sha256).toBe(createHash("sha256").update(text).digest("hex"));
  });

  test("quotes, carriage returns, a byte-order mark, no last line end, other column order", async () => {
    const lines = text.trim().split("\n");
    const turned = lines.map((line) =>
      line
        .split(",")
        .reverse()
        .map((cell) => `"${cell}"`)
        .join(","),
    );
    const data = await load(`\ufeff${turned.join("\r\n")}`);
    expect(data.inputs.values).toEqual((await load(text)).inputs.values);
  });

  test("without a Weight column every row counts once", async () => {
    const data = await load(syntheticCsv(50, 5));
    expect(data.weighted).toBe(false);
    expect(data.quality.weightedRows).toBe(50);
  });

  test("names in small letters, and the label as it is called elsewhere", async () => {
    const expected = await load(text);
    expect((await load(text.replace("Time,V1", "'Time',V1"))).inputs.values).toEqual(expected.inputs.values);
    for (const label of ["class", "is_fraud", "isFraud", "Fraud", "TX_FRAUD", "label"]) {
      const header = text.split("\n")[0]!.toLowerCase().replace("class", label);
      const data = await load(text.replace(/^.*/, header));
      expect(data.labels, label).toEqual(expected.labels);
      expect(data.inputs.values).toEqual(expected.inputs.values);
      expect(data.weighted).toBe(true);
    }
  });

  test.each([
    ["in the single quotes of OpenML", (label: string) => `'${label}'`],
    ["in both kinds of quotes", (label: string) => `"'${label}'"`],
    ["as True and False", (label: string) => (label === "1" ? "True" : "False")],
    ["as decimals", (label: string) => `${label}.0`],
  ])("labels %s", async (_, write) => {
    const plain = syntheticCsv(50, 5);
    const data = await load(plain.replaceAll(/,([01])$/gm, (_all, label: string) => `,${write(label)}`));
    expect(data.labels).toEqual((await load(plain)).labels);
  });

  test("a file that holds more fraud than not, as judged cases may, is read with the question", async () => {
    const { quality } = await load(syntheticCsv(50, 30));
    expect(describeQuality(quality).join("\n")).toContain(
      "most of it is fraud: are the labels the wrong way round?",
    );
  });

  test("gzip by what it is, whatever the name; a plain file that is called .gz", async () => {
    expect((await load(gzipSync(text), "packed.csv")).rows).toBe(500);
    expect((await load(text, "plain.csv.gz")).rows).toBe(500);
  });

  test("blank lines and rows of nothing but commas after the last row; blanks around a number", async () => {
    const data = await load(`${text}\n\r\n  \n${",".repeat(31)}\n`);
    expect(data.rows).toBe(500);
    const spaced = text.replaceAll(",", ", ");
    expect((await load(spaced)).inputs.values).toEqual(data.inputs.values);
  });

  test("duplicates share a group, and a contradiction is counted", async () => {
    const lines = syntheticCsv(6, 2).trim().split("\n");
    const other = lines[2]!.replace(/,([01])$/, (_, label) => `,${1 - Number(label)}`);
    const data = await load([...lines, lines[1], other].join("\n"));
    expect(Array.from(data.groups)).toEqual([0, 1, 2, 3, 4, 5, 0, 1]);
    expect(data.quality).toMatchObject({ duplicates: 2, contradictions: 1, timeOrdered: false });
  });
});

describe("what is refused, and how it is named", () => {
  const header = syntheticCsv(1, 0).split("\n")[0]!;
  test.each([
    ["an empty file", "", "given.csv: the file is empty"],
    ["a header alone", `${header}\n`, "has a header but no rows"],
    ["missing columns", syntheticCsv(5, 1).replace(/V7,V8/, "V7"), "line 1: column V8 missing"],
    ["unknown column", syntheticCsv(5, 1).replace("Class", "Class,Name"), 'line 1: unknown column "Name"'],
    ["column twice", syntheticCsv(5, 1).replace("Class", "Class,V3"), "line 1: column V3 stands there twice"],
    ["text in a number", withCell("V5", "abc"), 'line 3, column V5: "abc" is not a number'],
    ["hexadecimal", withCell("V5", "0x10"), 'line 3, column V5: "0x10" is not a number'],
    ["NaN", withCell("V28", "NaN"), 'line 3, column V28: "NaN" is not a number'],
    ["infinity", withCell("V28", "1e999"), 'line 3, column V28: "1e999" is not a number'],
    ["a missing value", withCell("Amount", ""), "line 3, column Amount: has no value"],
    ["negative amount", withCell("Amount", "-1"), "line 3, column Amount: -1 is below 0"],
    ["negative time", withCell("Time", "-5"), "line 3, column Time: -5 is below 0"],
    ["out of range", withCell("V1", "1e10"), "line 3, column V1: 10000000000 is out of range"],
    ["class 2", withCell("Class", "2"), "line 3, column Class: 2 is neither 0 nor 1"],
    ["weight 0", withCell("Weight", "0"), "line 3, column Weight: 0 is not above 0"],
    ["a short line", `${syntheticCsv(5, 1)}1,2,3\n`, "line 7 has 3 fields, the header has 31"],
    ["an empty line", syntheticCsv(5, 1).replace("\n", "\n\n"), "line 2 is empty"],
    ["no fraud", syntheticCsv(5, 0), "no fraud at all"],
    ["frauds only", syntheticCsv(5, 5), "one class only"],
    [
      "semicolons",
      syntheticCsv(5, 1).replaceAll(",", ";"),
      "line 1, column 5: semicolons part the fields: part them with commas, and write decimals with a point",
    ],
    [
      "semicolons, with a comma among the names",
      syntheticCsv(5, 1).replaceAll(",", ";").replace(";", ","),
      "line 1, column 8: semicolons part the fields",
    ],
    [
      "a comma inside a field",
      withCell("Amount", "12,50 €"),
      "line 3 has 33 fields, the header has 32: is there a comma",
    ],
    ["tabs", syntheticCsv(5, 1).replaceAll(",", "\t"), "line 1, column 5: tabs part the fields"],
    [
      "semicolons in the rows alone",
      syntheticCsv(5, 1).replaceAll(/^\d.*$/gm, (row) => row.replaceAll(",", ";")),
      "line 2 has 1 fields, the header has 31: part them with commas",
    ],
    [
      "a decimal comma in quotes",
      withCell("V5", '"1,25"'),
      '"1,25" is not a number: write decimals with a point',
    ],
    [
      "decimal commas without quotes",
      syntheticCsv(5, 1).replaceAll(/(\d)\.(\d)/g, "$1,$2"),
      "line 2 has 60 fields, the header has 31: are decimals written with a comma? Write them with a point",
    ],
    [
      "ARFF",
      `@RELATION fraud\n@ATTRIBUTE Time REAL\n`,
      "line 1, column 1: an ARFF file: write its data as CSV",
    ],
    [
      "a comment before the header",
      `# made by hand\n${syntheticCsv(5, 1)}`,
      'line 1, column 1: a comment, "# made by hand": leave the line out',
    ],
    [
      "a comment among the rows",
      syntheticCsv(5, 1).replace(/\n\d/, "\n# cut here\n1"),
      'line 2, column 1: a comment, "# cut here"',
    ],
    ["Excel's separator line", `sep=,\n${syntheticCsv(5, 1)}`, "Excel's note of its separator"],
    ["JSON", '[{"Time": 0}]', "line 1, column 1: JSON"],
    ["a saved page", "<!DOCTYPE html>\n<html>", "line 1, column 1: HTML or XML"],
    ["a blank first line", `\n${syntheticCsv(5, 1)}`, "line 1 is empty: the header is expected there"],
    [
      "no header",
      syntheticCsv(5, 1).replace(/^.*\n/, ""),
      "line 1, column 1: numbers stand where the header",
    ],
    [
      "an index column",
      syntheticCsv(5, 1).replaceAll(/^/gm, ","),
      "line 1, column 1 has no name: is it a table's index?",
    ],
    [
      "a comma too many",
      syntheticCsv(5, 1).replaceAll(/$/gm, ","),
      "line 1, column 32 has no name: is there a comma",
    ],
    [
      "a column in another's place",
      syntheticCsv(5, 1).replace("V4,V5", "V3,V5"),
      "line 1: column V3 stands there twice (columns 4 and 5)",
    ],
    [
      "a column twice, once in small letters",
      syntheticCsv(5, 1).replace("V4,V5", "v3,V5"),
      "line 1: columns V3 and v3 mean the same (columns 4 and 5): leave one out",
    ],
    [
      "two labels",
      syntheticCsv(5, 1).replace("Class", "Class,is_fraud"),
      "line 1: columns Class and is_fraud mean the same (columns 31 and 32)",
    ],
    [
      "a label by an unknown name",
      syntheticCsv(5, 1).replace("Class", "Outcome"),
      'line 1: column Class missing; unknown column "Outcome" (column 31)',
    ],
    ["a quote that does not close", withCell("V5", '"1'), "line 3: a double quote does not close"],
    [
      "a currency sign",
      withCell("Amount", "€12.50"),
      'column Amount: "€12.50" is not a number: leave the currency out',
    ],
    [
      "thousands",
      withCell("Amount", '"1,234.50"'),
      '"1,234.50" is not a number: leave out what parts thousands',
    ],
    ["a date", withCell("Time", "2013-09-01T00:00:05Z"), "Time is the seconds since the first transaction"],
    ["a clock's time", withCell("Time", "00:05:12"), "Time is the seconds since the first transaction"],
    [
      "seconds since 1970",
      withCell("Time", "1377993600"),
      "1377993600 is out of range (at most 1e9): is it counted from 1970, or a date?",
    ],
    [
      "a typographer's minus",
      withCell("V5", "\u22121.5"),
      '"\u22121.5" is not a number: write minus as a hyphen',
    ],
    ["another label", withCell("Class", "fraud"), 'column Class: "fraud" is neither 0 nor 1 (1 is fraud)'],
    [
      "a number too small",
      withCell("V5", "1e-320"),
      "line 3, column V5: 1e-320 is too small for a 32-bit number",
    ],
    [
      "a number smaller still",
      withCell("V5", "-2.5e-400"),
      "-2.5e-400 is too small for a 32-bit number: write 0",
    ],
    [
      "labels the wrong way round",
      syntheticCsv(50, 5).replaceAll(/,([01])$/gm, (_, label) => `,${1 - Number(label)}`),
      "column Class is 1 in 90.0 % of the transactions: are the labels the wrong way round?",
    ],
    [
      "hours for seconds",
      syntheticCsv(500, 50, { lastTime: 48 }),
      "column Time runs from 0 to 48: is it in hours or minutes? Time is the seconds since the first transaction",
    ],
    [
      "dates for seconds",
      syntheticCsv(50, 5).replaceAll(/^\d+,/gm, "20130901,"),
      "column Time runs from 20130901 to 20130901: is it counted from 1970, or a date?",
    ],
  ])("%s", async (_, text, message) => {
    await expect(load(text)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ["a zip archive", Buffer.from("PK\x03\x04rest"), "a zip archive or an Excel workbook: unpack it"],
    ["gzip in gzip", gzipSync(gzipSync("a")), "a gzip file inside a gzip file"],
    ["xz", Buffer.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1), "an xz file"],
    ["Parquet", Buffer.from("PAR1...."), "a Parquet file: write it as CSV"],
    ["UTF-16 with a mark", Buffer.from("\ufeffTime,V1", "utf16le"), "UTF-16 text: save it as UTF-8"],
    ["UTF-16 without", Buffer.from("Time,V1", "utf16le"), "UTF-16 text: save it as UTF-8"],
    ["bytes of any kind", Buffer.from([65, 1, 2, 3, 200, 5, 66, 17]), "no text: CSV is expected"],
    ["a tar archive", Buffer.from(`creditcard.csv${"\0".repeat(243)}ustar`), "a tar archive"],
  ])("%s, under the name of a CSV file", async (_, bytes, message) => {
    await expect(load(bytes)).rejects.toThrow(`given.csv: line 1, column 1: ${message}`);
  });

  test("a currency sign is repeated as it was meant, in UTF-8 and as Windows writes it", async () => {
    for (const encoding of ["utf8", "latin1"] as const) {
      const text = withCell("Amount", "SIGN5").replace("SIGN", encoding === "utf8" ? "£" : "\u0080");
      await expect(load(Buffer.from(text, encoding))).rejects.toThrow(encoding === "utf8" ? '"£5"' : '"€5"');
    }
  });

  test("a file that is not there, and a gzip that ends early", async () => {
    await expect(loadCsv(join(folder, "none.csv"))).rejects.toThrow("none.csv: cannot be read");
    const packed = gzipSync(syntheticCsv(500, 20));
    await expect(load(packed.subarray(0, packed.length / 2), "cut.csv.gz")).rejects.toThrow(
      "cut.csv.gz: cannot be read: unexpected end of file",
    );
  });
});
