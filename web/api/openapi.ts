import { z } from "zod";
import { rightRow } from "../../domain/rights.ts";
import { sessionCookieName } from "../auth/session-cookie.ts";
import { publicUrl, type WebConfig } from "../config.ts";
import { bodyLimitText } from "./body-limits.ts";
import { type ApiRoute, accessOf, failuresOf, type Operation, successesOf } from "./route.ts";
import { problemJson } from "./schemas.ts";

type Json = Record<string, unknown>;

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
  403: "The caller lacks the right",
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
 * The OpenAPI 3.1 document of routes, made from what they are registered with.
 *
 * @param config whose address people use, and who may call what
 */
export function openApiDocument(routes: readonly ApiRoute[], config: WebConfig, version: string): Json {
  const server = publicUrl(config);
  const components: Json = {};
  const paths: Record<string, Json> = {};
  for (const { operation } of routes) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method]: documentOf(operation, config, components),
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
        apiKey: {
          type: "http",
          scheme: "bearer",
          description:
            "An API key (`ps_…`, made at /keys or by `npm run api-keys`), ADMIN_API_KEY, or a JWT of JWT_ISSUER. Its scopes are the rights named at each route.",
        },
        apiKeyHeader: {
          type: "apiKey",
          in: "header",
          name: "X-API-Key",
          description: "An API key, as above",
        },
        session: { type: "apiKey", in: "cookie", name: sessionCookieName(new URL(server)) },
      },
    },
  };
}

function documentOf(operation: Operation, config: WebConfig, components: Json): Json {
  const { method, path, summary, description, params, query, headers } = operation;
  const access = accessOf(operation, config);
  const parameters = [
    ...(params ? parametersOf(params, "path", components) : []),
    ...(query ? parametersOf(query, "query", components) : []),
    ...(headers ? parametersOf(headers, "header", components) : []),
  ];
  const needs = access === "open" ? undefined : `Needs the right \`${access}\`: ${rightRow(access).allows}.`;
  const described = [description, needs].filter((part) => part !== undefined).join(" ");
  return {
    summary,
    operationId: `${method}${path.replace(/[^a-z0-9]+/gi, "_")}`.replace(/_$/, ""),
    ...(described === "" ? {} : { description: described }),
    security: access === "open" ? [] : [{ apiKey: [] }, { apiKeyHeader: [] }, { session: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...requestBodyOf(operation, components),
    responses: responsesOf(operation, config, components),
  };
}

function parametersOf(schema: z.ZodObject, where: "path" | "query" | "header", components: Json): Json[] {
  const { properties, required } = z
    .object({
      properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })),
      required: z.array(z.string()).default([]),
    })
    .parse(schemaOf(schema, "input", components));
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

function requestBodyOf({ path, body }: Operation, components: Json): Json {
  if (!body) return {};
  return {
    requestBody: {
      required: true,
      description: `At most ${bodyLimitText(path)}, counted as it comes out of its compression. A proxy in front has to let as much through.`,
      content: {
        "application/json": { schema: schemaOf(body.schema, "input", components), example: body.example },
        ...(body.line
          ? { "application/x-ndjson": { schema: schemaOf(body.line, "input", components) } }
          : {}),
      },
    },
  };
}

const SUCCESS_TEXT: Record<Operation["status"], string> = { 200: "The answer", 202: "Queued", 204: "Done" };

const FILE = { type: "string", format: "binary" };

const FASTAPI_ERROR = {
  type: "object",
  properties: { detail: { type: "array", items: { type: "object" } } },
};

function responsesOf(operation: Operation, config: WebConfig, components: Json): Json {
  const { status, answer, answerLine, body, files, says = {} } = operation;
  const json = answer && { "application/json": { schema: schemaOf(answer, "output", components) } };
  const lines = answerLine && {
    "application/x-ndjson": { schema: schemaOf(answerLine, "output", components) },
  };
  const content = json
    ? { content: { ...json, ...lines } }
    : files && { content: Object.fromEntries(files.map((type) => [type, { schema: FILE }])) };
  const successes = successesOf(operation).map((success) => [
    success,
    { description: says[success] ?? SUCCESS_TEXT[status], ...content },
  ]);
  const failures = failuresOf(operation, config).map((failure) => [
    failure,
    {
      description: says[failure] ?? ERROR_TEXT[failure] ?? "It failed",
      content:
        failure === 422 && body?.refusedWith === 422
          ? { "application/json": { schema: FASTAPI_ERROR } }
          : { "application/problem+json": { schema: schemaOf(problemJson, "output", components) } },
    },
  ]);
  return Object.fromEntries([...successes, ...failures]);
}
