import { expect, test } from "vitest";
import { CONTEXT_FIELDS, canonicalContent, TEXT_FIELDS, type TransactionContent } from "./transaction.ts";

const content: TransactionContent = {
  time: 10,
  v: Array.from({ length: 28 }, (_, i) => i / 10),
  amountMinor: 1050n,
  currency: "EUR",
  cardToken: "tok-1",
};

test("the same payment has the same content, whatever door it came by", () => {
  const same = canonicalContent(content);
  expect(canonicalContent({ ...content, v: Float32Array.from(content.v ?? []) })).toBe(same);
  expect(canonicalContent({ ...content, merchantId: null, country: "" })).toBe(same);
  expect(canonicalContent({ ...content, fields: {}, entities: {} })).toBe(same);
  expect(canonicalContent({ ...content, fields: { b: 1, a: "x" } })).toBe(
    canonicalContent({ ...content, fields: { a: "x", b: 1 } }),
  );
});

test("the content of what earlier versions recorded is what it was", () => {
  expect(canonicalContent({ time: 0, v: [1, 2], amountMinor: 5n, currency: "EUR" })).toBe(
    '[0,[1,2],"5","EUR",null,[],[],[]]',
  );
});

test("without V a time of 0 is none: on the wire they are the same", () => {
  const { v: _v, time: _time, ...own } = content;
  expect(canonicalContent({ ...own, time: 0, v: [] })).toBe(canonicalContent(own));
  expect(canonicalContent({ ...own, time: 5 })).not.toBe(canonicalContent(own));
});

test.each<[string, Partial<TransactionContent>]>([
  ["time", { time: 11 }],
  ["amount", { amountMinor: 1051n }],
  ["currency", { currency: "USD" }],
  ["event time", { eventTime: "2026-11-26T10:00:00.000Z" }],
  ["v", { v: Array(28).fill(0) }],
  ["a field", { fields: { a: 1 } }],
  ["an entity", { entities: { terminal: "t" } }],
  ...CONTEXT_FIELDS.map(({ name }): [string, Partial<TransactionContent>] => [name, { [name]: "other" }]),
])("another %s is another payment", (_, change) => {
  expect(canonicalContent({ ...content, ...change })).not.toBe(canonicalContent(content));
});

test("every text is declared once", () => {
  const columns = TEXT_FIELDS.map(({ column }) => column);
  expect(new Set(columns).size).toBe(columns.length);
  for (const { name, column } of TEXT_FIELDS) {
    expect(name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)).toBe(column);
  }
});
