import type { Action } from "../../domain/actions.ts";
import { exponentOf } from "../../domain/money.ts";
import type { SNOOZE_MINUTES } from "../../domain/review-cases.ts";
import { byTier, tierName } from "../../domain/tiers.ts";
import type { FollowUp, Verdict, VerdictKind } from "../../domain/verdicts.ts";

const count = new Intl.NumberFormat("en-GB");
const oneDigit = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const threeDigits = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 3 });
const currencies = new Map<string, Intl.NumberFormat>();
const clocks = new Map<string, Intl.DateTimeFormat>();

/** 12,345 */
export const formatCount = (value: number): string => count.format(value);

/** 12.3 */
export const formatRate = (perSecond: number): string => oneDigit.format(perSecond);

/** 0.1234 → "12.3 %"; never a rounded 100 or 0 that is not one; null, a share of nothing, → "–". */
export function formatShare(value: number | null): string {
  if (value === null) return "–";
  if (value > 0.999 && value < 1) return ">99.9 %";
  if (value < 0.001 && value > 0) return "<0.1 %";
  return `${oneDigit.format(value * 100)} %`;
}

/** A probability as people compare it: three digits, never a rounded 1 or 0 that is not one. */
export function formatScore(probability: number): string {
  if (probability > 0.999 && probability < 1) return ">0.999";
  if (probability < 0.001 && probability > 0) return "<0.001";
  return probability.toFixed(3);
}

/**
 * An amount that was worked out, rounded to the currency's digits: €1,234.50. A code that Intl does not know stands
 * before the number.
 */
export function formatMoney(amount: number, currency: string): string {
  return money(amount, currency, 0);
}

/** An amount that was given, to its last digit: ¥1,234.56, also where the currency usually has fewer. */
export function formatAmount(amount: number, currency: string): string {
  const [digits = "", exponent = "0"] = String(amount).split("e");
  const decimals = (digits.split(".")[1]?.length ?? 0) - Number(exponent);
  return money(amount, currency, Math.min(MOST_DECIMALS, Math.max(0, decimals)));
}

/** The most that Intl writes. */
const MOST_DECIMALS = 100;

/** With the currency's digits after the point, or `decimals` when those are more. */
function money(amount: number, currency: string, decimals: number): string {
  const isCode = /^[A-Z]{3}$/.test(currency);
  const key = `${isCode ? currency : ""} ${decimals}`;
  let format = currencies.get(key);
  if (!format) {
    const style: Intl.NumberFormatOptions = isCode ? { style: "currency", currency } : {};
    // What is kept has the minor unit of ISO 4217; Intl's own digits are those in daily use, none for IQD.
    const digits = Math.max(exponentOf(currency), decimals);
    format = new Intl.NumberFormat("en-GB", {
      ...style,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    // Bounded, because currencies and decimals are the caller's.
    if (currencies.size < 1_000) currencies.set(key, format);
  }
  const text = format.format(amount);
  return isCode ? text : `${currency} ${text}`;
}

function clock(
  timeZone: string,
  style: "time" | "minute" | "day" | "short" | "date-time",
): Intl.DateTimeFormat {
  const key = `${style} ${timeZone}`;
  let format = clocks.get(key);
  if (!format) {
    const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone } as const;
    const options: Record<typeof style, Intl.DateTimeFormatOptions> = {
      time: { ...time, second: "2-digit" },
      minute: time,
      day: { day: "numeric", month: "short", year: "numeric", timeZone },
      short: { ...time, second: "2-digit", day: "numeric", month: "short" },
      "date-time": {
        ...time,
        second: "2-digit",
        day: "numeric",
        month: "short",
        year: "numeric",
        timeZoneName: "short",
      },
    };
    format = new Intl.DateTimeFormat("en-GB", options[style]);
    clocks.set(key, format);
  }
  return format;
}

/** 21:43:07 */
export const formatTime = (at: Date, timeZone: string): string => clock(timeZone, "time").format(at);

/** 21:43 */
export const formatMinute = (at: Date, timeZone: string): string => clock(timeZone, "minute").format(at);

/** 22 Nov 2026 */
export const formatDay = (at: Date, timeZone: string): string => clock(timeZone, "day").format(at);

/** 22 Nov, 21:43:07 */
export const formatShort = (at: Date, timeZone: string): string => clock(timeZone, "short").format(at);

/** 22 Nov 2026, 21:43:07 CET: the whole of a moment. */
export const formatDateTime = (at: Date, timeZone: string): string =>
  clock(timeZone, "date-time").format(at).replace("-", "−");

/** "Europe/Paris (GMT+1)": the zone that times on a page are in, and what it was ahead of UTC at that moment. */
export function formatZone(timeZone: string, at: Date): string {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone, timeZoneName: "shortOffset" }).formatToParts(at);
  const offset = parts.find((part) => part.type === "timeZoneName")?.value;
  return offset === undefined || timeZone === "UTC" ? timeZone : `${timeZone} (${offset.replace("-", "−")})`;
}

