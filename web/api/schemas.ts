import { z } from "zod";
import { ACTIONS } from "../../domain/actions.ts";
import { HIT_KINDS } from "../../domain/policy/rules.ts";
import { CASE_STATUSES, MAX_NOTE, QUEUE_ORDERS, SNOOZE_MINUTES } from "../../domain/review-cases.ts";
import { byTier, RISK_TIERS } from "../../domain/tiers.ts";
import { byContextColumn } from "../../domain/transaction.ts";
import { ALL_VERDICT_KINDS, FOLLOW_UPS, VERDICTS } from "../../domain/verdicts.ts";
import { instant, prose, wanted } from "../../pipeline/doors/fields.ts";
import { transactionBody } from "../../pipeline/doors/transaction-body.ts";
import { isPlaceIn, type QueueCursor } from "../../pipeline/review/queue-order.ts";
import { cursorOf } from "./cursor.ts";

/** The JSON of the HTTP API: bodies are checked with these schemas and OpenAPI is generated from them. */

export const riskTier = z.enum(RISK_TIERS);

export const reasonJson = z
  .object({
    code: z.string().meta({ description: "Stable, for programs, e.g. AMOUNT_HIGH." }),
    feature: z.string().meta({ description: "As the model names it." }),
    value: z.number(),
    contribution: z.number().meta({ description: "Positive moves towards fraud." }),
    text: z.string().meta({ description: "One English sentence." }),
    usual: z.number().optional().meta({
      description:
        "The feature's usual value, in the unit of value; absent in what earlier versions recorded.",
    }),
    unit: z.string().optional().meta({
      description:
        "What value counts, for models with a schema: payments, s, a currency, share (0 to 1), or what the schema says.",
    }),
    title: z.string().optional().meta({ description: "The feature in words, for models with a schema." }),
  })
  .meta({ id: "Reason" });

export const ruleHitJson = z
  .object({
    rule: z.string().meta({ description: "The rule's stable id." }),
    name: z.string(),
    kind: z.enum(HIT_KINDS).meta({
      description: "shadow changes nothing: to and review are what it would have done. failed did nothing.",
    }),
    from: z.enum(ACTIONS).meta({ description: "The action before it." }),
    to: z.enum(ACTIONS).meta({ description: "The action after it." }),
    review: z.boolean().meta({ description: "It sent the payment to people." }),
  })
  .meta({ id: "RuleHit" });

const decidedBy = {
  policy_version: z.string().meta({ description: "The version of the policy that decided." }),
  rules: z
    .array(ruleHitJson)
    .meta({ description: "The policy's rules that fired, in the order in which they were applied." }),
};

const WITHOUT_HISTORY =
  "The feature store was away: aggregates of the payment's entities were what the schema says of no payments.";
const conversionJson = z
  .object({
    amount: z.number().meta({ description: "In units of `currency`." }),
    currency: z.string().meta({ description: "ISO 4217: what the model reads." }),
    rate: z.number().meta({ description: "What one unit of the payment's currency was worth in it." }),
    rates_of: z.string().meta({ description: "The day that the rate is of; of two, the earlier." }),
  })
  .meta({ id: "Conversion", description: "An amount as it was read in another currency than it came in." });

/** The answer to one transaction. */
export const scoreJson = z
  .object({
    transaction_id: z.string(),
    fraud_probability: z.number().min(0).max(1),
    risk_tier: riskTier,
    action: z.enum(ACTIONS),
    fraud_predicted: z.boolean(),
    model: z.object({ name: z.string(), version: z.string() }),
    reasons: z.array(reasonJson),
    ...decidedBy,
    review: z.boolean().meta({ description: "The policy sends it to people." }),
    sla_minutes: z.int().nullable().meta({
      description: "How long people may take, by the policy; null where it leaves it to the operator.",
    }),
    recorded: z.boolean(),
    unknown_fields: z.array(z.string()).optional().meta({
      description:
        "Names in the transaction's fields that the model reads nothing of; kept with the decision all the same.",
    }),
    without_history: z.boolean().optional().meta({ description: WITHOUT_HISTORY }),
    conversion: conversionJson.optional().meta({
      description: "How the model read the amount; absent where that was in the model's currency.",
    }),
  })
  .meta({ id: "Score" });

export const scoreRequest = z.strictObject({
  transaction: transactionBody,
  explain: z.boolean().default(false).meta({ description: "Put the strongest reasons in the answer." }),
  record: z
    .boolean()
    .default(false)
    .meta({ description: "Record the decision: dashboard, counters, review queue." }),
  model: wanted(128)
    .optional()
    .meta({ description: "Alias, name or name@version; the champion when absent." }),
});

/** How many transactions one call may bring. */
export const MOST_SCORED = 10_000;
export const MOST_QUEUED = 1_000;

const listOf = <T extends z.ZodType>(item: T, most: number) =>
  z
    .array(item, "must be a list of transactions")
    .min(1, "must have at least one transaction")
    .max(most, `at most ${most.toLocaleString("en")} transactions`);

