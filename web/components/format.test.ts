import { expect, test } from "vitest";
import { countryName, formatMoney, formatRemaining, formatScore, formatShare, formatTime } from "./format.ts";

const at = (iso: string): Date => new Date(iso);

test("a deadline counts down, and up once it has passed", () => {
  const now = at("2026-11-22T12:00:00Z");
  expect(formatRemaining(at("2026-11-22T15:05:30Z"), now)).toBe("3 h 05 min");
  expect(formatRemaining(at("2026-11-22T12:12:05Z"), now)).toBe("12:05");
  expect(formatRemaining(at("2026-11-22T11:59:20Z"), now)).toBe("overdue 0:40");
});

test("a score that is not certain never reads as certain", () => {
  expect(formatScore(0.99996)).toBe(">0.999");
  expect(formatScore(1)).toBe("1.000");
  expect(formatScore(0.0001)).toBe("<0.001");
  expect(formatScore(0.93749)).toBe("0.937");
});

test("a share of nothing is no zero", () => {
  expect(formatShare(null)).toBe("–");
  expect(formatShare(0.1234)).toBe("12.3 %");
});

test("money in any currency, also in one that is none", () => {
  expect(formatMoney(1234.5, "EUR")).toBe("€1,234.50");
  expect(formatMoney(1234.5, "eu")).toBe("1,234.50");
});

test("times are the reader's", () => {
  expect(formatTime(at("2026-11-22T21:43:07Z"), "Europe/Paris")).toBe("22:43:07");
});

test("countries by name; what is none stays", () => {
  expect(countryName("FR")).toBe("France");
  expect(countryName("fr1")).toBe("fr1");
});
