const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** 12,346 */
export function count(value: number): string {
  return whole.format(value).replace("-", "−");
}

/** 12,345.68 */
export function exact(value: number): string {
  return cents.format(value).replace("-", "−");
}

/** 12.3 million, 123 thousand, 1,230: for reading, not for adding up. */
export function money(value: number): string {
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size >= 1e9) return `${sign}${(size / 1e9).toFixed(2)} bn`;
  if (size >= 1e6) return `${sign}${(size / 1e6).toFixed(2)} m`;
  if (size >= 1e4) return `${sign}${(size / 1e3).toFixed(0)} k`;
  return count(value);
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
