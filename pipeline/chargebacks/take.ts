import { type Kysely, sql, type Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { Label } from "../../domain/verdicts.ts";
import type { FieldViolation } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import { instant } from "../doors/fields.ts";
import { refuse } from "../doors/json.ts";
import { putLabels } from "../review/labels.ts";
import type { Database } from "../store/schema.ts";
import { type Chargeback, isToCome } from "./chargeback.ts";

/** What can become of a chargeback, in the order in which it is told. */
export const CHARGEBACK_OUTCOMES = ["accepted", "duplicate", "superseded", "unknown", "refused"] as const;
export type ChargebackOutcome = (typeof CHARGEBACK_OUTCOMES)[number];

/** How many of each. */
export type ChargebackCounts = Readonly<Record<ChargebackOutcome, number>>;

/** What became of one chargeback. */
export interface TakenChargeback {
  readonly outcome: ChargebackOutcome;
  /** Where it changed nothing. */
  readonly why?: string;
}

export interface TakeOptions {
  /** The name of the file that they come from, for the audit log. */
  readonly file?: string;
  /** Says what would become of each, and writes nothing. */
  readonly dryRun?: boolean;
}

/** Chargebacks of one SQL transaction, and of one entry of the audit log. */
export const CHARGEBACKS_AT_ONCE = 1_000;

/** How many ids, and how many reasons, an entry of the audit log names. */
const MOST_NAMED = 100;

/** A chargeback with its time as a number. */
interface Report {
  readonly transactionId: string;
  readonly label: Label;
  readonly atMs: number;
  readonly reasonCode: string | undefined;
}

/** What is known of a payment, and what a chargeback says of it so far. */
interface Payment {
  readonly decided: boolean;
  readonly eventTime: Date;
  stands: { readonly label: Label; readonly atMs: number } | undefined;
  changed: boolean;
}

/**
 * Takes chargebacks as labels, {@link CHARGEBACKS_AT_ONCE} in one SQL transaction. What they say takes the place of an
 * analyst's label, and no verdict takes it back; the case stays as it is. Of two about one payment the later stands, at
 * the same time the reversal: in whatever order they come, and however often, the end is the same. A payment that was
 * imported and never decided has it as the label to learn from as well.
 *
 * @returns what became of each, in their order
 * @throws DomainError `invalid_argument` for a time that is none, before anything is written
 */
export async function takeChargebacks(
  db: Kysely<Database>,
  actor: Actor,
  items: readonly Chargeback[],
  options: TakeOptions = {},
): Promise<TakenChargeback[]> {
  const reports = reportsOf(items);
  const taken: TakenChargeback[] = [];
  for (let from = 0; from < reports.length; from += CHARGEBACKS_AT_ONCE) {
    taken.push(...(await takeChunk(db, actor, reports.slice(from, from + CHARGEBACKS_AT_ONCE), options)));
  }
  return taken;
}

/** How many of each outcome there are. */
export function countOutcomes(taken: readonly TakenChargeback[]): ChargebackCounts {
  const counts = { accepted: 0, duplicate: 0, superseded: 0, unknown: 0, refused: 0 };
  for (const { outcome } of taken) counts[outcome]++;
  return counts;
}

function reportsOf(items: readonly Chargeback[]): Report[] {
  const wrong: FieldViolation[] = [];
  const reports = items.map(({ transactionId, label = "fraud", reportedAt, reasonCode }, i): Report => {
    const at = instant.safeParse(reportedAt);
    if (!at.success) {
      wrong.push({ field: `[${i}].reportedAt`, description: at.error.issues[0]?.message ?? "is no time" });
    }
    return { transactionId, label, atMs: at.success ? Date.parse(at.data) : Number.NaN, reasonCode };
  });
  if (wrong.length > 0) throw refuse(wrong);
  return reports;
}

async function takeChunk(
  db: Kysely<Database>,
  actor: Actor,
  reports: readonly Report[],
  { file, dryRun = false }: TakeOptions,
): Promise<TakenChargeback[]> {
  return db.transaction().execute(async (trx) => {
    // One after the other: what the first says of a payment is there when the next is judged.
    await sql`select pg_advisory_xact_lock(hashtextextended('paysecure chargebacks', 0))`.execute(trx);
    const payments = await paymentsOf(trx, [...new Set(reports.map(({ transactionId }) => transactionId))]);
    const taken = reports.map((report) => judge(report, payments.get(report.transactionId)));
    if (dryRun) return taken;
    const changed = [...payments].filter(([, { changed }]) => changed);
    await putLabels(
      trx,
      changed.map(([transactionId, { stands }]) => ({
        transaction_id: transactionId,
        label: stands!.label,
        source: "chargeback",
        labelled_by: actor,
        labelled_at: new Date(stands!.atMs),
      })),
    );
    await labelImported(
      trx,
      changed.filter(([, { decided }]) => !decided),
    );
    await appendAudit(trx, {
      ...{ actor, act: "labels.chargebacks", subject: "chargebacks" },
      detail: { ...(file === undefined ? {} : { file }), ...detailOf(reports, taken) },
    });
    return taken;
  });
}

/** Payments that were decided or imported, with the chargeback that stands. Where both are, the decision counts. */
async function paymentsOf(trx: Transaction<Database>, ids: readonly string[]): Promise<Map<string, Payment>> {
  const { rows } = await sql<{
    id: string;
    decided: boolean;
    event_time: Date;
    label: Label | null;
    labelled_at: Date | null;
  }>`
    select given.id, d.event_time is not null as decided, coalesce(d.event_time, i.event_time) as event_time,
      l.label, l.labelled_at
    from unnest(${[...ids]}::text[]) as given (id)
    left join transaction_keys k on k.transaction_id = given.id
    left join decisions d on d.decided_at = k.decided_at and d.seq = k.seq
    left join imported_transactions i on i.transaction_id = given.id
    left join labels l on l.transaction_id = given.id and l.source = 'chargeback'
    where coalesce(d.event_time, i.event_time) is not null`.execute(trx);
  return new Map(
    rows.map(({ id, decided, event_time: eventTime, label, labelled_at: at }) => [
      id,
      { decided, eventTime, stands: label && at ? { label, atMs: at.getTime() } : undefined, changed: false },
    ]),
  );
}

/** Says what becomes of a chargeback; one that is accepted stands from then on. */
function judge({ label, atMs }: Report, payment: Payment | undefined): TakenChargeback {
  if (!payment) return { outcome: "unknown", why: "no payment of this id was decided or imported" };
  if (isToCome(atMs)) return { outcome: "refused", why: "was reported at a time that lies in the future" };
  const { eventTime, stands } = payment;
  if (atMs < eventTime.getTime()) {
    return { outcome: "refused", why: `was reported before the payment, which is of ${iso(eventTime)}` };
  }
  if (stands && stands.atMs === atMs && stands.label === label) return { outcome: "duplicate" };
  if (stands && (stands.atMs > atMs || (stands.atMs === atMs && label === "fraud"))) {
    const why = `what was reported at ${iso(new Date(stands.atMs))} stands: ${stands.label}`;
    return { outcome: "superseded", why };
  }
  payment.stands = { label, atMs };
  payment.changed = true;
  return { outcome: "accepted" };
}

function iso(at: Date): string {
  return at.toISOString();
}

async function labelImported(
  trx: Transaction<Database>,
  payments: readonly (readonly [string, Payment])[],
): Promise<void> {
  if (payments.length === 0) return;
  const rows = payments.map(([transaction_id, { stands }]) => ({
    transaction_id,
    is_fraud: stands!.label === "fraud",
    label_known_at: new Date(stands!.atMs),
  }));
  await sql`
    update imported_transactions i set is_fraud = row.is_fraud, label_known_at = row.label_known_at
    from json_to_recordset(${JSON.stringify(rows)}::json) as row (
      transaction_id text, is_fraud boolean, label_known_at timestamptz)
    where i.transaction_id = row.transaction_id`.execute(trx);
}

/** Counts, and of what was accepted the first ids and the commonest reasons. */
function detailOf(reports: readonly Report[], taken: readonly TakenChargeback[]): Record<string, unknown> {
  const accepted = reports.filter((_, i) => taken[i]?.outcome === "accepted");
  const reasons = new Map<string, number>();
  for (const { reasonCode } of accepted) {
    if (reasonCode) reasons.set(reasonCode, (reasons.get(reasonCode) ?? 0) + 1);
  }
  const commonest = [...reasons].sort(([, a], [, b]) => b - a).slice(0, MOST_NAMED);
  const more = accepted.length - MOST_NAMED;
  return {
    ...countOutcomes(taken),
    labels: accepted.slice(0, MOST_NAMED).map(({ transactionId, label, atMs, reasonCode }) => ({
      ...{ transaction_id: transactionId, label, reported_at: iso(new Date(atMs)) },
      ...(reasonCode ? { reason_code: reasonCode } : {}),
    })),
    ...(more > 0 ? { labels_left_out: more } : {}),
    ...(commonest.length > 0 ? { reasons: commonest.map(([code, count]) => ({ code, count })) } : {}),
  };
}
