import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseSchema } from "../schema/read.ts";
import { mappingFor } from "./mapping.ts";
import { openTable } from "./open-table.ts";
import { type PaymentRow, type RefusedRow, readPaymentRows, readPayments } from "./payments.ts";
import { UTC } from "./zone.ts";

const schema = parseSchema(`
schema: 1
name: test
currency: EUR
fields:
  amount: { type: number, min: 0 }
  online: { type: flag, default: false }
  note: { type: text, default: "" }
  opened: { type: timestamp, default: "2018-01-01T00:00:00Z" }
entities:
  customer: {}
  terminal: { required: false }
inputs: [amount]
`);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offline-"));
});
afterAll(() => rm(folder, { recursive: true }));

type Row = PaymentRow | RefusedRow;

async function read(name: string, content: string | Uint8Array, given = {}): Promise<Row[]> {
  const path = join(folder, name);
  await writeFile(path, content);
  const table = await openTable(path);
  const mapping = mappingFor(schema, await table.columns(), given, UTC);
  const rows: Row[] = [];
  for await (const some of readPayments(table, mapping, schema)) rows.push(...some);
  return rows;
}

const T0 = Date.UTC(2018, 3, 1, 0, 0, 31);

const expected = [
  {
    payment: {
      transactionId: "7",
      eventTimeMs: T0,
      fields: {
        amount: 57.16,
        online: true,
        note: "Žluťák, s.r.o.",
        opened: new Date(0),
        event_time: new Date(T0),
      },
      entities: { customer: "596", terminal: "3156" },
    },
    label: { fraud: false, knownAtMs: T0 },
  },
  {
    payment: {
      transactionId: "8",
      eventTimeMs: T0 + 1_000,
      fields: {
        amount: 81,
        online: undefined,
        note: undefined,
        opened: undefined,
        event_time: new Date(T0 + 1_000),
      },
      entities: { customer: "4961" },
    },
    label: { fraud: true, knownAtMs: T0 + 1_000 },
  },
  {
    payment: {
      transactionId: "9",
      eventTimeMs: T0 + 2_000,
      fields: {
        amount: 0,
        online: false,
        note: undefined,
        opened: undefined,
        event_time: new Date(T0 + 2_000),
      },
      entities: { customer: "4961", terminal: "1" },
    },
    label: undefined,
  },
];

const csv = `TX_ID,event_time,customer_id,terminal_id,amount,online,note,opened,is_fraud,other
7,2018-04-01T00:00:31,596,3156,57.16,1,"Žluťák, s.r.o.",1970-01-01T00:00:00Z,0,x
8,2018-04-01 00:00:32,4961,,81,,,,1,x
9,2018-04-01T00:00:33Z,4961,1,0,false,,,,x
`;

const jsonl = [
  {
    id: 7,
    event_time: "2018-04-01T00:00:31",
    entities: { customer: "596", terminal: "3156" },
    amount: 57.16,
  },
  { id: "8", event_time: "2018-04-01T00:00:32", entities: { customer: "4961" }, amount: 81, is_fraud: true },
  { id: "9", event_time: "2018-04-01T00:00:33", entities: { customer: "4961", terminal: "1" }, amount: 0 },
]
  .map((row, i) =>
    JSON.stringify({
      ...row,
      ...(i === 0 && {
        is_fraud: 0,
        fields: { online: true, note: "Žluťák, s.r.o.", opened: "1970-01-01T00:00:00Z" },
      }),
      ...(i === 2 && { fields: { online: false } }),
    }),
  )
  .join("\n");

const parquet = () =>
  new Uint8Array(
    parquetWriteBuffer({
      rowGroupSize: 2,
      columnData: [
        { name: "id", data: [7n, 8n, 9n], type: "INT64" },
        { name: "event_time", data: [0, 1, 2].map((s) => new Date(T0 + 1_000 * s)), type: "TIMESTAMP" },
        { name: "customer", data: [596n, 4961n, 4961n], type: "INT64" },
        { name: "terminal", data: ["3156", null, "1"], type: "STRING", nullable: true },
        { name: "amount", data: [57.16, 81, 0], type: "DOUBLE" },
        { name: "online", data: [true, null, false], type: "BOOLEAN", nullable: true },
        { name: "note", data: ["Žluťák, s.r.o.", null, null], type: "STRING", nullable: true },
        { name: "opened", data: [new Date(0), null, null], type: "TIMESTAMP", nullable: true },
        { name: "is_fraud", data: [0, 1, null], type: "INT32", nullable: true },
      ],
    }),
  );

describe("the same payments", () => {
  test.each([
    ["payments.csv", csv],
    ["payments.csv.gz", gzipSync(csv)],
    ["payments.jsonl", jsonl],
    ["payments.ndjson.gz", gzipSync(`${jsonl}\n`)],
    ["payments.parquet", parquet()],
  ])("come out of %s", async (name, content) => {
    const rows = await read(name, content);
    expect(rows.map(({ line: _, ...row }) => row)).toEqual(expected);
  });
});

