import { expect, test } from "vitest";
import { check } from "../../pipeline/doors/json.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { impactQuery } from "./impact.ts";
import { decideRequest, decisionQuery, queueEnvelope, reviewQuery, scoreRequest } from "./schemas.ts";

/** Everything that is said of a value, field by field. */
function said(schema: Parameters<typeof check>[0], value: unknown): string[] {
  try {
    check(schema, value);
    return [];
  } catch (error) {
    return DomainError.from(error).violations.map(({ field, description }) => `${field} ${description}`);
  }
}

test("what is wrong is said in words of ours, for each kind of field and query parameter", () => {
  const values: unknown[] = [undefined, null, [], {}, 1, "x", Number.NaN, true];
  const schemas = [scoreRequest, decideRequest, decisionQuery, queueEnvelope, reviewQuery, impactQuery];
  for (const schema of schemas) {
    const objects = values.map((value) =>
      Object.fromEntries(["surprise", ...Object.keys(schema.shape)].map((key) => [key, value])),
    );
    for (const value of [...values, ...objects]) {
      expect(said(schema, value).join("; ")).not.toMatch(
        /Invalid|expected|received|Unrecognized|Too (big|small)/,
      );
    }
  }
});

test.each([
  [decisionQuery, { limit: "abc" }, "limit must be a number"],
  [decisionQuery, { limit: "0" }, "limit must be at least 1"],
  [decisionQuery, { limit: "1.5" }, "limit must be a whole number"],
  [reviewQuery, { status: "shut" }, "status must be one of open, decided"],
  [scoreRequest, [], "body must be an object"],
  [decideRequest, { verdict: "fraud", note: "", by: "x" }, "by unknown field"],
  [queueEnvelope, { transactions: [] }, "transactions must have at least one transaction"],
])("%# is answered by %j: %s", (schema, value, words) => {
  expect(said(schema, value)).toEqual([words]);
});
