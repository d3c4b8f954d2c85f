import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { momentOf } from "./asked.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { columnsOf, type Row } from "./dataset.ts";
import { DATASETS } from "./datasets.ts";
import { FORMATS, type FormatName } from "./formats.ts";

const COLUMNS = [
  ...columnsOf("time", "at"),
  ...columnsOf("integer", "seq"),
  ...columnsOf("text", "text"),
  ...columnsOf("real", "share"),
  ...columnsOf("flag", "flag"),
  ...columnsOf("json", "fields"),
];
const FIRST: Row = {
  ...{ at: "2026-11-26T21:04:05.123456Z", seq: 9_007_199_254_740_991, text: "=1+1", share: 0.1, flag: true },
  fields: { "a,b": ['"', 1] },
};
const EMPTY: Row = { at: null, seq: null, text: "", share: null, flag: null };

async function* pages(...all: (readonly Row[])[]): AsyncGenerator<readonly Row[]> {
  yield* all;
}
async function made(format: FormatName, ...all: (readonly Row[])[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of FORMATS[format].encode(COLUMNS, pages(...all))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test("JSON lines hold values as they are, and leave out what a row has not got", async () => {
  const lines = (await made("jsonl", [FIRST], [EMPTY])).toString().split("\n");
  expect(lines).toHaveLength(3);
  expect(JSON.parse(lines[0]!)).toEqual(FIRST);
  expect(lines[1]).toBe('{"at":null,"seq":null,"text":"","share":null,"flag":null}');
});

test("CSV is RFC 4180, runs no formula, and tells no value from a text without characters", async () => {
  expect((await made("csv", [FIRST, EMPTY])).toString()).toBe(
    `at,seq,text,share,flag,fields\r\n2026-11-26T21:04:05.123456Z,9007199254740991,'=1+1,0.1,true,"{""a,b"":[""\\"""",1]}"\r\n,,"",,,\r\n`,
  );
  for (const text of ["=1", "+1", "-1", "@a", "\t=1", "＝1"]) {
    expect((await made("csv", [{ ...EMPTY, text }])).toString()).toContain(`'${text}`);
  }
  expect((await made("csv")).toString()).toBe("at,seq,text,share,flag,fields\r\n");
});

describe("Parquet", () => {
  const read = async (file: Buffer) => {
    const buffer = new Uint8Array(file).buffer;
    return {
      groups: parquetMetadata(buffer).row_groups.length,
      rows: await parquetReadObjects({ file: buffer, utf8: true }),
    };
  };

  test("keeps types, microseconds, and what is not there", async () => {
    const { rows } = await read(await made("parquet", [FIRST], [EMPTY]));
    expect(rows[0]).toMatchObject({
      ...{ seq: 9_007_199_254_740_991n, text: "=1+1", share: 0.1, flag: true },
      fields: JSON.stringify(FIRST["fields"]),
    });
    expect(rows[0]?.["at"]).toEqual(new Date("2026-11-26T21:04:05.123Z"));
    expect(rows[1]).toMatchObject({ at: null, seq: null, text: "", fields: null });
  });

  test("is a file of groups, and one without rows is a file too", async () => {
    const page = Array.from({ length: 5_000 }, (_, seq) => ({ ...FIRST, seq }));
    const { groups, rows } = await read(await made("parquet", ...Array.from({ length: 8 }, () => page)));
    expect(groups).toBe(3);
    expect(rows).toHaveLength(40_000);
    expect(rows[32_768]).toMatchObject({ seq: BigInt(32_768 % 5_000) });
    expect((await read(await made("parquet"))).rows).toEqual([]);
  });
});

describe("where a file ended", () => {
  const named = (name: string) => DATASETS.find((dataset) => dataset.name === name)!;

  test("is written and read again, whatever an id is", () => {
    const place = { at: "2026-11-26T21:04:05.123456Z", id: "17" };
    expect(readCursor(writeCursor(place), named("decisions"))).toEqual(place);
    const odd = { ...place, id: "a,b\n=" };
    expect(readCursor(writeCursor(odd), named("labels"))).toEqual(odd);
  });

  test.each([
    ["", "decisions"],
    ["17", "decisions"],
    ["2026-11-26T21:04:05.123456Z,x", "decisions"],
    ["2026-13-26T21:04:05.123456Z,1", "decisions"],
    ["2026-02-30T21:04:05.123456Z,1", "decisions"],
    ["0000-02-20T21:04:05.123456Z,1", "decisions"],
    ["2026-11-26T21:04:05.123456Z,\0", "labels"],
  ])("%j is none of %s", (text, name) => {
    expect(() => readCursor(text, named(name))).toThrow(/after: must be where a file of .* ended/);
  });
});

test("times are days or moments with a zone", () => {
  expect(momentOf("--since", "2026-11-26")).toBe("2026-11-26T00:00:00.000Z");
  expect(momentOf("--since", "2026-11-26T21:00:00+01:00")).toBe("2026-11-26T20:00:00.000Z");
  for (const text of [
    "yesterday",
    "2026-11-26T21:00:00",
    "2026-02-30",
    "2026-02-30T21:00:00Z",
    "26.11.2026",
    "",
  ]) {
    expect(() => momentOf("--since", text)).toThrow(/^--since: .* is neither a day/);
  }
});

test("no dataset has what the simulator knows, and each has the columns of its order", () => {
  for (const { columns, order, name } of DATASETS) {
    const names = columns.map((column) => column.name);
    expect(names, name).toEqual(expect.arrayContaining([...order]));
    expect(new Set(names).size, name).toBe(names.length);
    expect(names, name).not.toContain("truth");
  }
});