/** What is left until `due`: "3 h 05 min", "12:05"; "overdue 0:40" afterwards. assets/clock.js counts on in the same words. */
export function formatRemaining(due: Date, now: Date): string {
  const seconds = Math.floor((due.getTime() - now.getTime()) / 1_000);
  const left = Math.abs(seconds);
  const hours = Math.floor(left / 3_600);
  const minutes = Math.floor((left % 3_600) / 60);
  const text =
    hours > 0
      ? `${hours} h ${String(minutes).padStart(2, "0")} min`
      : `${minutes}:${String(left % 60).padStart(2, "0")}`;
  return seconds < 0 ? `overdue ${text}` : text;
}

export const TIER_NAME = byTier(tierName);

export const ACTION_NAME: Record<Action, string> = {
  approve: "Approve",
  monitor: "Monitor",
  verify: "Verify",
  block: "Block",
};

/** What a verdict says more closely. */
export const KIND_NAME: Record<VerdictKind, string> = {
  stolen_card: "Lost or stolen card",
  counterfeit_card: "Counterfeit card",
  account_takeover: "Account takeover",
  card_testing: "Card testing",
  scam: "Scam, paid by the customer",
  first_party: "First-party fraud",
  useful_alert: "Legitimate, but a useful alert",
};

export const FOLLOW_UP_NAME: Record<FollowUp, string> = {
  refunded: "Refunded",
  customer_contacted: "Customer contacted",
};

export const VERDICT_NAME: Record<Verdict, string> = {
  fraud: "Fraud",
  legitimate: "Legitimate",
};

const SOURCE_NAMES: ReadonlyMap<string, string> = new Map([
  ["simulator", "Simulator"],
  ["replay", "Replay"],
  ["api", "HTTP API"],
  ["grpc", "gRPC"],
  ["queue", "Queue"],
]);

/** Where a transaction came from, in words; a producer's own label as it is. */
export function sourceName(source: string): string {
  return SOURCE_NAMES.get(source) ?? source;
}

/** −1,234.567, to three digits, with the minus that is as wide as a plus. */
export const formatNumber = (value: number): string => threeDigits.format(value).replace("-", "−");

const countryNames = new Intl.DisplayNames("en", { type: "region", fallback: "code" });

/** "FR" → "France"; what is no country code stays as it is. */
export function countryName(code: string): string {
  return /^[A-Z]{2}$/.test(code) ? (countryNames.of(code) ?? code) : code;
}

/** "grocery_pos" → "Grocery pos" */
export function plainWords(text: string): string {
  const words = text.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A message as a sentence: a capital first, a full stop last. */
export function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** For how long a case is put off. */
export const SNOOZE_NAME: Readonly<Record<(typeof SNOOZE_MINUTES)[number], string>> = {
  15: "15 minutes",
  60: "1 hour",
  240: "4 hours",
  1440: "1 day",
};
