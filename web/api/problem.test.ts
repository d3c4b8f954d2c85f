import { HTTPException } from "hono/http-exception";
import { expect, test } from "vitest";
import { DomainError } from "../../platform/process/errors.ts";
import { Refusal, toHttpFailure } from "./problem.ts";

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

test("a library's refusals keep their status, not their words", () => {
  for (const status of [400, 403, 405, 413, 415, 504] as const) {
    const failure = toHttpFailure(new HTTPException(status, { message: "lib/foo.js says no" }), "r1");
    expect(failure.problem).toMatchObject({ status, code: "http_error", request_id: "r1" });
    expect(JSON.stringify(failure)).not.toContain("foo.js");
  }
  expect(toHttpFailure(new HTTPException(501, { message: "lib/foo.js says no" })).problem).toMatchObject({
    status: 500,
    detail: "internal error",
  });
});

test("our own refusals say what the caller can do, and what HTTP asks beside it", () => {
  const failure = toHttpFailure(new Refusal(415, "send application/json", { "Accept-Encoding": "gzip" }));
  expect(failure).toMatchObject({
    status: 415,
    headers: { "Accept-Encoding": "gzip" },
    problem: { detail: "send application/json" },
  });
});

test("nothing that can be thrown gives its own words away", () => {
  const inner = "10.0.0.5 /srv/app/node_modules/pg hunter2";
  const thrown = [
    new Error(inner),
    new TypeError(inner),
    new AggregateError([new Error(inner)], inner),
    new DOMException(inner, "AbortError"),
    Object.assign(new Error(inner), { code: "42P01" }),
    Object.assign(new Error(inner), { code: "22021" }),
    Object.assign(new Error(inner), { code: "57P01" }),
    Object.assign(new Error(inner), { name: "ReplyError" }),
    inner,
    { message: inner, details: inner, code: 14 },
    undefined,
  ];
  for (const one of thrown) expect(JSON.stringify(toHttpFailure(one))).not.toMatch(/10\.0|srv|hunter2/);
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
