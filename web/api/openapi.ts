import { z } from "zod";
import { sessionCookieName } from "../auth/session-cookie.ts";
import { bodyLimitText } from "./body-limits.ts";
import { impactQuery, originalImpactQuery } from "./impact.ts";
import { impactJson, originalImpactJson } from "./impact-schemas.ts";
import { PREDICT_FIELDS } from "./predict.ts";
import {
  caseDetailJson,
  claimAnswer,
  decideAnswer,
  decideRequest,
  decisionPage,
  decisionQuery,
  problemJson,
  queueAnswer,
  queueRequest,
  reviewPage,
  reviewQuery,
  scoreBatchAnswer,
  scoreBatchRequest,
  scoreJson,
  scoreRequest,
  statsJson,
  transactionBody,
} from "./schemas.ts";

/** One operation as it is described, and tried out on `/api/docs`. */
export interface Operation {
  readonly method: "get" | "post";
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly open?: boolean;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** One of these a line is taken as well. */
  readonly line?: z.ZodType;
  readonly example?: unknown;
  readonly status: number;
  readonly answer?: z.ZodType;
  readonly errors: readonly number[];
}

/** A payment of the public data set's shape with made-up values. */
const EXAMPLE_V = Array.from({ length: 28 }, (_, i) => Math.round(Math.sin(i + 1) * 100) / 100);

export const EXAMPLE_TRANSACTION = {
  transaction_id: "order-10025",
  time: 45_000,
  v: EXAMPLE_V,
  amount: 129.9,
  currency: "EUR",
  card_token: "tok_8f3a",
  merchant_id: "m-204",
  merchant_category: "electronics",
  country: "FR",
  channel: "online",
};

const EXAMPLE_PREDICT = Object.fromEntries(
  PREDICT_FIELDS.map((name, index) => [
    name,
    index === 0 ? 45_000 : index === 29 ? 129.9 : (EXAMPLE_V[index - 1] ?? 0),
  ]),
);

const predictBody = z.object(Object.fromEntries(PREDICT_FIELDS.map((name) => [name, z.number()])));
const predictAnswer = z.object({
  fraud_probability: z.number().meta({ description: "Rounded to 4 digits." }),
  risk_category: z.enum(["Low", "Medium", "High", "Critical"]),
  fraud_prediction: z.union([z.literal(0), z.literal(1)]),
});

