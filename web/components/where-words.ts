import type { WhereColumn } from "../../domain/analytics.ts";
import { countryName, plainWords } from "./format.ts";

/** What a table of origins is called, and one of its rows. */
export const WHERE_NAME: Readonly<Record<WhereColumn, { readonly many: string; readonly one: string }>> = {
  country: { many: "Countries", one: "Country" },
  channel: { many: "Channels", one: "Channel" },
  merchant_id: { many: "Merchants", one: "Merchant" },
  merchant_category: { many: "Categories", one: "Category" },
};

/** A value as people read it. */
export function whereValue(column: WhereColumn, value: string | null): string {
  if (value === null) return "not said";
  if (column === "country") return countryName(value);
  return column === "merchant_id" ? value : plainWords(value);
}

/** The payments of a value, where the list of transactions can be asked for them. */
export function whereHref(column: WhereColumn, value: string | null): string | undefined {
  if (column !== "merchant_id" || value === null) return undefined;
  return `/transactions?${new URLSearchParams({ q: value })}`;
}