test("a row that is no payment is refused by column, and the others are not", async () => {
  const rows = await read(
    "wrong.csv",
    `id,event_time,customer,amount,online,opened,is_fraud
1,2018-04-01T00:00:31,a,"1,5",maybe,yesterday,2
,soon,a,1,,,
3,2018-04-01T00:00:33,a,1,,,
`,
  );
  expect(rows.map((row) => row.line)).toEqual([2, 3, 4]);
  expect(rows[0]).toMatchObject({
    refused: [
      { field: "amount", description: expect.stringContaining("write decimals with a point") },
      { field: "online", description: "must be 0 or 1, false or true" },
      { field: "opened" },
      { field: "is_fraud" },
    ],
  });
  expect(rows[1]).toMatchObject({
    refused: [
      { field: "id", description: "has no value" },
      { field: "event_time", description: expect.stringContaining("must be a date and a time") },
    ],
  });
  expect("payment" in rows[2]!).toBe(true);
});

test("labels may be known later, never before the payment", async () => {
  const rows = await read(
    "late.csv",
    `id,event_time,customer,amount,is_fraud,label_time
1,2018-04-01T00:00:31,a,1,1,2018-04-03T00:00:31
2,2018-04-01T00:00:31,a,1,1,2018-03-03T00:00:31
`,
  );
  expect(rows).toMatchObject([{ label: { knownAtMs: T0 + 2 * 86_400_000 } }, { label: { knownAtMs: T0 } }]);
});

test("columns are found by name or given by hand; what is not there or not known is said", async () => {
  const columns = ["TX_ID", "when", "customer_id", "sum"];
  expect(() => mappingFor(schema, columns)).toThrow(
    "no column is known as amount (looked for amount, fields.amount, tx_amount)",
  );
  expect(() => mappingFor(schema, columns, { amount: "sum" })).toThrow("no column is known as event_time");
  expect(() => mappingFor(schema, columns, { amont: "sum" })).toThrow('there is no "amont" to map');
  expect(() => mappingFor(schema, columns, { amount: "summe" })).toThrow('there is no column "summe"');
  expect(mappingFor(schema, [...columns, "Currency"], { amount: "SUM", event_time: "when" })).toEqual({
    transactionId: "TX_ID",
    eventTime: "when",
    zone: undefined,
    entities: { customer: "customer_id" },
    fields: { amount: "sum", currency: "Currency" },
    label: undefined,
    labelTime: undefined,
  });
});

test.each([
  ["absent.csv", undefined, "absent.csv: cannot be read: there is no such file"],
  ["broken.jsonl", '{"id":1}\n{"id":', "broken.jsonl: line 2: is no JSON"],
  ["list.jsonl", "[1]\n", "list.jsonl: line 1: must be a JSON object"],
  ["hole.jsonl", '{"id":1}\n\n{"id":2}\n', "hole.jsonl: line 2 is empty"],
  ["cut.parquet", parquet().subarray(0, 200), "cut.parquet: "],
])("%s is told", async (name, content, message) => {
  const path = join(folder, name);
  if (content !== undefined) await writeFile(path, content);
  const all = async () => {
    const table = await openTable(path);
    await table.columns();
    for await (const _ of table.rows(["id"]));
  };
  await expect(all()).rejects.toThrow(message);
});

test.each([
  [
    "bank.csv",
    `\ufeffid;event_time;customer;amount;note\n1;2018-04-01T00:00:31;"Müller ""x""";12,50;a\n2;2018-04-01T00:00:31;a;1.234;\n3;short\n4;2018-04-01T00:00:31;a;1,2,3;\n`,
    "3;short",
    "has 2 fields, the header has 5",
  ],
  [
    "bank.jsonl",
    `{"id":"1","event_time":"2018-04-01T00:00:31","customer":"Müller \\"x\\"","amount":"12,50"}\n{"id":"2","event_time":"2018-04-01T00:00:31","customer":"a","amount":"1.234"}\n{"id":\n{"id":"4","event_time":"2018-04-01T00:00:31","customer":"a","amount":"1,2,3"}\n`,
    '{"id":',
    "is no JSON: Unexpected end of JSON input",
  ],
])(
  "%s: lines that are broken are let in, refused one by one, as they were written",
  async (name, content, line, what) => {
    await writeFile(join(folder, name), content);
    const table = await openTable(join(folder, name), { brokenLines: "handed on" });
    const mapping = mappingFor(schema, await table.columns(), {}, UTC, "comma");
    const rows: (PaymentRow | RefusedRow)[] = [];
    for await (const part of readPaymentRows(table, mapping, schema)) {
      rows.push(...part.rows);
      const third = part.rows[2]?.line as number;
      expect(part.asWritten(third)).toBe(line);
    }
    expect(rows).toMatchObject([
      { payment: { fields: { amount: 12.5 }, entities: { customer: 'Müller "x"' } } },
      {
        refused: [
          { field: "amount", description: '"1.234" is not a number: leave out what parts thousands' },
        ],
      },
      { refused: [{ field: "", description: what }] },
      { refused: [{ field: "amount", description: '"1,2,3" is not a number with a decimal comma' }] },
    ]);
  },
);