/** Each transaction is checked by itself, so that a bad one fails alone. */
export const scoreBatchRequest = z.strictObject({
  transactions: listOf(transactionBody, MOST_SCORED),
  record: z.boolean().default(false),
  model: wanted(128).optional(),
});

export const scoreBatchLoose = scoreBatchRequest.extend({
  transactions: listOf(z.unknown(), MOST_SCORED),
});

export const fieldErrorJson = z.object({ field: z.string(), message: z.string() }).meta({ id: "FieldError" });

export const batchResultJson = z.union([
  scoreJson,
  z.object({
    transaction_id: z.string(),
    error: z.object({ code: z.string(), message: z.string(), errors: z.array(fieldErrorJson) }),
  }),
]);

export const scoreBatchAnswer = z.object({ results: z.array(batchResultJson) });

/** The object around a list; its transactions are checked one by one, so that an error can say where each stands. */
export const queueEnvelope = z.strictObject({ transactions: listOf(z.unknown(), MOST_QUEUED) });

/** One transaction, or a list of them, plain or in an object. */
export const queueRequest = z.union([
  transactionBody,
  queueEnvelope.extend({ transactions: listOf(transactionBody, MOST_QUEUED) }),
  listOf(transactionBody, MOST_QUEUED),
]);

const tierCounts = z.object(byTier(() => z.int()));

export const statsJson = z
  .object({
    transactions: z.int(),
    by_tier: tierCounts,
    fraud_predicted: z.int(),
    reviews: z.object({ open: z.int(), decided: z.int() }),
    rate_per_second: z.number(),
  })
  .meta({ id: "Stats" });

export const decisionJson = z
  .object({
    transaction_id: z.string(),
    source: z.string().meta({ description: "simulator, replay, api, grpc, or the label a producer gave." }),
    event_time: z.iso.datetime(),
    decided_at: z.iso.datetime(),
    amount: z.number(),
    currency: z.string(),
    ...byContextColumn(() => z.string().nullable()),
    fields: z
      .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
      .nullable()
      .meta({ description: "The team's own fields as they were given; a moment as ISO 8601 in UTC." }),
    entities: z.record(z.string(), z.string()).nullable(),
    fraud_probability: z.number(),
    risk_tier: riskTier,
    action: z.string(),
    fraud_predicted: z.boolean(),
    model: z.object({ name: z.string(), version: z.string() }),
    ...decidedBy,
    without_history: z.boolean().meta({ description: WITHOUT_HISTORY }),
    unknown_fields: z
      .array(z.string())
      .meta({ description: "Names in fields that the model read nothing of." }),
    conversion: conversionJson.nullable().meta({
      description: "How the model read the amount; null where that was in the model's currency.",
    }),
    extra: z.record(z.string(), z.unknown()).nullable().meta({
      description: "What a queue job said beside what jobs have: kept, and read by nobody.",
    }),
    redacted_at: z.iso.datetime().nullable().meta({
      description: "When what tells whose payment it was was taken out; null where it is whole.",
    }),
    truth: z.boolean().nullable().meta({
      description: "What the source knows to be true, once a person has given a verdict; null otherwise.",
    }),
    case_id: z.int().nullable(),
    verdict: z.enum(VERDICTS).nullable(),
  })
  .meta({ id: "Decision" });

const NEXT_CURSOR = "The cursor of the page behind this one; null on the last.";
const CURSOR = "next_cursor of the page before, with the same filters.";

/** A place in the list of decisions. */
export const decisionCursor = cursorOf(z.object({ seq: z.int().positive() }));

export const decisionQuery = z
  .strictObject({
    limit: z.coerce.number().int().min(1).max(200).default(50),
    before: z.coerce
      .number()
      .int()
      .positive()
      .optional()
      .meta({ description: "next_before of the page before. Goes without cursor, which does the same." }),
    cursor: decisionCursor.parameter.optional().meta({ description: CURSOR }),
    tier: z
      .union([riskTier.transform((tier) => [tier]), z.array(riskTier)])
      .optional()
      .meta({ description: "May be given several times." }),
    source: wanted(64).optional(),
    search: wanted(128).optional().meta({ description: "Exact transaction id, card token or merchant id." }),
    since: instant.optional(),
    until: instant.optional(),
  })
  .refine(({ cursor, before }) => cursor === undefined || before === undefined, {
    path: ["cursor"],
    error: "goes without before",
  });

export const decisionPage = z.object({
  items: z.array(decisionJson),
  next_before: z.int().nullable(),
  next_cursor: z.string().nullable().meta({ description: NEXT_CURSOR }),
});

export const caseJson = z
  .object({
    case_id: z.int(),
    transaction_id: z.string(),
    risk_tier: riskTier,
    fraud_probability: z.number(),
    amount: z.number(),
    currency: z.string(),
    expected_loss: z.number().meta({ description: "Probability × amount, in units of the currency." }),
    status: z.enum(CASE_STATUSES),
    opened_at: z.iso.datetime(),
    due_at: z.iso.datetime().meta({ description: "When the verdict is due." }),
    sla_minutes: z.number().meta({ description: "From opened_at to due_at, by the policy or the operator." }),
    overdue: z.boolean(),
    claimed_by: z.string().nullable(),
    claimed_until: z.iso.datetime().nullable(),
    verdict: z.enum(VERDICTS).nullable(),
    decided_by: z.string().nullable(),
    decided_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "ReviewCase" });

