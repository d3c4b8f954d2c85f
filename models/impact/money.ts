/** The currency of every amount: the card holders of the data paid in euros. */
export const CURRENCY = "EUR";

const currency = { style: "currency", currency: CURRENCY } as const;
const whole = new Intl.NumberFormat("en-GB", { ...currency, maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat("en-GB", currency);
const stripped = new Intl.NumberFormat("en-GB", { ...currency, trailingZeroDisplay: "stripIfInteger" });
const compact = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** €12.30 m, €123 k, €1,230: an estimate, for reading and not for adding up; never to the cent. */
export function money(value: number): string {
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size >= 1e9) return `${sign}€${compact.format(size / 1e9)} bn`;
  if (size >= 1e6) return `${sign}€${compact.format(size / 1e6)} m`;
  if (size >= 1e4) return `${sign}€${(size / 1e3).toFixed(0)} k`;
  return withMinus(whole.format(value));
}

/** €12,345.68: an amount that was measured, or published to the cent. */
export function exactMoney(value: number): string {
  return withMinus(cents.format(value));
}

/** €0.10, €50: a price as it was agreed or assumed. */
export function price(value: number): string {
  return withMinus(stripped.format(value));
}

function withMinus(text: string): string {
  return text.replace("-", "−");
}
