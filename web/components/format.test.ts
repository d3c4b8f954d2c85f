import { expect, test } from "vitest";
import {
  countryName,
  formatAmount,
  formatDateTime,
  formatMoney,
  formatNumber,
  formatRemaining,
  formatScore,
  formatShare,
  formatTime,
  formatZone,
} from "./format.ts";
import { Reasons, shortReason } from "./reasons.tsx";

const REASON = {
  code: "V14_LOW",
  feature: "V14",
  value: -8,
  contribution: 0.4,
  text: "V14 is unusually low",
};
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

test("a reason in short is told in the schema's words where it has them", () => {
  expect(shortReason(REASON)).toBe("V14 low");
  const title = "Payments of this customer in the last hour";
  expect(shortReason({ code: "COUNT_1H_HIGH", title })).toBe(`${title}: high`);
  expect(shortReason({ code: "CHANNEL_ONLINE_YES", title: "Channel is online" })).toBe(
    "Channel is online: yes",
  );
});

test("a share of nothing is no zero", () => {
  expect(formatShare(null)).toBe("–");
  expect(formatShare(0.1234)).toBe("12.3 %");
  expect(formatShare(0.9999)).toBe(">99.9 %");
  expect(formatShare(0.0001)).toBe("<0.1 %");
  expect([formatShare(0), formatShare(1)]).toEqual(["0.0 %", "100.0 %"]);
});

test("money in any currency, also in one that is none", () => {
  expect(formatMoney(1234.5, "EUR")).toBe("€1,234.50");
  expect(formatMoney(1234.5, "eu")).toBe("eu 1,234.50");
});

test("an amount that was given is shown to its last digit, one that was worked out is rounded", () => {
  expect(formatAmount(1234.56, "JPY")).toBe("JP¥1,234.56");
  expect(formatAmount(1235, "JPY")).toBe("JP¥1,235");
  expect(formatMoney(1234.56, "JPY")).toBe("JP¥1,235");
  expect(formatAmount(1.2, "KWD")).toMatch(/^KWD.1\.200$/);
  // Intl writes dinars of Iraq without digits; the store keeps three.
  expect(formatMoney(1.25, "IQD")).toMatch(/^IQD.1\.250$/);
  expect(formatAmount(0.125, "EUR")).toBe("€0.125");
  expect(formatAmount(1.5e-7, "EUR")).toBe("€0.00000015");
  expect(formatAmount(1e12, "INR")).toBe("₹1,000,000,000,000.00");
  expect(formatAmount(1e21, "EUR")).toBe("€1,000,000,000,000,000,000,000.00");
});

test("there is one minus", () => {
  expect(formatNumber(-1234.5678)).toBe("−1,234.568");
  expect(String(Reasons({ reasons: [{ ...REASON, contribution: -0.05 }] }))).toContain("−0.050");
});

test("a zone is named with what it is ahead of UTC at the moment it is about", () => {
  expect(formatZone("Europe/Paris", at("2026-11-22T12:00:00Z"))).toBe("Europe/Paris (GMT+1)");
  expect(formatZone("Europe/Paris", at("2026-07-22T12:00:00Z"))).toBe("Europe/Paris (GMT+2)");
  expect(formatZone("America/New_York", at("2026-11-22T12:00:00Z"))).toBe("America/New_York (GMT−5)");
  expect(formatDateTime(at("2026-11-22T12:00:00Z"), "America/New_York")).toBe("22 Nov 2026, 07:00:00 GMT−5");
  expect(formatDateTime(at("2026-11-22T12:00:00Z"), "UTC")).toBe("22 Nov 2026, 12:00:00 UTC");
  expect(formatZone("UTC", at("2026-07-22T12:00:00Z"))).toBe("UTC");
});

test("times are the reader's", () => {
  expect(formatTime(at("2026-11-22T21:43:07Z"), "Europe/Paris")).toBe("22:43:07");
});

test("countries by name; what is none stays", () => {
  expect(countryName("FR")).toBe("France");
  expect(countryName("fr1")).toBe("fr1");
});