export const caseDetailJson = caseJson
  .extend({
    note: z.string().nullable(),
    kind: z.enum(ALL_VERDICT_KINDS).nullable(),
    follow_up: z.array(z.enum(FOLLOW_UPS)),
    snoozed_until: z.iso.datetime().nullable(),
    referred_at: z.iso.datetime().nullable().meta({ description: "Since when it waits for a lead." }),
    assigned_to: z.string().nullable().meta({ description: "Whose case it is while it is open." }),
    token: z.int(),
    reasons: z.array(reasonJson),
    transaction: decisionJson,
    features: z.record(z.string(), z.number().nullable()).nullable().meta({
      description: "What the model read, by its names; null where that is V1…V28, or is not known.",
    }),
    events: z.array(
      z.object({
        at: z.iso.datetime(),
        actor: z.string(),
        kind: z.string(),
        detail: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .meta({ id: "ReviewCaseDetail" });

/** A place in the queue: of open, or of decided cases. */
export const queueCursor = cursorOf<QueueCursor>(
  z.union([
    z.object({ escalated: z.boolean(), priority: z.number(), caseId: z.int().positive() }),
    z.object({ decidedAtMicros: z.int().positive(), caseId: z.int().positive() }),
    z.object({ dueAtMicros: z.int().positive(), caseId: z.int().positive() }),
    z.object({ fraudProbability: z.number().min(0).max(1), caseId: z.int().positive() }),
    z.object({ oldestCaseId: z.int().positive() }),
  ]),
);

export const reviewQuery = z
  .strictObject({
    status: z.enum(CASE_STATUSES).default("open"),
    tier: riskTier.optional(),
    claimed_by: wanted(128).optional(),
    unclaimed: z.stringbool().optional(),
    order: z
      .enum(QUEUE_ORDERS)
      .default("worth")
      .meta({ description: "Of open cases; decided ones have one order." }),
    limit: z.coerce.number().int().min(1).max(200).default(50),
    offset: z.coerce
      .number()
      .int()
      .min(0)
      .max(1_000_000)
      .default(0)
      .meta({ description: "Steps over so many: slow far back, where cursor is not." }),
    cursor: queueCursor.parameter.optional().meta({ description: CURSOR }),
  })
  .refine(({ cursor, offset }) => cursor === undefined || offset === 0, {
    path: ["cursor"],
    error: "goes without offset",
  })
  .refine(({ cursor, status, order }) => !cursor || isPlaceIn(cursor, status, order), {
    path: ["cursor"],
    error: "is one of cases with another status, or in another order",
  });

export const reviewPage = z.object({
  items: z.array(caseJson),
  total: z.int(),
  next_cursor: z.string().nullable().meta({ description: NEXT_CURSOR }),
});

export const claimAnswer = z.object({
  case_id: z.int(),
  claimed_until: z.iso.datetime(),
  token: z.int().meta({ description: "Grows with every new holder; sent with a verdict, it fences it." }),
});

/** What an analyst writes with a verdict. */
export const reviewNote = prose(MAX_NOTE);

/** Refused when the case has had another holder since; not looked at when absent. */
export const caseToken = z.int().min(0).optional();

export const decideRequest = z.strictObject({
  verdict: z.enum(VERDICTS, "must be fraud or legitimate"),
  note: reviewNote.default(""),
  kind: z.enum(ALL_VERDICT_KINDS).optional(),
  follow_up: z.array(z.enum(FOLLOW_UPS)).max(FOLLOW_UPS.length).default([]),
  token: caseToken,
});

export const correctRequest = z.strictObject({
  verdict: z.enum(VERDICTS, "must be fraud or legitimate"),
  kind: z.enum(ALL_VERDICT_KINDS).optional(),
  reason: reviewNote,
});

export const referRequest = z.strictObject({ reason: reviewNote, token: caseToken });

export const assignRequest = z.strictObject({
  to: wanted(128).nullable().meta({ description: "What they sign in as; null ends the assignment." }),
});

export const assignAnswer = z.object({ case_id: z.int(), assigned_to: z.string().nullable() });

export const snoozeRequest = z.strictObject({
  minutes: z.literal([...SNOOZE_MINUTES]),
  reason: reviewNote.default(""),
  token: caseToken,
});

export const snoozeAnswer = z.object({ case_id: z.int(), snoozed_until: z.iso.datetime() });

export const decideAnswer = z.object({
  case_id: z.int(),
  transaction_id: z.string(),
  verdict: z.enum(VERDICTS),
  decided_at: z.iso.datetime(),
});

export const problemJson = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: "Stable, for programs." }),
    detail: z.string(),
    errors: z.array(fieldErrorJson).optional(),
    request_id: z.string().optional(),
  })
  .meta({ id: "Problem" });
