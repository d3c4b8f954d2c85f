const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
] as const;

/** A span of seconds in the largest unit that it is a whole number of: 7 d, 90 min, 45 s. */
export function spanOf(seconds: number): string {
  const unit = UNITS.find(([, length]) => seconds > 0 && seconds % length === 0);
  return unit ? `${seconds / unit[1]} ${unit[0]}` : `${seconds} s`;
}

const DAY = 86_400;
/** Characters of an ISO moment up to its minutes, seconds, milliseconds. */
const [MINUTES, SECONDS, MILLISECONDS] = [16, 19, 23];

/**
 * Words for moments, seconds since 1970, as exact as the rows are dense: a file of an hour needs more than one of a year.
 *
 * @param span seconds from the first row to the last
 */
export function momentsOver(span: number): (seconds: number) => string {
  const length = span > 2 * DAY ? MINUTES : span > 120 ? SECONDS : MILLISECONDS;
  return (seconds) => `${new Date(seconds * 1_000).toISOString().slice(0, length).replace("T", " ")} UTC`;
}
