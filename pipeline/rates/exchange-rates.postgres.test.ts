import type { Kysely } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Rate } from "../../domain/exchange.ts";
import { convert, readAllRates, readBase, readRates, StoredRates } from "../store/exchange-rates.ts";
import type { Database } from "../store/schema.ts";
import { ANN } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { setRate } from "./set-rate.ts";

let store: TestStore;
let db: Kysely<Database>;
beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
});
afterAll(() => store?.close());

const rate = (currency: string, value: string, validFrom: string): Rate => ({
  base: "EUR",
  currency,
  rate: value,
  validFrom,
});

test("a rate holds from its day until the next, and whoever set it is written down", async () => {
  expect([await readBase(db), await readRates(db)]).toEqual([null, []]);
  await setRate(db, ANN, rate("USD", "0.90", "2026-01-01"));
  await setRate(db, ANN, rate("USD", "0.95", "2026-06-01"));
  await setRate(db, ANN, rate("JPY", "0.006", "2026-06-01"));
  await setRate(db, ANN, rate("JPY", "0.0061", "2026-06-01"));
  expect(await readRates(db, new Date("2026-05-31T23:59:59Z"))).toEqual([rate("USD", "0.90", "2026-01-01")]);
  expect(await readRates(db, new Date("2026-06-01T00:00:00Z"))).toEqual([
    rate("JPY", "0.0061", "2026-06-01"),
    rate("USD", "0.95", "2026-06-01"),
  ]);
  const acts = await db.selectFrom("audit_log").select(["act", "actor"]).execute();
  expect(acts).toEqual(Array(4).fill({ act: "rates.set", actor: ANN }));
});

test("all rates of the base are there for whoever converts payments of any day, and a change is noticed", async () => {
  const stored = new StoredRates(db);
  await stored.refresh();
  const at = (day: string) => Date.parse(`${day}T00:00:00Z`);
  expect(stored.current.convert(100, "USD", "EUR", at("2026-05-31"))?.amount).toBe(90);
  expect(stored.current.convert(100, "USD", "EUR", at("2026-06-01"))?.amount).toBe(95);
  const before = await readAllRates(db);
  expect(before.rates).toHaveLength(3);
  await setRate(db, ANN, rate("USD", "0.96", "2026-06-01"));
  expect((await readAllRates(db)).version).toBeGreaterThan(before.version);
  await stored.refresh();
  expect(stored.current.convert(100, "USD", "EUR", at("2026-06-01"))?.amount).toBe(96);
});

test.each([
  ["0", /no rate/],
  ["-1", /no rate/],
  ["1e3", /no rate/],
  ["abc", /no rate/],
])("a rate of %s is refused", async (value, why) => {
  await expect(setRate(db, ANN, rate("USD", value, "2026-01-01"))).rejects.toThrow(why);
});

test("sums are converted exactly, and what has no rate is named and left out", () => {
  const rates = [
    rate("USD", "0.9", "2026-02-01"),
    rate("JPY", "0.006", "2026-01-01"),
    rate("KWD", "3", "2026-03-01"),
  ];
  const amounts = [
    { currency: "EUR", minor: "1050" },
    { currency: "USD", minor: "1001" },
    { currency: "JPY", minor: "50000" },
    { currency: "KWD", minor: "1500" },
    { currency: "CHF", minor: "7" },
  ];
  // 10.50 + 9.009 → 9.01 + 300.00 + 4.50
  expect(convert(amounts, "EUR", rates)).toEqual({
    base: "EUR",
    amount: 324.01,
    ratesOf: "2026-01-01",
    without: ["CHF"],
  });
  expect(convert(amounts, null, [])).toBeNull();
});
