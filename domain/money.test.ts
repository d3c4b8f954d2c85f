import fc from "fast-check";
import { expect, test } from "vitest";
import { CURRENCIES_BY_EXPONENT, decimalOf, exponentOf, minorUnits, unitsOf } from "./money.ts";

test("amounts become whole minor units of their currency", () => {
  expect(minorUnits(0.1, "EUR") + minorUnits(0.2, "EUR")).toBe(30n);
  expect(minorUnits(149.62, "EUR")).toBe(14962n);
  expect(minorUnits(5000, "JPY")).toBe(5000n);
  expect(minorUnits(1.234, "KWD")).toBe(1234n);
  expect(minorUnits(1e12, "CLF")).toBe(10n ** 16n);
  expect(minorUnits(1.1e21, "EUR")).toBe(11n * 10n ** 22n);
  expect(minorUnits(-0.05, "EUR")).toBe(-5n);
});

test("what is finer than the minor unit is rounded half to even, from the decimal as it was written", () => {
  expect([1.005, 1.015, 1.0051, 0.005, 0.015].map((amount) => minorUnits(amount, "EUR"))).toEqual([
    100n,
    102n,
    101n,
    0n,
    2n,
  ]);
  expect([0.5, 1.5, 2.5].map((amount) => minorUnits(amount, "JPY"))).toEqual([0n, 2n, 2n]);
  expect([1e-320, 1e-7, 0.0049, 0].map((amount) => minorUnits(amount, "EUR"))).toEqual([0n, 0n, 0n, 0n]);
  expect(() => minorUnits(Number.NaN, "EUR")).toThrow(RangeError);
});

test("every amount of two digits below ten billions comes back as it was", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e12 }),
      fc.constantFrom("EUR", "JPY", "KWD", "CLF"),
      (minor, currency) => {
        expect(minorUnits(unitsOf(minor, currency), currency)).toBe(BigInt(minor));
      },
    ),
  );
});

test("decimals are written out with all digits of the currency", () => {
  expect(decimalOf(1050n, "EUR")).toBe("10.50");
  expect(decimalOf(5, "EUR")).toBe("0.05");
  expect(decimalOf("-5", "EUR")).toBe("-0.05");
  expect(decimalOf(5000n, "JPY")).toBe("5000");
  expect(decimalOf(1n, "KWD")).toBe("0.001");
});

test("a currency is listed once, and an unknown one has hundredths", () => {
  const all = Object.values(CURRENCIES_BY_EXPONENT).flat();
  expect(new Set(all).size).toBe(all.length);
  expect([exponentOf("XXY"), exponentOf("USD"), exponentOf("KRW"), exponentOf("BHD")]).toEqual([2, 2, 0, 3]);
});