export const OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/predict/",
    summary: "Score one transaction, as the original service",
    description: "The flat body and the three-field answer of the original FastAPI service. Records nothing.",
    open: true,
    body: predictBody,
    example: EXAMPLE_PREDICT,
    status: 200,
    answer: predictAnswer,
    errors: [413, 415, 422, 429, 503, 504],
  },
  {
    method: "post",
    path: "/api/v1/score",
    summary: "Score one transaction",
    body: scoreRequest,
    example: { transaction: EXAMPLE_TRANSACTION, explain: true },
    status: 200,
    answer: scoreJson,
    errors: [400, 401, 403, 404, 413, 415, 429, 503, 504],
  },
  {
    method: "post",
    path: "/api/v1/score/batch",
    summary: "Score up to 10,000 transactions",
    description:
      "Results come in the order asked. A bad transaction fails alone, with an error in its place. A plain list of transactions, or one a line, is scored without being recorded.",
    body: z.union([scoreBatchRequest, scoreBatchRequest.shape.transactions]),
    line: transactionBody,
    example: {
      transactions: [
        EXAMPLE_TRANSACTION,
        { ...EXAMPLE_TRANSACTION, transaction_id: "order-10026", amount: 4.5 },
      ],
    },
    status: 200,
    answer: scoreBatchAnswer,
    errors: [400, 401, 403, 404, 413, 415, 429, 503, 504],
  },
  {
    method: "post",
    path: "/api/v1/transactions",
    summary: "Hand transactions in to be scored and recorded",
    description:
      "Queued; the decision appears within a second or two. One transaction, or up to 1,000 as a list, under `transactions` or one a line; none is taken when one is wrong. A transaction_id counts once however often it is sent.",
    body: queueRequest,
    line: transactionBody,
    example: EXAMPLE_TRANSACTION,
    status: 202,
    answer: queueAnswer,
    errors: [400, 401, 403, 413, 415, 503, 504],
  },
  {
    method: "get",
    path: "/api/v1/transactions",
    summary: "List decisions, newest first",
    query: decisionQuery,
    status: 200,
    answer: decisionPage,
    errors: [400, 401],
  },
  {
    method: "get",
    path: "/api/v1/stats",
    summary: "Totals",
    description: "Sums only, nothing of any person or payment: open, like /metrics.",
    open: true,
    status: 200,
    answer: statsJson,
    errors: [429, 503],
  },
  {
    method: "get",
    path: "/api/v1/impact",
    summary: "Business impact at the true base rate",
    description:
      "A year of the programme: the champion's tiers as measured on later time, every assumption a parameter; net benefit, costs, capacity, sensitivity (tornado) and break-even.",
    query: impactQuery,
    status: 200,
    answer: impactJson,
    errors: [400, 401, 403, 409, 503],
  },
  {
    method: "get",
    path: "/api/v1/impact/original",
    summary: "Business impact as the original calculated it",
    description:
      "To the cent, with the caveat that belongs to it: one balanced test set is taken for one day.",
    query: originalImpactQuery,
    status: 200,
    answer: originalImpactJson,
    errors: [400, 401, 403],
  },
  {
    method: "get",
    path: "/api/v1/reviews",
    summary: "List review cases",
    description:
      "Open ones in the order they should be worked on: overdue first, then by fraud probability × (amount ÷ the usual payment of its currency + 1).",
    query: reviewQuery,
    status: 200,
    answer: reviewPage,
    errors: [400, 401],
  },
  {
    method: "get",
    path: "/api/v1/reviews/{id}",
    summary: "Read one case",
    status: 200,
    answer: caseDetailJson,
    errors: [400, 401, 404],
  },
  {
    method: "post",
    path: "/api/v1/reviews/{id}/claim",
    summary: "Claim a case, or renew one's claim",
    status: 200,
    answer: claimAnswer,
    errors: [400, 401, 403, 404, 409],
  },
  {
    method: "post",
    path: "/api/v1/reviews/{id}/release",
    summary: "Give a claim back",
    description: "An administrator may also end another's claim; the case's events say whose it was.",
    status: 204,
    errors: [400, 401, 403, 404, 409],
  },
  {
    method: "post",
    path: "/api/v1/reviews/{id}/decide",
    summary: "Decide a case",
    description:
      "The same verdict with the same note, sent again by the same caller because the answer was lost, is answered as the first time and recorded once. Anything else after the verdict is a conflict.",
    body: decideRequest,
    example: { verdict: "fraud", note: "card holder called: not theirs" },
    status: 200,
    answer: decideAnswer,
    errors: [400, 401, 403, 404, 409, 413, 415],
  },
];

/** zod's JSON Schema for OpenAPI 3.1; what has an id becomes a reference into components. */
function schemaOf(type: z.ZodType, io: "input" | "output", components: Record<string, unknown>): unknown {
  const {
    $schema: _,
    $defs = {},
    ...schema
  } = z.toJSONSchema(type, { io, unrepresentable: "any" }) as Record<string, unknown> & {
    $defs?: Record<string, Record<string, unknown>>;
  };
  for (const [name, definition] of Object.entries($defs)) components[name] = relocate(definition);
  return relocate(schema);
}

/** `#/$defs/X` → `#/components/schemas/X`, all the way down; ids are zod's own business. */
function relocate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocate);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(key === "id" && typeof inner === "string"))
      .map(([key, inner]) =>
        key === "$ref" && typeof inner === "string"
          ? [key, inner.replace("#/$defs/", "#/components/schemas/")]
          : [key, relocate(inner)],
      ),
  );
}

