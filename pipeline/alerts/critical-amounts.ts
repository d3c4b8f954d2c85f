import { type Kysely, sql } from "kysely";
import { unitsOf } from "../../domain/money.ts";
import type { StoredRates } from "../store/exchange-rates.ts";
import { readBase } from "../store/exchange-rates.ts";
import type { Database } from "../store/schema.ts";
import { raiseAlert } from "./raise.ts";
import { readConditions } from "./settings.ts";

/** Where the decisions of one job lie. */
export interface RecordedRange {
  readonly decidedAt: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** Of one delivery of the outbox so many are told one by one, the dearest. */
const TOLD_SINGLY = 20;

interface Critical {
  readonly id: string;
  readonly amount: number;
  readonly currency: string;
  readonly probability: number;
  readonly decidedAt: Date;
}

/**
 * Raises an alert for each Critical decision over the amount, of those that were recorded just now: by the outbox, which
 * tells of every decision at least once. A repeat finds the alert there.
 */
export async function raiseCriticalAmounts(
  db: Kysely<Database>,
  rates: Pick<StoredRates, "current" | "refresh">,
  ranges: readonly RecordedRange[],
): Promise<void> {
  const { enabled, threshold } = (await readConditions(db)).critical_amount;
  if (!enabled || threshold === null || ranges.length === 0) return;
  const found = await readCritical(db, ranges);
  if (found.length === 0) return;
  await rates.refresh();
  const base = await readBase(db);
  const dear = found
    .map((decision) => ({ ...decision, worth: worthOf(decision, base, rates) }))
    .filter(({ worth }) => worth >= threshold)
    .sort((a, b) => b.worth - a.worth);
  for (const { id, amount, currency, probability, worth } of dear.slice(0, TOLD_SINGLY)) {
    await db.transaction().execute((trx) =>
      raiseAlert(trx, {
        kind: "critical_amount",
        subject: `transaction:${id}`,
        title: `Critical payment of ${money(amount, currency)}`,
        body: `Transaction ${id}, fraud probability ${probability.toFixed(3)}`,
        link: `/transaction?id=${encodeURIComponent(id)}`,
        value: worth,
        once: true,
      }),
    );
  }
  const rest = dear.slice(TOLD_SINGLY);
  const [first] = ranges;
  if (rest.length === 0 || !first) return;
  await db.transaction().execute((trx) =>
    raiseAlert(trx, {
      kind: "critical_amount",
      subject: `decisions:${first.firstSeq}`,
      title: `${rest.length} more Critical payments over the amount`,
      body: `${rest.length} more were decided at the same time as ${TOLD_SINGLY} that are told one by one`,
      once: true,
    }),
  );
}

async function readCritical(db: Kysely<Database>, ranges: readonly RecordedRange[]): Promise<Critical[]> {
  const first = Math.min(...ranges.map(({ firstSeq }) => firstSeq));
  const last = Math.max(...ranges.map(({ lastSeq }) => lastSeq));
  const times = [...new Set(ranges.map(({ decidedAt }) => decidedAt))];
  const { rows } = await sql<Omit<Critical, "amount"> & { minor: number }>`
    select transaction_id as id, amount_minor as minor, currency, fraud_probability as probability,
      decided_at as "decidedAt"
    from decisions
    where risk_tier = 'critical' and decided_at = any(${times}::timestamptz[]) and seq between ${first} and ${last}
    order by seq`.execute(db);
  return rows.map(({ minor, ...row }) => ({ ...row, amount: unitsOf(minor, row.currency) }));
}

/** In the base currency where there is a rate; otherwise in its own. */
function worthOf(
  { amount, currency, decidedAt }: Critical,
  base: string | null,
  rates: Pick<StoredRates, "current">,
): number {
  if (base === null || base === currency) return amount;
  return rates.current.convert(amount, currency, base, decidedAt.getTime())?.amount ?? amount;
}

const money = (amount: number, currency: string): string =>
  `${amount.toLocaleString("en", { maximumFractionDigits: 3 })} ${currency}`;
