import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { MAX_AMOUNT } from "../../domain/money.ts";
import { MAX_TIME_S } from "../../domain/transaction.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { requireRole } from "../auth/guard.ts";
import { TIER_NAME } from "../components/format.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { parseJson, readText } from "./body.ts";
import { LARGEST } from "./fields.ts";

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

/**
 * `POST /predict/` (and `/predict`): what the original FastAPI service took and answered, field for field. It scores
 * and records nothing, as the original did; `/api/v1/score` with `record` does.
 */
export function predictRoutes(deps: Deps): Hono<AppEnv> {
  const handle = async (c: AppContext): Promise<Response> => {
    let body: unknown;
    try {
      body = parseJson(await readText(c));
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== "invalid_argument") throw error;
      const detail: Detail[] = [{ loc: ["body", 0], msg: "JSON decode error", type: "json_invalid" }];
      return c.json({ detail }, 422);
    }
    const parsed = parsePredict(body);
    if ("detail" in parsed) return c.json(parsed, 422);
    const [time = 0, ...rest] = parsed.values;
    try {
      const decision = await deps.scorer.score({
        transactionId: `predict-${randomUUID()}`,
        time,
        v: rest.slice(0, 28),
        amount: rest[28] ?? 0,
      });
      return c.json({
        fraud_probability: Math.round(decision.fraudProbability * 10_000) / 10_000,
        risk_category: TIER_NAME[decision.riskTier],
        fraud_prediction: decision.fraudPredicted ? 1 : 0,
      });
    } catch (error) {
      if (error instanceof DomainError && error.code === "invalid_argument") {
        const detail: Detail[] = error.violations.map(({ field, description }) => ({
          loc: ["body", field],
          msg: description,
          type: "value_error",
        }));
        return c.json({ detail }, 422);
      }
      throw error;
    }
  };
  const routes = new Hono<AppEnv>();
  if (!deps.config.PREDICT_OPEN) routes.on("POST", ["/predict", "/predict/"], requireRole("viewer"));
  return routes.on("POST", ["/predict", "/predict/"], handle);
}
