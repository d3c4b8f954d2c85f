import { type Kysely, sql } from "kysely";
import { RISK_TIERS } from "../../domain/tiers.ts";
import type { Database } from "../../pipeline/store/schema.ts";

/** A page or list, with addresses drawn from all over the store. */
export interface Kind {
  readonly name: string;
  readonly addresses: readonly string[];
  /** What it is compared with at ten thousand rows, where that is too few for the same: its first page. */
  readonly like?: string;
}

/** So many of what there are: more than are ever in one answer. */
const DRAWN = 200;
const DAY_MS = 86_400_000;

/** Every page and list of the API, first pages and deep ones, with each filter. Needs a filled store. */
export async function addressesOf(db: Kysely<Database>): Promise<Kind[]> {
  const drawn = await sql<{ id: string; seq: number; card: string; merchant: string; at: Date }>`
    with ends as (select min(seq) as low, max(seq) as high from decisions),
    places as (
      select (low + (high - low) * random())::int8 as seq from ends, generate_series(1, ${DRAWN}::int))
    select d.transaction_id as id, d.seq, d.card_token as card, d.merchant_id as merchant, d.decided_at as at
    from places join decisions d using (seq)`.execute(db);
  const { rows } = drawn;
  const cases = async (status: string): Promise<number[]> => {
    const found = await sql<{ id: number }>`
      select case_id as id from review_cases where status = ${status} order by random() limit ${DRAWN}`.execute(
      db,
    );
    return found.rows.map(({ id }) => id);
  };
  const counted = await sql<{ open: number; decided: number }>`
    select count(*) filter (where status = 'open') as open, count(*) filter (where status = 'decided') as decided
    from review_cases`.execute(db);
  const { open, decided } = counted.rows[0]!;
  const [openIds, decidedIds] = [await cases("open"), await cases("decided")];
  const deep = (all: number): number[] => rows.map((_, n) => Math.floor((all * n) / rows.length));

  const one = (name: string, address: string): Kind => ({ name, addresses: [address] });
  const each = (name: string, make: (row: (typeof rows)[number]) => string, like?: string): Kind => ({
    name,
    addresses: rows.map(make),
    ...(like === undefined ? {} : { like }),
  });
  const api = "/api/v1/transactions?limit=50";
  const range = (at: Date): string =>
    `since=${at.toISOString()}&until=${new Date(at.getTime() + 7 * DAY_MS).toISOString()}`;
  return [
    one("dashboard", "/"),
    one("transactions", "/transactions"),
    ...RISK_TIERS.toReversed().map((tier) => one(`transactions, ${tier}`, `/transactions?tier=${tier}`)),
    one("transactions, one source", "/transactions?source=replay"),
    one("transactions, a source that has none", "/transactions?source=nobody"),
    one("transactions, predicted fraud", "/transactions?predicted=fraud"),
    one("transactions, predicted legitimate", "/transactions?predicted=legitimate"),
    one(
      "transactions, critical of one source, predicted legitimate",
      "/transactions?tier=critical&source=grpc&predicted=legitimate",
    ),
    each("transactions of a card", ({ card }) => `/transactions?q=${card}`),
    each("transactions of a merchant", ({ merchant }) => `/transactions?q=${merchant}`),
    each("transactions by an id", ({ id }) => `/transactions?q=${id}`),
    one("transactions by an id that is none", "/transactions?q=nothing-is-called-so"),
    each("transactions, deep", ({ seq }) => `/transactions?before=${seq}`, "transactions"),
    each(
      "transactions, high, deep",
      ({ seq }) => `/transactions?tier=high&before=${seq}`,
      "transactions, high",
    ),
    each(
      "transactions, one source, deep",
      ({ seq }) => `/transactions?source=replay&before=${seq}`,
      "transactions, one source",
    ),
    each(
      "transactions, critical of one source, deep",
      ({ seq }) => `/transactions?tier=critical&source=grpc&before=${seq}`,
      "transactions, critical",
    ),
    each("a transaction", ({ id }) => `/transactions/${id}`),
    each("why a transaction", ({ id }) => `/transactions/${id}/why`),
    one("reviews", "/reviews"),
    one("reviews, nobody's", "/reviews?show=free"),
    one("reviews, mine", "/reviews?show=mine"),
    one("reviews, critical", "/reviews?tier=critical"),
    one("reviews, decided", "/reviews?show=decided"),
    {
      name: "reviews, deep",
      addresses: deep(open / 50).map((page) => `/reviews?page=${1 + page}`),
      like: "reviews",
    },
    {
      name: "reviews, decided, deep",
      addresses: deep(decided / 50).map((page) => `/reviews?show=decided&page=${1 + page}`),
      like: "reviews, decided",
    },
    { name: "an open case", addresses: openIds.map((id) => `/reviews/${id}`) },
    { name: "a decided case", addresses: decidedIds.map((id) => `/reviews/${id}`) },
    one("impact", "/impact"),
    one("API docs", "/api/docs"),
    one("API stats", "/api/v1/stats"),
    one("API transactions", api),
    each("API transactions, deep", ({ seq }) => `${api}&before=${seq}`, "API transactions"),
    each("API transactions, a week in the past", ({ at }) => `${api}&${range(at)}`, "API transactions"),
    each(
      "API transactions, high and critical in a week",
      ({ at }) => `${api}&tier=high&tier=critical&${range(at)}`,
      "API transactions",
    ),
    each(
      "API transactions of a merchant in a week",
      ({ at, merchant }) => `${api}&search=${merchant}&${range(at)}`,
      "API transactions",
    ),
    each("API transactions of a card", ({ card }) => `${api}&search=${card}`),
    one("API reviews", "/api/v1/reviews"),
    one("API reviews, decided", "/api/v1/reviews?status=decided"),
    {
      name: "API reviews, deep",
      addresses: deep(open).map((offset) => `/api/v1/reviews?offset=${offset}`),
      like: "API reviews",
    },
    {
      name: "API reviews, decided, deep",
      addresses: deep(decided).map((offset) => `/api/v1/reviews?status=decided&offset=${offset}`),
      like: "API reviews, decided",
    },
    { name: "API, an open case", addresses: openIds.map((id) => `/api/v1/reviews/${id}`) },
    { name: "API, a decided case", addresses: decidedIds.map((id) => `/api/v1/reviews/${id}`) },
  ];
}
