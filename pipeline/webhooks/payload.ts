import { type Kysely, sql } from "kysely";
import { unitsOf } from "../../domain/money.ts";
import type { RuleHit } from "../../domain/policy/rules.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import type { SentEvent } from "../../domain/webhooks.ts";
import type { Database } from "../store/schema.ts";

/**
 * What a message is about, as its row keeps it: facts that no longer change, or where decisions lie, by the text of their
 * `decided_at`. What decisions say is read when it is sent, so that what the store has forgotten leaves it no more.
 */
export type DeliveryAbout =
  | { readonly data: Readonly<Record<string, unknown>> }
  | { readonly decisions: Readonly<Record<string, readonly number[]>> };

export interface Sendable {
  readonly event: SentEvent;
  readonly happenedAt: Date;
  readonly about: DeliveryAbout;
}

/**
 * A message's body, the same at every attempt: `{type, timestamp, data}`.
 *
 * @returns JSON; null when the store no longer has any of the decisions
 */
export async function renderBody(
  db: Kysely<Database>,
  { event, happenedAt, about }: Sendable,
): Promise<string | null> {
  const body = (data: unknown): string =>
    JSON.stringify({ type: event, timestamp: happenedAt.toISOString(), data });
  if ("data" in about) return body(about.data);
  const decisions = await readDecisions(db, about.decisions);
  if (decisions.length === 0) return null;
  return body(event === "decision.recorded" ? { decisions } : decisions[0]);
}

interface Row {
  readonly transaction_id: string;
  readonly source: string;
  readonly event_time: Date;
  readonly decided_at: Date;
  readonly amount_minor: number;
  readonly currency: string;
  readonly fraud_probability: number;
  readonly risk_tier: RiskTier;
  readonly action: string;
  readonly fraud_predicted: boolean;
  readonly review: boolean;
  readonly model_name: string;
  readonly model_version: string;
  readonly policy_version: string;
  readonly rules: readonly RuleHit[] | null;
}

/** In the order of recording. No more leaves than a receiver needs to find its payment and act. */
async function readDecisions(
  db: Kysely<Database>,
  places: Readonly<Record<string, readonly number[]>>,
): Promise<Record<string, unknown>[]> {
  const times = Object.keys(places);
  const seqs = Object.values(places).flat();
  const { rows } = await sql<Row>`
    select transaction_id, source, event_time, decided_at, amount_minor, currency, fraud_probability, risk_tier, action,
      fraud_predicted, review, model_name, model_version, policy_version, rules
    from decisions where decided_at = any(${times}::timestamptz[]) and seq = any(${seqs}::bigint[])
    order by decided_at, seq`.execute(db);
  return rows.map(({ amount_minor, model_name: name, model_version: version, rules, ...row }) => ({
    ...row,
    event_time: row.event_time.toISOString(),
    decided_at: row.decided_at.toISOString(),
    amount: unitsOf(amount_minor, row.currency),
    model: { name, version },
    rules: rules ?? [],
  }));
}
