import { type Kysely, sql, type Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { unitsOf } from "../../domain/money.ts";
import { type RiskTier, rankOf } from "../../domain/tiers.ts";
import { MOST_DECISIONS, type WebhookEvent } from "../../domain/webhooks.ts";
import { failPoint } from "../../platform/process/fail-point.ts";
import type { MessageKind, MessageOf, OutboxMessage } from "../outbox/messages.ts";
import type { Database } from "../store/schema.ts";
import type { DeliveryAbout } from "./payload.ts";
import { newMessageId } from "./signing.ts";

/** What may come of each kind of message. */
const EVENTS_OF: Readonly<Partial<Record<MessageKind, readonly WebhookEvent[]>>> = {
  "decisions.recorded": ["decision.recorded", "decision.flagged"],
  "case.opened": ["case.opened"],
  "case.escalated": ["case.escalated"],
  "review.changed": ["verdict.given"],
  "label.given": ["label.given"],
};

/** Whether `decision.flagged` tells of it: High, or worse. */
const isFlagged = (tier: RiskTier): boolean => rankOf(tier) >= rankOf("high");

interface Listener {
  readonly endpoint_id: number;
  readonly events: readonly WebhookEvent[];
  readonly tiers: readonly RiskTier[] | null;
}

/** Something of one message of its own. */
interface Happened {
  readonly event: WebhookEvent;
  readonly at: Date;
  /** What makes it one. */
  readonly key: string;
  /** Null where the store no longer says. */
  readonly tier: RiskTier | null;
  readonly about: DeliveryAbout;
}

interface NewDelivery {
  readonly endpoint_id: number;
  readonly event: WebhookEvent;
  readonly happened_at: Date;
  readonly about: DeliveryAbout;
  readonly event_key?: string;
  readonly ranges?: readonly number[];
}

/**
 * Writes what messages of the outbox, all of one kind, mean to the endpoints that asked for it, once however often they
 * are delivered. Where nobody asked it is one look at a table of a few rows.
 *
 * @returns how many webhooks are to be sent now
 */
export async function noteEvents(db: Kysely<Database>, messages: readonly OutboxMessage[]): Promise<number> {
  const wanted = EVENTS_OF[messages[0]?.kind ?? "dead_letters.redriven"] ?? [];
  if (wanted.length === 0) return 0;
  const listeners = await db
    .selectFrom("webhook_endpoints")
    .select(["endpoint_id", "events", "tiers"])
    .where("state", "=", "enabled")
    .where(sql<boolean>`events && ${[...wanted]}::text[]`)
    .execute();
  if (listeners.length === 0) return 0;
  const noted = await db.transaction().execute(async (trx) => {
    // Two relays may deliver the same, when one was stopped for longer than its lease.
    await sql`select pg_advisory_xact_lock(hashtext('webhook events'))`.execute(trx);
    const recorded = ofKind(messages, "decisions.recorded");
    return recorded.length > 0
      ? await noteDecisions(trx, listeners, recorded)
      : await insert(trx, forEach(listeners, await happenedOf(trx, messages)));
  });
  failPoint("webhook.noted");
  return noted;
}

function ofKind<K extends MessageKind>(messages: readonly OutboxMessage[], kind: K): MessageOf<K>[] {
  return messages.filter((message): message is MessageOf<K> => message.kind === kind);
}

const hears = ({ events, tiers }: Listener, event: WebhookEvent, tier: RiskTier | null): boolean =>
  events.includes(event) && (tiers === null || (tier !== null && tiers.includes(tier)));

function forEach(listeners: readonly Listener[], happened: readonly Happened[]): NewDelivery[] {
  return listeners.flatMap((listener) =>
    happened
      .filter(({ event, tier }) => hears(listener, event, tier))
      .map(({ event, at, key, about }) => ({
        endpoint_id: listener.endpoint_id,
        ...{ event, happened_at: at, about, event_key: key },
      })),
  );
}

interface Place {
  readonly decided: string;
  readonly decided_at: Date;
  readonly seq: number;
  readonly risk_tier: RiskTier;
}

async function noteDecisions(
  trx: Transaction<Database>,
  listeners: readonly Listener[],
  messages: readonly MessageOf<"decisions.recorded">[],
): Promise<number> {
  const ranges = messages.flatMap(({ range }) => (range ? [range] : []));
  if (ranges.length === 0) return 0;
  const { rows } = await sql<Place>`
    select decided_at::text as decided, decided_at, seq, risk_tier from decisions
    where decided_at = any(${[...new Set(ranges.map(({ decidedAt }) => decidedAt))]}::timestamptz[])
      and seq between ${Math.min(...ranges.map(({ firstSeq }) => firstSeq))}
        and ${Math.max(...ranges.map(({ lastSeq }) => lastSeq))}
    order by decided_at, seq`.execute(trx);
  // A job's decisions bear one time; its range may enclose those of others.
  const jobs = ranges.map(({ firstSeq, lastSeq }) => {
    const decided = rows.find(({ seq }) => seq === firstSeq)?.decided;
    return {
      firstSeq,
      places: rows.filter((row) => row.decided === decided && row.seq >= firstSeq && row.seq <= lastSeq),
    };
  });
  const flagged = jobs
    .flatMap(({ places }) => places)
    .filter(({ risk_tier }) => isFlagged(risk_tier))
    .map((place): Happened => {
      const { decided_at: at, seq, risk_tier: tier } = place;
      return {
        ...{ event: "decision.flagged", at, tier, key: `flagged:${seq}` },
        about: { decisions: placesOf([place]) },
      };
    });
  const deliveries = forEach(listeners, flagged);
  for (const listener of listeners) {
    if (!listener.events.includes("decision.recorded")) continue;
    const noted = await notedBefore(
      trx,
      listener.endpoint_id,
      jobs.map(({ firstSeq }) => firstSeq),
    );
    const heard = jobs
      .filter(({ firstSeq }) => !noted.has(firstSeq))
      .map(({ firstSeq, places }) => ({
        firstSeq,
        places: places.filter(({ risk_tier }) => hears(listener, "decision.recorded", risk_tier)),
      }));
    deliveries.push(...inBatches(heard).map((batch) => ({ endpoint_id: listener.endpoint_id, ...batch })));
  }
  return await insert(trx, deliveries);
}

/** Which of the jobs an endpoint was told of already. */
async function notedBefore(
  trx: Transaction<Database>,
  endpoint: number,
  firstSeqs: readonly number[],
): Promise<ReadonlySet<number>> {
  const { rows } = await sql<{ seq: number }>`
    select unnest(ranges) as seq from webhook_deliveries
    where endpoint_id = ${endpoint} and ranges && ${[...firstSeqs]}::bigint[]`.execute(trx);
  return new Set(rows.map(({ seq }) => Number(seq)));
}

/** Jobs' decisions in messages of at most {@link MOST_DECISIONS}. */
function inBatches(
  jobs: readonly { readonly firstSeq: number; readonly places: readonly Place[] }[],
): Omit<NewDelivery, "endpoint_id">[] {
  const all = jobs.flatMap(({ firstSeq, places }) => places.map((place) => ({ firstSeq, place })));
  const batches: Omit<NewDelivery, "endpoint_id">[] = [];
  for (let i = 0; i < all.length; i += MOST_DECISIONS) {
    const batch = all.slice(i, i + MOST_DECISIONS);
    const places = batch.map(({ place }) => place);
    batches.push({
      event: "decision.recorded",
      happened_at: new Date(Math.max(...places.map(({ decided_at }) => decided_at.getTime()))),
      about: { decisions: placesOf(places) },
      ranges: [...new Set(batch.map(({ firstSeq }) => firstSeq))],
    });
  }
  return batches;
}

function placesOf(places: readonly Place[]): Record<string, number[]> {
  const byTime: Record<string, number[]> = {};
  for (const { decided, seq } of places) {
    byTime[decided] ??= [];
    byTime[decided].push(Number(seq));
  }
  return byTime;
}

/** The others, with what the store says of them. */
async function happenedOf(
  trx: Transaction<Database>,
  messages: readonly OutboxMessage[],
): Promise<Happened[]> {
  const escalated = ofKind(messages, "case.escalated").map((message): Happened => {
    const { at, caseId, riskTier: tier, dueAt } = message;
    return {
      ...{ event: "case.escalated", at: new Date(at), key: `escalated:${caseId}`, tier },
      about: { data: caseData({ ...message, dueAt: new Date(dueAt) }) },
    };
  });
  return [
    ...escalated,
    ...(await casesOpened(
      trx,
      ofKind(messages, "case.opened").map(({ caseId }) => caseId),
    )),
    ...(await verdictsGiven(
      trx,
      ofKind(messages, "review.changed")
        .filter(({ event }) => event === "decided")
        .map(({ caseId }) => caseId),
    )),
    ...(await labelsGiven(
      trx,
      ofKind(messages, "label.given").map(({ transactionId }) => transactionId),
    )),
  ];
}

function caseData(of: {
  readonly caseId: number;
  readonly transactionId: string;
  readonly riskTier: RiskTier;
  readonly fraudProbability: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly dueAt: Date;
}) {
  return {
    case_id: of.caseId,
    transaction_id: of.transactionId,
    risk_tier: of.riskTier,
    fraud_probability: of.fraudProbability,
    amount: unitsOf(of.amountMinor, of.currency),
    currency: of.currency,
    due_at: of.dueAt.toISOString(),
  };
}

async function casesOpened(trx: Transaction<Database>, ids: readonly number[]): Promise<Happened[]> {
  const cases = await casesOf(trx, ids);
  return cases.map((row) => ({
    ...{ event: "case.opened", at: row.opened_at, key: `opened:${row.case_id}`, tier: row.risk_tier },
    about: {
      data: caseData({
        caseId: row.case_id,
        transactionId: row.transaction_id,
        riskTier: row.risk_tier,
        fraudProbability: row.fraud_probability,
        amountMinor: row.amount_minor,
        currency: row.currency,
        dueAt: row.due_at,
      }),
    },
  }));
}

/** Without the note: it is what colleagues say to each other. */
async function verdictsGiven(trx: Transaction<Database>, ids: readonly number[]): Promise<Happened[]> {
  const cases = await casesOf(trx, ids);
  return cases.flatMap(({ case_id, transaction_id, risk_tier, verdict, decided_by, decided_at }) =>
    verdict === null || decided_by === null || decided_at === null
      ? []
      : [
          {
            ...{ event: "verdict.given", at: decided_at, tier: risk_tier },
            key: `verdict:${case_id}:${decided_at.getTime()}`,
            about: {
              data: {
                ...{ case_id, transaction_id, risk_tier, verdict },
                decided_at: decided_at.toISOString(),
                decided_by: by(decided_by),
              },
            },
          },
        ],
  );
}

async function casesOf(trx: Transaction<Database>, ids: readonly number[]) {
  if (ids.length === 0) return [];
  return await trx.selectFrom("review_cases").selectAll().where("case_id", "in", ids).execute();
}

/** What a source merely claims to be true is told by nobody (docs/architecture.md, Truth). */
async function labelsGiven(trx: Transaction<Database>, ids: readonly string[]): Promise<Happened[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{
    transaction_id: string;
    label: string;
    source: string;
    labelled_by: Actor;
    labelled_at: Date;
    risk_tier: RiskTier | null;
  }>`
    select l.transaction_id, l.label, l.source, l.labelled_by, l.labelled_at, d.risk_tier
    from labels l left join transaction_keys k using (transaction_id)
      left join decisions d on d.decided_at = k.decided_at and d.seq = k.seq
    where l.transaction_id = any(${[...ids]}::text[]) and l.source <> 'truth'`.execute(trx);
  return rows.map(({ transaction_id, label, source, labelled_by, labelled_at, risk_tier }) => ({
    ...{ event: "label.given", at: labelled_at, tier: risk_tier },
    key: `label:${label}:${labelled_at.getTime()}:${transaction_id}`,
    about: {
      data: {
        ...{ transaction_id, label, source },
        labelled_at: labelled_at.toISOString(),
        labelled_by: by(labelled_by),
      },
    },
  }));
}

const by = ({ kind, name }: Actor) => ({ kind, name });

async function insert(trx: Transaction<Database>, deliveries: readonly NewDelivery[]): Promise<number> {
  if (deliveries.length === 0) return 0;
  const rows = deliveries.map((delivery) => ({ message_id: newMessageId(), ...delivery }));
  const { numAffectedRows = 0n } = await sql`
    insert into webhook_deliveries (endpoint_id, message_id, event, happened_at, about, event_key, ranges)
    select endpoint_id, message_id, event, happened_at, about, event_key, ranges
    from json_to_recordset(${JSON.stringify(rows)}::json) as row (
      endpoint_id bigint, message_id text, event text, happened_at timestamptz, about jsonb, event_key text,
      ranges bigint[])
    on conflict (endpoint_id, event_key) where event_key is not null do nothing`.execute(trx);
  return Number(numAffectedRows);
}
