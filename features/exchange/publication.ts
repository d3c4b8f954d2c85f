import { z } from "zod";
import { ExchangeRates, type Rate } from "../../domain/exchange.ts";
import type { PublicationPlace } from "../../platform/process/published.ts";

/** Where Redis carries the rates. */
export function ratesPlace(prefix: string): PublicationPlace {
  return { key: `${prefix}:rates`, field: "text" };
}

const publicationSchema = z.object({
  version: z.int().nonnegative(),
  base: z.string().nullable(),
  /** Currency, day, rate. */
  rates: z.array(z.tuple([z.string(), z.iso.date(), z.string().regex(/^\d+(\.\d+)?$/)])),
});

/** The rates of a store as one text. @param version larger after each change */
export function writeRates(version: number, base: string | null, rates: readonly Rate[]): string {
  const rows = rates.map(({ currency, validFrom, rate }) => [currency, validFrom, rate]);
  return `${JSON.stringify({ version, base, rates: rows })}\n`;
}

/** @throws SyntaxError or ZodError for what is no such text */
export function readPublishedRates(text: string): {
  readonly version: number;
  readonly rates: ExchangeRates;
} {
  const { version, base, rates } = publicationSchema.parse(JSON.parse(text));
  const dated = rates.map(
    ([currency, validFrom, rate]): Rate => ({ base: base ?? "", currency, validFrom, rate }),
  );
  return { version, rates: new ExchangeRates(base, dated) };
}
