import { expect, test } from "vitest";
import { CONTEXT_FIELDS } from "../../domain/transaction.ts";
import { readConfig } from "../config.ts";
import { bodyLimit } from "./body-limits.ts";
import { openApiDocument } from "./openapi.ts";
import { API_ROUTES } from "./routes.ts";

const ENV = { REDIS_URL: "redis://localhost", DATABASE_URL: "postgres://localhost/x" };

interface Schema {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly enum?: readonly string[];
}
interface Documented {
  readonly operationId: string;
  readonly security: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: {
    readonly description: string;
    readonly content: Record<string, { readonly schema: Schema; readonly example?: unknown }>;
  };
  readonly responses: Record<string, { readonly description: string; readonly content?: unknown }>;
}
interface Document {
  readonly paths: Record<string, Record<string, Documented>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

function documentWith(env: Readonly<Record<string, string>> = {}): Document {
  // As clients get it: what JSON leaves out is not in it.
  return JSON.parse(JSON.stringify(openApiDocument(API_ROUTES, readConfig({ ...ENV, ...env }), "0.1.0")));
}

const document = documentWith();
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

test("every reference leads somewhere", () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to);
  expect(references.length).toBeGreaterThan(5);
  const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
  for (const reference of references) expect(known).toContain(reference);
});

test("the operations that clients generate code from keep their ids", () => {
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual([
    "get_api_v1_alerts",
    "get_api_v1_analytics",
    "get_api_v1_audit",
    "get_api_v1_export_dataset",
    "get_api_v1_impact",
    "get_api_v1_impact_original",
    "get_api_v1_model_comparisons",
    "get_api_v1_model_requests_id",
    "get_api_v1_models",
    "get_api_v1_reviews",
    "get_api_v1_reviews_id",
    "get_api_v1_stats",
    "get_api_v1_status",
    "get_api_v1_training_runs",
    "get_api_v1_training_runs_id",
    "get_api_v1_transactions",
    "get_api_v1_watch",
    "get_api_v1_webhooks",
    "get_api_v1_webhooks_id_deliveries",
    "post_api_v1_alerts_id_acknowledge",
    "post_api_v1_chargebacks",
    "post_api_v1_model_requests",
    "post_api_v1_privacy_export",
    "post_api_v1_reviews_bulk",
    "post_api_v1_reviews_id_assign",
    "post_api_v1_reviews_id_claim",
    "post_api_v1_reviews_id_correct",
    "post_api_v1_reviews_id_decide",
    "post_api_v1_reviews_id_refer",
    "post_api_v1_reviews_id_release",
    "post_api_v1_reviews_id_snooze",
    "post_api_v1_reviews_id_undo",
    "post_api_v1_score",
    "post_api_v1_score_batch",
    "post_api_v1_transactions",
    "post_api_v1_webhooks",
    "post_api_v1_webhooks_id_disable",
    "post_api_v1_webhooks_id_enable",
    "post_api_v1_webhooks_id_remove",
    "post_api_v1_webhooks_id_replay",
    "post_api_v1_webhooks_id_rotate",
    "post_api_v1_webhooks_id_test",
    "post_predict",
  ]);
  expect(operations).toHaveLength(API_ROUTES.length);
});

test("only what is open needs no key, as this installation is set up", () => {
  const open = (of: Document): string[] =>
    Object.entries(of.paths).flatMap(([path, methods]) =>
      Object.values(methods).some(({ security }) => security.length === 0) ? [path] : [],
    );
  expect(open(document)).toEqual(["/predict/", "/api/v1/stats"]);
  expect(open(documentWith({ PREDICT_OPEN: "false" }))).toEqual(["/api/v1/stats"]);
});

test("each operation is as OpenAPI 3.1 wants it: its path's parameters and no others, described responses", () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const { parameters = [], responses, requestBody } of Object.values(methods)) {
      const inPath = parameters.filter((parameter) => parameter.in === "path");
      expect(
        inPath.map(({ name }) => name),
        path,
      ).toEqual(named);
      expect(inPath.every(({ required }) => required)).toBe(true);
      // What the path names may not be there.
      if (named.length > 0) expect(Object.keys(responses), path).toContain("404");
      expect(new Set(parameters.map((each) => `${each.in} ${each.name}`)).size).toBe(parameters.length);
      expect(Object.keys(responses).filter((status) => /^2\d\d$/.test(status)).length).toBeGreaterThan(0);
      for (const [status, { description }] of Object.entries(responses)) {
        expect(status).toMatch(/^[1-5]\d\d$/);
        expect(description, `${path} ${status}`).not.toMatch(/^$|^It failed$/);
      }
      for (const type of Object.keys(requestBody?.content ?? {})) expect(type).toMatch(/^application\//);
    }
  }
});

test("the examples pass the schemas they stand beside", () => {
  for (const { operation } of API_ROUTES) {
    const { path, body } = operation;
    if (body) expect(body.schema.safeParse(body.example).error?.issues ?? [], path).toEqual([]);
  }
});

test("the body's rules are in the document: exactly 28 values, nothing unknown", () => {
  const transaction = document.components.schemas["Transaction"];
  expect(transaction?.properties?.["v"]).toMatchObject({ type: "array", minItems: 28, maxItems: 28 });
  expect(transaction?.additionalProperties).toBe(false);
});

test("each context field of the domain is in what is taken and in what is answered", () => {
  for (const { column } of CONTEXT_FIELDS) {
    for (const name of ["Transaction", "Decision"]) {
      expect(Object.keys(document.components.schemas[name]?.properties ?? {}), name).toContain(column);
    }
  }
});

test("lists are documented in each form they are taken in", () => {
  for (const path of ["/api/v1/transactions", "/api/v1/score/batch"]) {
    const { content, description } = document.paths[path]?.["post"]?.requestBody ?? {};
    expect(description).toContain(`At most ${bodyLimit(path) / 2 ** 20} MiB`);
    expect(content?.["application/x-ndjson"]?.schema).toEqual({ $ref: "#/components/schemas/Transaction" });
    expect(content?.["application/json"]?.schema.anyOf?.map(({ type }) => type)).toContain("array");
  }
});
