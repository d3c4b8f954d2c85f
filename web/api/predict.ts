import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Decision } from "../../domain/decision.ts";
import { MAX_AMOUNT } from "../../domain/money.ts";
import { MAX_TIME_S } from "../../domain/transaction.ts";
import { LARGEST } from "../../pipeline/doors/fields.ts";
import { parseJson } from "../../pipeline/doors/json.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { TIER_NAME } from "../components/format.ts";
import { readText } from "./body.ts";
import { EXAMPLE_TRANSACTION, EXAMPLE_V } from "./examples.ts";
import { type ApiRoute, type Body, route } from "./route.ts";

/** The 30 fields of the original service, in the model's order. */
export const PREDICT_FIELDS = [
  "Time",
  ...Array.from({ length: 28 }, (_, i) => `V${i + 1}`),
  "Amount",
] as const;

/** Of these two a negative one is no payment's; V1…V28 are what they are. */
const MOST: Partial<Record<string, number>> = { Time: MAX_TIME_S, Amount: MAX_AMOUNT };

/** One line of FastAPI's 422 answer. */
interface Detail {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

/** A decimal number, each digit of which can belong to one part only: judged in one pass, however long the text. */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** What FastAPI accepts for a float field: a number, a boolean, or text that reads as a number. Null when it is none. */
function toFloat(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return null;
  const text = value.trim();
  return DECIMAL.test(text) ? Number(text) : null;
}

/** Reads the flat body; every missing or wrong field is named, as the original's clients know it. */
export function parsePredict(body: unknown): { values: number[] } | { detail: Detail[] } {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return {
      detail: [
        {
          loc: ["body"],
          msg: "Input should be a valid dictionary or object to extract fields from",
          type: "model_attributes_type",
        },
      ],
    };
  }
  const given = new Map(Object.entries(body));
  const detail: Detail[] = [];
  const values = PREDICT_FIELDS.map((name) => {
    const loc = ["body", name];
    if (!given.has(name)) {
      detail.push({ loc, msg: "Field required", type: "missing" });
      return 0;
    }
    const raw = given.get(name);
    const value = toFloat(raw);
    if (value === null) {
      detail.push(
        typeof raw === "string"
          ? {
              loc,
              msg: "Input should be a valid number, unable to parse string as a number",
              type: "float_parsing",
            }
          : { loc, msg: "Input should be a valid number", type: "float_type" },
      );
      return 0;
    }
    const most = MOST[name];
    if (!(Math.abs(value) <= LARGEST)) {
      detail.push({ loc, msg: "Input should be a finite number", type: "finite_number" });
    } else if (most !== undefined && value < 0) {
      detail.push({ loc, msg: "Input should be greater than or equal to 0", type: "greater_than_equal" });
    } else if (most !== undefined && value > most) {
      detail.push({ loc, msg: `Input should be less than or equal to ${most}`, type: "less_than_equal" });
    }
    return value;
  });
  return detail.length > 0 ? { detail } : { values };
}

/** As the original's clients send it; text that reads as a number is taken as well. */
const predictBody = z.object(
  Object.fromEntries(
    PREDICT_FIELDS.map((name) => {
      const most = MOST[name];
      return [
        name,
        z
          .number()
          .min(most === undefined ? -LARGEST : 0)
          .max(most ?? LARGEST),
      ];
    }),
  ),
);

/** In the model's order, or what is wrong. */
type Predict = { readonly values: number[] } | { readonly detail: Detail[] };

const EXAMPLE = [EXAMPLE_TRANSACTION.time, ...EXAMPLE_V, EXAMPLE_TRANSACTION.amount];

const body: Body<Predict> = {
  schema: predictBody,
  example: Object.fromEntries(PREDICT_FIELDS.map((name, index) => [name, EXAMPLE[index]])),
  refusedWith: 422,
  read: async (c) => {
    try {
      return parsePredict(parseJson(await readText(c)));
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== "invalid_argument") throw error;
      return { detail: [{ loc: ["body", 0], msg: "JSON decode error", type: "json_invalid" }] };
    }
  },
};

const predictAnswer = z.object({
  fraud_probability: z.number().meta({ description: "Rounded to 4 digits." }),
  risk_category: z.enum(Object.values(TIER_NAME)),
  fraud_prediction: z.union([z.literal(0), z.literal(1)]),
});

function predictToJson(decision: Decision): z.output<typeof predictAnswer> {
  return {
    fraud_probability: Math.round(decision.fraudProbability * 10_000) / 10_000,
    risk_category: TIER_NAME[decision.riskTier],
    fraud_prediction: decision.fraudPredicted ? 1 : 0,
  };
}

/**
 * `POST /predict/` (and `/predict`): what the original FastAPI service took and answered, field for field. It scores
 * and records nothing, as the original did; `/api/v1/score` with `record` does.
 */
export const PREDICT_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "post",
      path: "/predict/",
      aliases: ["/predict"],
      summary: "Score one transaction, as the original service",
      description:
        "The flat body and the three-field answer of the original FastAPI service. Records nothing.",
      access: ({ PREDICT_OPEN }) => (PREDICT_OPEN ? "open" : "transactions.score"),
      body,
      status: 200,
      answer: predictAnswer,
      failures: [429, 503, 504],
    },
    ({ scorer }) =>
      async ({ body: read }, c) => {
        if ("detail" in read) return c.json(read, 422);
        const [time = 0, ...rest] = read.values;
        try {
          const decision = await scorer.score({
            transactionId: `predict-${randomUUID()}`,
            time,
            v: rest.slice(0, 28),
            amount: rest[28] ?? 0,
          });
          return predictToJson(decision);
        } catch (error) {
          if (!(error instanceof DomainError) || error.code !== "invalid_argument") throw error;
          const detail: Detail[] = error.violations.map(({ field, description }) => ({
            loc: ["body", field],
            msg: description,
            type: "value_error",
          }));
          return c.json({ detail }, 422);
        }
      },
  ),
];
