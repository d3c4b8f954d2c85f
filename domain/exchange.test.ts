import { expect, test } from "vitest";
import { ExchangeRates, multiplied, NO_RATES, type Rate, whyNotConverted } from "./exchange.ts";

const rate = (currency: string, value: string, validFrom: string): Rate => ({
  ...{ base: "EUR", currency, rate: value, validFrom },
});
const at = (day: string): number => Date.parse(`${day}T12:00:00Z`);
const rates = new ExchangeRates("EUR", [
  rate("USD", "0.95", "2026-06-01"),
  rate("USD", "0.90", "2026-01-01"),
  rate("JPY", "0.006", "2026-01-01"),
  rate("KWD", "3", "2026-03-01"),
  { ...rate("CHF", "1.1", "2026-01-01"), base: "GBP" },
]);

test("an amount is converted by the rate of its own day, exactly and to whole minor units", () => {
  expect(rates.convert(10.01, "USD", "EUR", at("2026-05-31"))).toEqual({
    ...{ amount: 9.01, currency: "EUR", rate: 0.9, ratesOf: "2026-01-01" },
  });
  expect(rates.convert(10.01, "USD", "EUR", Date.parse("2026-06-01T00:00:00Z"))).toMatchObject({
    ...{ amount: 9.51, ratesOf: "2026-06-01" },
  });
  expect(rates.convert(50_000, "JPY", "EUR", at("2026-06-01"))?.amount).toBe(300);
  expect(rates.convert(1.5, "KWD", "JPY", at("2026-06-01"))).toMatchObject({ amount: 750, rate: 500 });
  // From the base, and between two others: 9.00 EUR are 1,500 yen, 300 yen are two dollars.
  expect(rates.convert(9, "EUR", "JPY", at("2026-02-01"))?.amount).toBe(1_500);
  expect(rates.convert(300, "JPY", "USD", at("2026-02-01"))).toMatchObject({
    ...{ amount: 2, currency: "USD", rate: 0.00666666666667, ratesOf: "2026-01-01" },
  });
  expect(rates.convert(0, "USD", "EUR", at("2026-02-01"))?.amount).toBe(0);
});

test("without a rate of the day nothing is converted, and both currencies that lack one are named", () => {
  expect(rates.convert(1, "USD", "EUR", at("2025-12-31"))).toBeUndefined();
  expect(rates.convert(1, "CHF", "EUR", at("2026-06-01"))).toBeUndefined();
  expect(rates.missing("KWD", "USD", at("2025-01-01"))).toEqual(["KWD", "USD"]);
  expect(ExchangeRates.NONE.convert(1, "USD", "EUR", at("2026-06-01"))).toBeUndefined();
  expect(whyNotConverted("the model m@1", "EUR", "USD", at("2026-06-01"), NO_RATES)).toBe(
    "is USD, the model m@1 reads amounts in EUR, and there is no rate for USD on 2026-06-01: " +
      "its operator sets one: npm run rates -- set USD RATE --from 2026-06-01; or send the amount in EUR",
  );
});

test("a sum times a decimal is exact, half up", () => {
  expect(multiplied(1001n, "0.9", 0)).toBe(901n);
  expect(multiplied(50_000n, "0.006", 2)).toBe(30_000n);
  expect(multiplied(5n, "0.1", 0)).toBe(1n);
});
