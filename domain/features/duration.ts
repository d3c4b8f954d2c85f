const UNITS = [
  ["d", 86_400_000, "day"],
  ["h", 3_600_000, "hour"],
  ["m", 60_000, "minute"],
  ["s", 1_000, "second"],
] as const;

/** The shortest and the longest window of an aggregate, milliseconds: 1 minute to 90 days. */
export const WINDOW_MS = { min: 60_000, max: 90 * 86_400_000 } as const;

/** The longest delay of labels, milliseconds: 180 days, the longest that card schemes give for a dispute. */
export const MAX_DELAY_MS = 180 * 86_400_000;

/** How a duration is written: a whole number and a unit, `90s`, `15m`, `1h`, `7d`. */
export const DURATION = /^(\d{1,6})([dhms])$/;

/** Milliseconds of a duration such as `7d`; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  const match = DURATION.exec(text);
  const unit = UNITS.find(([letter]) => letter === match?.[2]);
  return match && unit ? Number(match[1]) * unit[1] : undefined;
}

/** A duration in words: "hour", "7 days", "90 minutes"; to stand after "in the last". */
export function durationWords(ms: number): string {
  const unit = UNITS.find(([, length]) => ms >= length && ms % length === 0);
  if (!unit) return `${ms / 1_000} seconds`;
  const count = ms / unit[1];
  return count === 1 ? unit[2] : `${count.toLocaleString("en")} ${unit[2]}s`;
}
