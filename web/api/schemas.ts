import { z } from "zod";
import { RISK_TIERS } from "../../pipeline/store/schema.ts";
import { containsPan } from "../../platform/pan.ts";

/** The JSON of the HTTP API: bodies are checked with these schemas and OpenAPI is generated from them. */

const NO_PAN = "looks like a card number; send a token that stands for the card instead";

/** Text of at most so many characters that holds no card number. */
const plainText = (most: number) =>
  z
    .string("must be a string")
    .max(most, `at most ${most.toLocaleString("en")} characters`)
    .refine((text) => !containsPan(text), NO_PAN);

const finite = z.number("must be a finite number");

/** One card payment, as the contract's Transaction; never a card number. */
export const transactionBody = z
  .strictObject({
    transaction_id: plainText(128).min(1, "must have 1 to 128 characters").meta({
      description: "The caller's id, unique per payment: the idempotency key of everything recorded.",
    }),
    time: finite
      .min(0, "must be ≥ 0")
      .meta({ description: "Seconds, as the ULB data set's Time; hour of day = time mod 86,400 / 3,600." }),
    v: z
      .array(finite, "must be an array of 28 numbers")
      .length(28, "must have exactly 28 values, V1…V28")
      .meta({ description: "V1…V28, in order." }),
    amount: finite.min(0, "must be ≥ 0").meta({ description: "In units of the currency." }),
    event_time: z.iso
      .datetime({ offset: true, error: "must be an ISO 8601 date and time with a zone" })
      .optional()
      .meta({ description: "When the payment happened; now when absent." }),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, "must be an ISO 4217 code such as EUR")
      .optional(),
    card_token: plainText(128)
      .optional()
      .meta({ description: "An opaque token that stands for the card. Never the card number." }),
    merchant_id: plainText(128).optional(),
    merchant_category: plainText(64).optional(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, "must be an ISO 3166-1 alpha-2 code such as FR")
      .optional(),
    channel: plainText(32).optional(),
  })
  .meta({ id: "Transaction" });

export const riskTier = z.enum(RISK_TIERS);

export const reasonJson = z
  .object({
    code: z.string(),
    feature: z.string(),
    value: z.number(),
    contribution: z.number().meta({ description: "Positive moves towards fraud." }),
    text: z.string(),
  })
  .meta({ id: "Reason" });

/** The answer to one transaction. */
export const scoreJson = z
  .object({
    transaction_id: z.string(),
    fraud_probability: z.number().min(0).max(1),
    risk_tier: riskTier,
    action: z.enum(["approve", "monitor", "verify", "block"]),
    fraud_predicted: z.boolean(),
    model: z.object({ name: z.string(), version: z.string() }),
    reasons: z.array(reasonJson),
    recorded: z.boolean(),
  })
  .meta({ id: "Score" });

export const scoreRequest = z.strictObject({
  transaction: transactionBody,
  explain: z.boolean().default(false).meta({ description: "Put the strongest reasons in the answer." }),
  record: z
    .boolean()
    .default(false)
    .meta({ description: "Record the decision: dashboard, counters, review queue." }),
  model: z
    .string()
    .max(128)
    .optional()
    .meta({ description: "Alias, name or name@version; the champion when absent." }),
});

/** Each transaction is checked by itself, so that a bad one fails alone. */
export const scoreBatchRequest = z.strictObject({
  transactions: z.array(transactionBody).min(1).max(10_000),
  record: z.boolean().default(false),
  model: z.string().max(128).optional(),
});

export const scoreBatchLoose = scoreBatchRequest.extend({
  transactions: z.array(z.unknown()).min(1).max(10_000),
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

export const queueListRequest = z.strictObject({ transactions: z.array(transactionBody).min(1).max(1_000) });

/** One transaction, or a list of them; told apart by `transactions`, so that an error names the field of the right one. */
export const queueRequest = z.union([queueListRequest, transactionBody]);

export const queueAnswer = z.object({
  accepted: z.number().int(),
  transaction_ids: z.array(z.string()),
});

const tierCounts = z.object({ low: z.int(), medium: z.int(), high: z.int(), critical: z.int() });

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
    card_token: z.string().nullable(),
    merchant_id: z.string().nullable(),
    merchant_category: z.string().nullable(),
    country: z.string().nullable(),
    channel: z.string().nullable(),
    fraud_probability: z.number(),
    risk_tier: riskTier,
    action: z.string(),
    fraud_predicted: z.boolean(),
    model: z.object({ name: z.string(), version: z.string() }),
    truth: z
      .boolean()
      .nullable()
      .meta({ description: "What the source knows to be true; null where nobody knows." }),
    case_id: z.int().nullable(),
    verdict: z.enum(["fraud", "legitimate"]).nullable(),
  })
  .meta({ id: "Decision" });

export const decisionQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.coerce
    .number()
    .int()
    .positive()
    .optional()
    .meta({ description: "The cursor: next_before of the page before." }),
  tier: z
    .union([riskTier.transform((tier) => [tier]), z.array(riskTier)])
    .optional()
    .meta({ description: "May be given several times." }),
  source: z.string().max(64).optional(),
  search: z
    .string()
    .max(128)
    .optional()
    .meta({ description: "Exact transaction id, card token or merchant id." }),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
});

export const decisionPage = z.object({ items: z.array(decisionJson), next_before: z.int().nullable() });

export const caseJson = z
  .object({
    case_id: z.int(),
    transaction_id: z.string(),
    risk_tier: riskTier,
    fraud_probability: z.number(),
    amount: z.number(),
    currency: z.string(),
    expected_loss: z.number(),
    status: z.enum(["open", "decided"]),
    opened_at: z.iso.datetime(),
    due_at: z.iso.datetime(),
    overdue: z.boolean(),
    claimed_by: z.string().nullable(),
    claimed_until: z.iso.datetime().nullable(),
    verdict: z.enum(["fraud", "legitimate"]).nullable(),
    decided_by: z.string().nullable(),
    decided_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "ReviewCase" });

export const caseDetailJson = caseJson
  .extend({
    note: z.string().nullable(),
    reasons: z.array(reasonJson),
    transaction: decisionJson,
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

export const reviewQuery = z.strictObject({
  status: z.enum(["open", "decided"]).default("open"),
  tier: z.enum(["high", "critical"]).optional(),
  claimed_by: z.string().max(128).optional(),
  unclaimed: z.stringbool().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
});

export const reviewPage = z.object({ items: z.array(caseJson), total: z.int() });

export const claimAnswer = z.object({ case_id: z.int(), claimed_until: z.iso.datetime() });

/** What an analyst writes with a verdict. */
export const reviewNote = plainText(2_000);

export const decideRequest = z.strictObject({
  verdict: z.enum(["fraud", "legitimate"], "must be fraud or legitimate"),
  note: reviewNote.default(""),
});

export const decideAnswer = z.object({
  case_id: z.int(),
  transaction_id: z.string(),
  verdict: z.enum(["fraud", "legitimate"]),
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
