import { z } from "zod";
import { ALERT_EVENTS, ALERT_SEVERITIES } from "../../domain/alerts.ts";
import { REVIEW_ACTS } from "../../domain/review-cases.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import { actorSchema } from "../../platform/process/actor-schema.ts";

/** Every kind of message that leaves through the outbox, declared once. */

const caseId = z.number().int();
const instant = z.iso.datetime();

export const outboxMessage = z.discriminatedUnion("kind", [
  /**
   * So many decisions were recorded by one job, so many of them for review. Where they lie, not what they say: who wants
   * more reads the store. Earlier versions did not say where.
   */
  z.object({
    kind: z.literal("decisions.recorded"),
    count: z.number(),
    flagged: z.number(),
    range: z.object({ decidedAt: z.string(), firstSeq: z.number(), lastSeq: z.number() }).optional(),
  }),
  /** What a payment turned out to be is known, or known otherwise; what, the store says. */
  z.object({ kind: z.literal("label.given"), transactionId: z.string() }),
  /** Somebody hands dead letters of one queue and source in again, as one job. */
  z.object({ kind: z.literal("dead_letters.redriven"), ids: z.array(z.number().int()).min(1) }),
  /** A case waits for a verdict until `dueAt`. */
  z.object({ kind: z.literal("case.opened"), caseId, dueAt: instant }),
  /** A case passed its SLA undecided. */
  z.object({
    kind: z.literal("case.escalated"),
    at: instant,
    caseId,
    transactionId: z.string(),
    riskTier: z.enum(RISK_TIERS),
    fraudProbability: z.number(),
    amountMinor: z.number(),
    currency: z.string(),
    dueAt: instant,
  }),
  /** Somebody claimed or released a case, or gave a verdict. */
  z.object({
    kind: z.literal("review.changed"),
    at: instant,
    caseId,
    event: z.enum(REVIEW_ACTS),
    actor: actorSchema,
  }),
  /** An alert began, is over, or nobody has acknowledged it. Its channels have messages of their own (alert_messages). */
  z.object({
    kind: z.literal("alert.changed"),
    alertId: z.number().int(),
    event: z.enum(ALERT_EVENTS),
    severity: z.enum(ALERT_SEVERITIES),
    title: z.string(),
    body: z.string(),
  }),
]);

export type OutboxMessage = z.output<typeof outboxMessage>;
export type MessageKind = OutboxMessage["kind"];
export type MessageOf<K extends MessageKind> = Extract<OutboxMessage, { kind: K }>;

/** What keeps its order: messages of one key are delivered one after another, in the order they were written. */
export function keyOf(message: OutboxMessage): string {
  if ("caseId" in message) return `case:${message.caseId}`;
  if ("alertId" in message) return `alert:${message.alertId}`;
  if (message.kind === "dead_letters.redriven") return "dead letters";
  return message.kind === "label.given" ? "labels" : "decisions";
}
