import { HTTPException } from "hono/http-exception";
import { expect, test } from "vitest";
import { DomainError } from "../../platform/errors.ts";
import { toHttpFailure } from "./problem.ts";

test("a wrong field is named", () => {
  const failure = toHttpFailure(
    DomainError.invalid([{ field: "transaction.v[3]", description: "must be finite" }]),
    "r1",
  );
  expect(failure.status).toBe(400);
  expect(failure.problem).toMatchObject({
    status: 400,
    code: "invalid_argument",
    errors: [{ field: "transaction.v[3]", message: "must be finite" }],
    request_id: "r1",
  });
});

test("when to try again is said in whole seconds, at least one", () => {
  expect(toHttpFailure(new DomainError("unavailable", "draining", { retryAfterMs: 20 })).headers).toEqual({
    "Retry-After": "1",
  });
  expect(
    toHttpFailure(new DomainError("resource_exhausted", "full", { retryAfterMs: 2_100 })).headers,
  ).toEqual({ "Retry-After": "3" });
});

test("what nobody expected gives nothing away", () => {
  const failure = toHttpFailure(new Error("password of postgres is hunter2"));
  expect(failure.status).toBe(500);
  expect(JSON.stringify(failure)).not.toContain("hunter2");
});

test("hono's own refusals keep their status", () => {
  expect(toHttpFailure(new HTTPException(413, { message: "Payload Too Large" })).problem).toMatchObject({
    status: 413,
    detail: "Payload Too Large",
  });
});

test("each code has its status", () => {
  const statuses = (
    ["unauthenticated", "permission_denied", "not_found", "conflict", "deadline_exceeded"] as const
  ).map((code) => toHttpFailure(new DomainError(code, "x")).status);
  expect(statuses).toEqual([401, 403, 404, 409, 504]);
});

test("a database that is away is a 503 with a time to come back, not our mistake", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED 10.0.0.5:5432"), { code: "ECONNREFUSED" });
  const failure = toHttpFailure(refused);
  expect([failure.status, failure.headers["Retry-After"]]).toEqual([503, "2"]);
  expect(JSON.stringify(failure)).not.toContain("10.0.0.5");
});
