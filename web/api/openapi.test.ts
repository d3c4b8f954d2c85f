import { expect, test } from "vitest";
import { bodyLimit } from "./body-limits.ts";
import { OPERATIONS, openApiDocument } from "./openapi.ts";

const document = openApiDocument("http://localhost:8000", "0.1.0");
const text = JSON.stringify(document);

test("every reference leads somewhere", () => {
  const schemas = (document["components"] as { schemas: Record<string, unknown> }).schemas;
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] as string);
  expect(references.length).toBeGreaterThan(5);
  for (const reference of references) {
    expect(reference).toMatch(/^#\/components\/schemas\//);
    expect(Object.keys(schemas)).toContain(reference.replace("#/components/schemas/", ""));
  }
});

test("operation ids are unique, and only what is open needs no key", () => {
  const operations = Object.values(
    document["paths"] as Record<string, Record<string, { operationId: string; security: unknown[] }>>,
  ).flatMap((path) => Object.values(path));
  expect(operations).toHaveLength(OPERATIONS.length);
  expect(new Set(operations.map((operation) => operation.operationId)).size).toBe(OPERATIONS.length);
  expect(operations.filter((operation) => operation.security.length === 0)).toHaveLength(2);
});

test("the examples pass the schemas they stand beside", () => {
  for (const { path, body, example } of OPERATIONS) {
    if (body) expect(body.safeParse(example).success, path).toBe(true);
  }
});

test("the body's rules are in the document: exactly 28 values, nothing unknown", () => {
  const transaction = (
    document["components"] as {
      schemas: Record<string, { properties: Record<string, unknown>; additionalProperties: boolean }>;
    }
  ).schemas["Transaction"];
  expect(transaction?.properties["v"]).toMatchObject({ type: "array", minItems: 28, maxItems: 28 });
  expect(transaction?.additionalProperties).toBe(false);
});

test("lists are documented in each form they are taken in", () => {
  const paths = document["paths"] as Record<
    string,
    {
      post: {
        requestBody: {
          description: string;
          content: Record<string, { schema: { anyOf?: { type?: string }[] } }>;
        };
      };
    }
  >;
  for (const path of ["/api/v1/transactions", "/api/v1/score/batch"]) {
    const { content, description } = paths[path]?.post.requestBody ?? {};
    expect(description).toContain(`At most ${bodyLimit(path) / 2 ** 20} MiB`);
    expect(content?.["application/x-ndjson"]?.schema).toEqual({ $ref: "#/components/schemas/Transaction" });
    expect(content?.["application/json"]?.schema.anyOf?.map(({ type }) => type)).toContain("array");
  }
});
