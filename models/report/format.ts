const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

/** 12,346 */
export function count(value: number): string {
  return whole.format(value).replace("-", "−");
}

/** 12.3 % with as many digits as a small share needs. */
export function percent(share: number, digits = 1): string {
  const value = 100 * share;
  if (value !== 0 && Math.abs(value) < 10 ** -digits) return `${value.toPrecision(2)} %`;
  return `${value.toFixed(digits)} %`;
}

/** 0.8258 */
export function score(value: number, digits = 3): string {
  return Number.isNaN(value) ? "n/a" : value.toFixed(digits);
}

/** 0.826 (0.745 to 0.902) */
export function interval(
  figure: { readonly value: number; readonly low: number; readonly high: number },
  digits = 3,
): string {
  return `${score(figure.value, digits)} (${score(figure.low, digits)} to ${score(figure.high, digits)})`;
}

/** 217; below ten with one decimal: half a payment a day is not none. */
export function few(value: number): string {
  return value > 0 && value < 9.95 ? value.toFixed(1) : count(value);
}

/** 77 of a share of 0.77: how many of a hundred. */
export function ofHundred(share: number): string {
  return count(100 * share);
}

/** "67 to 85": the ends of an interval, each as `write` has it. */
export function range(
  { low, high }: { readonly low: number; readonly high: number },
  write: (end: number) => string,
): string {
  return `${write(low)} to ${write(high)}`;
}

/** 83.0 % (65.1 to 94.2); ends near nothing keep two digits, so that an interval never reads as a point. */
export function percentInterval({
  value,
  low,
  high,
}: {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}): string {
  const end = (share: number): string => percent(share).slice(0, -2);
  return `${percent(value)} (${end(low)} to ${end(high)})`;
}
