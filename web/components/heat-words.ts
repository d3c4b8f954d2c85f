import type { Heat, HeatCell } from "../../domain/analytics.ts";
import { formatCount, formatRate, formatShare } from "./format.ts";

/** What a heat map shows. */
export const HEAT_MEASURES = ["payments", "risky"] as const;
export type HeatMeasure = (typeof HEAT_MEASURES)[number];

export const MEASURE_NAME: Readonly<Record<HeatMeasure, string>> = {
  payments: "Payments an hour",
  risky: "Risky share",
};

export const WEEKDAYS = [
  ...["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
] as const;

/** Fewer payments than this have no share worth a colour. */
export const LEAST_FOR_SHARE = 20;
/** An hour that the range hardly touches has no rate. */
const LEAST_HOURS = 0.25;

/** What a cell shows; null where there is too little to say it. */
export function heatValue({ hours, payments, risky }: HeatCell, measure: HeatMeasure): number | null {
  if (measure === "payments") return hours < LEAST_HOURS ? null : payments / hours;
  return payments < LEAST_FOR_SHARE ? null : risky / payments;
}

/** In a cell: 12, 1.2k, 0.5%. */
export function shortValue(value: number | null, measure: HeatMeasure): string {
  if (value === null) return "";
  if (measure === "risky") return `${(100 * value).toFixed(value < 0.1 ? 1 : 0)}%`;
  if (value >= 999_500) return `${(value / 1e6).toFixed(value < 9.95e6 ? 1 : 0)}M`;
  if (value >= 999.5) return `${(value / 1e3).toFixed(value < 9_950 ? 1 : 0)}k`;
  return String(value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value));
}

/** "Monday, 13:00 to 14:00" */
export function hourWords({ weekday, hour }: Pick<HeatCell, "weekday" | "hour">): string {
  const clock = (each: number): string => `${String(each).padStart(2, "0")}:00`;
  return `${WEEKDAYS[weekday - 1]}, ${clock(hour)} to ${clock((hour + 1) % 24)}`;
}

/** All that is known of a cell. */
export function cellWords(cell: HeatCell): string {
  const rate = heatValue(cell, "payments");
  return (
    `${hourWords(cell)}: ${formatCount(cell.payments)} payments` +
    `${rate === null ? "" : `, ${formatRate(rate)} an hour`}; ${formatCount(cell.risky)} risky` +
    `${cell.payments === 0 ? "" : `, ${formatShare(cell.risky / cell.payments)}`}`
  );
}

/** What one reads off the map first. */
export function heatSentence({ cells }: Heat, measure: HeatMeasure): string {
  const known = cells.filter((cell) => heatValue(cell, measure) !== null);
  if (known.length === 0) return `No hour had ${LEAST_FOR_SHARE} payments: too few for a share.`;
  const value = (cell: HeatCell): number => heatValue(cell, measure) ?? 0;
  const most = known.reduce((a, b) => (value(b) > value(a) ? b : a));
  const least = known.reduce((a, b) => (value(b) < value(a) ? b : a));
  const none = known.filter((cell) => value(cell) === 0).length;
  const hours = `${none} of ${cells.length} hours`;
  if (measure === "payments") {
    const busiest = `Busiest ${hourWords(most)} (${shortValue(value(most), measure)} an hour)`;
    return none > 0
      ? `${busiest}; in ${hours} no payment came.`
      : `${busiest}, quietest ${hourWords(least)} (${shortValue(value(least), measure)} an hour).`;
  }
  const said = (cell: HeatCell): string => `${formatShare(value(cell))} of ${formatCount(cell.payments)}`;
  if (value(most) === 0) return "No payment was risky.";
  const riskiest = `Riskiest ${hourWords(most)} (${said(most)})`;
  return none > 0
    ? `${riskiest}; in ${hours} none of ${LEAST_FOR_SHARE} or more was risky.`
    : `${riskiest}, safest ${hourWords(least)} (${said(least)}).`;
}
