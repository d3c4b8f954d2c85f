import { type Kysely, sql } from "kysely";
import type { Database } from "../../pipeline/store/schema.ts";

/** A page or list that is measured. */
export interface Address {
  readonly name: string;
  readonly path: string;
}

/** Every page and every list of the API, with each filter that it has, at the start and deep inside. */
export async function addressesOf(db: Kysely<Database>): Promise<Address[]> {
  const { rows } = await sql<{
    middle: number;
    id: string;
    card: string;
    merchant: string;
    open: number;
    decided: number;
    from: Date;
  }>`
    with middle as (select * from decisions where seq = (select (max(seq) + min(seq)) / 2 from decisions))
    select seq as middle, transaction_id as id, card_token as card, merchant_id as merchant, decided_at as from,
      (select case_id from review_cases where status = 'open' order by case_id limit 1) as open,
      (select case_id from review_cases where status = 'decided' order by case_id limit 1) as decided
    from middle`.execute(db);
  const { middle, id, card, merchant, open, decided, from } = rows[0]!;
  const day = `since=${from.toISOString()}&until=${new Date(from.getTime() + 86_400_000).toISOString()}`;
  const pages: Record<string, string> = {
    dashboard: "/",
    transactions: "/transactions",
    "transactions, one tier": "/transactions?tier=critical",
    "transactions, a card": `/transactions?search=${card}`,
    transaction: `/transactions/${id}`,
    "review queue": "/reviews",
    "review queue, decided": "/reviews?show=decided",
    "case, open": `/reviews/${open}`,
    "case, decided": `/reviews/${decided}`,
    impact: "/impact",
  };
  const api: Record<string, string> = {
    stats: "/api/v1/stats",
    transactions: "/api/v1/transactions?limit=200",
    "transactions, deep": `/api/v1/transactions?before=${middle}`,
    "transactions, two tiers, deep": `/api/v1/transactions?tier=critical&tier=high&before=${middle}`,
    "transactions, a source, deep": `/api/v1/transactions?source=replay&before=${middle}`,
    "transactions, a source that nobody has": "/api/v1/transactions?source=nobody",
    "transactions, a merchant": `/api/v1/transactions?search=${merchant}`,
    "transactions, an id": `/api/v1/transactions?search=${id}`,
    "transactions, a day long ago": `/api/v1/transactions?${day}`,
    "transactions, a day long ago, one tier": `/api/v1/transactions?tier=high&${day}`,
    reviews: "/api/v1/reviews?limit=200",
    "reviews, one tier": "/api/v1/reviews?tier=high",
    "reviews, unclaimed": "/api/v1/reviews?unclaimed=true",
    "reviews, decided": "/api/v1/reviews?status=decided",
    "review, one": `/api/v1/reviews/${open}`,
  };
  const listed = (entries: Record<string, string>, what: string): Address[] =>
    Object.entries(entries).map(([name, path]) => ({ name: `${what}: ${name}`, path }));
  return [...listed(pages, "page"), ...listed(api, "API")];
}
