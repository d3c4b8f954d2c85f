import type { Action, RiskTier } from "../../pipeline/store/schema.ts";

const count = new Intl.NumberFormat("en-GB");
const oneDigit = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const currencies = new Map<string, Intl.NumberFormat>();
const clocks = new Map<string, Intl.DateTimeFormat>();

/** 12,345 */
export const formatCount = (value: number): string => count.format(value);

/** 12.3 */
export const formatRate = (perSecond: number): string => oneDigit.format(perSecond);

/** 0.1234 → "12.3 %"; null, a share of nothing, → "–". */
export function formatShare(value: number | null): string {
  return value === null ? "–" : `${oneDigit.format(value * 100)} %`;
}

/** A probability as people compare it: three digits, never a rounded 1 or 0 that is not one. */
export function formatScore(probability: number): string {
  if (probability > 0.999 && probability < 1) return ">0.999";
  if (probability < 0.001 && probability > 0) return "<0.001";
  return probability.toFixed(3);
}

/** €1,234.50; a code that Intl does not know stands before the number. */
export function formatMoney(amount: number, currency: string): string {
  let format = currencies.get(currency);
  if (!format) {
    format = /^[A-Z]{3}$/.test(currency)
      ? new Intl.NumberFormat("en-GB", { style: "currency", currency })
      : new Intl.NumberFormat("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    currencies.set(currency, format);
  }
  return format.format(amount);
}

function clock(timeZone: string, style: "time" | "minute" | "short" | "date-time"): Intl.DateTimeFormat {
  const key = `${style} ${timeZone}`;
  let format = clocks.get(key);
  if (!format) {
    const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone } as const;
    const options: Record<typeof style, Intl.DateTimeFormatOptions> = {
      time: { ...time, second: "2-digit" },
      minute: time,
      short: { ...time, second: "2-digit", day: "numeric", month: "short" },
      "date-time": { ...time, second: "2-digit", day: "numeric", month: "short", year: "numeric" },
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

/** 22 Nov, 21:43:07 */
export const formatShort = (at: Date, timeZone: string): string => clock(timeZone, "short").format(at);

/** 22 Nov 2026, 21:43:07 */
export const formatDateTime = (at: Date, timeZone: string): string => clock(timeZone, "date-time").format(at);

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

export const TIER_NAME: Record<RiskTier, string> = {
  low: "Low",
  medium: "Medium",
  high: "High",
  critical: "Critical",
};

export const ACTION_NAME: Record<Action, string> = {
  approve: "Approve",
  monitor: "Monitor",
  verify: "Verify",
  block: "Block",
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