const ERROR_TEXT: Record<number, string> = {
  400: "The request is not valid; `errors` names each wrong field",
  401: "No session and no valid API key",
  403: "The role does not allow it",
  404: "There is no such thing",
  409: "Somebody else holds or decided the case",
  413: "The body is too large, as it is or as it comes out of its compression",
  415: "Another content type, charset or compression is needed",
  422: "A field is missing or wrong, as FastAPI says it",
  429: "Too many requests; see Retry-After",
  503: "A part of PaySecure is away; see Retry-After",
  504: "It took too long",
};

/**
 * The OpenAPI 3.1 document of the HTTP API, made from the schemas that check the requests.
 *
 * @param server the address people use
 */
export function openApiDocument(server: string, version: string): Record<string, unknown> {
  const components: Record<string, unknown> = {};
  const problem = schemaOf(problemJson, "output", components);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) {
    const parameters: unknown[] = [];
    if (operation.path.includes("{id}")) {
      parameters.push({ name: "id", in: "path", required: true, schema: { type: "integer", minimum: 1 } });
    }
    if (operation.query) {
      const query = schemaOf(operation.query, "input", components) as {
        properties?: Record<string, Record<string, unknown>>;
        required?: string[];
      };
      for (const [name, { description, ...schema }] of Object.entries(query.properties ?? {})) {
        parameters.push({
          name,
          in: "query",
          required: query.required?.includes(name) ?? false,
          ...(description === undefined ? {} : { description }),
          schema,
        });
      }
    }
    const responses: Record<string, unknown> = {
      [operation.status]: {
        description: operation.status === 202 ? "Queued" : operation.status === 204 ? "Done" : "The answer",
        ...(operation.answer
          ? { content: { "application/json": { schema: schemaOf(operation.answer, "output", components) } } }
          : {}),
      },
    };
    for (const status of operation.errors) {
      responses[status] = {
        description: ERROR_TEXT[status] ?? "It failed",
        content:
          status === 422
            ? {
                "application/json": {
                  schema: {
                    type: "object",
                    properties: { detail: { type: "array", items: { type: "object" } } },
                  },
                },
              }
            : { "application/problem+json": { schema: problem } },
      };
    }
    paths[operation.path] ??= {};
    (paths[operation.path] as Record<string, unknown>)[operation.method] = {
      summary: operation.summary,
      operationId: `${operation.method}${operation.path.replace(/[^a-z0-9]+/gi, "_")}`.replace(/_$/, ""),
      ...(operation.description ? { description: operation.description } : {}),
      security: operation.open ? [] : [{ apiKey: [] }, { apiKeyHeader: [] }, { session: [] }],
      ...(parameters.length > 0 ? { parameters } : {}),
      ...(operation.body
        ? {
            requestBody: {
              required: true,
              description: `At most ${bodyLimitText(operation.path)}, counted as it comes out of its compression. A proxy in front has to let as much through.`,
              content: {
                "application/json": {
                  schema: schemaOf(operation.body, "input", components),
                  ...(operation.example === undefined ? {} : { example: operation.example }),
                },
                ...(operation.line === undefined
                  ? {}
                  : { "application/x-ndjson": { schema: schemaOf(operation.line, "input", components) } }),
              },
            },
          }
        : {}),
      responses,
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "PaySecure",
      version,
      description:
        "Card-fraud scoring, decisions and manual review. The gRPC contract beside it is paysecure.scoring.v1. Bodies may be compressed (Content-Encoding gzip, deflate or br); their limits are for what comes out.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: server }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "ADMIN_API_KEY" },
        apiKeyHeader: { type: "apiKey", in: "header", name: "X-API-Key", description: "ADMIN_API_KEY" },
        session: { type: "apiKey", in: "cookie", name: sessionCookieName(new URL(server)) },
      },
    },
  };
}
