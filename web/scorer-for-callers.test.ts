import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { DomainError } from "../platform/process/errors.ts";
import { fromGrpcError, toGrpcStatus } from "../scorer/contract/status.ts";
import { toHttpFailure } from "./api/problem.ts";
import { scorerFailure } from "./scorer-for-callers.ts";

/** What grpc-js says when it is not our scorer that speaks. */
const INNER =
  "No connection established. Last error: connect ECONNREFUSED 10.0.0.7:50051 (/srv/app/node_modules)";

test.each([
  [status.UNAVAILABLE, 503],
  [status.DEADLINE_EXCEEDED, 504],
  [status.RESOURCE_EXHAUSTED, 429],
  [status.CANCELLED, 499],
  [status.INTERNAL, 500],
  [status.UNKNOWN, 500],
  [status.UNIMPLEMENTED, 500],
  [status.DATA_LOSS, 500],
  [status.UNAUTHENTICATED, 503],
  [status.PERMISSION_DENIED, 503],
])(
  "gRPC status %i of the way to the scorer is a %i without its inner words, which are kept for the log",
  (code, http) => {
    const client = fromGrpcError(Object.assign(new Error(INNER), { code, details: INNER }));
    const error = scorerFailure(client);
    const failure = toHttpFailure(error, "r1");
    expect(failure.status).toBe(http);
    expect(JSON.stringify(failure)).not.toMatch(/ECONN|10\.0\.0\.7|node_modules|connection/i);
    expect(error.cause).toBe(client);
  },
);

test("what the scorer says of the request itself reaches the caller", () => {
  const said = DomainError.invalid([{ field: "transaction.v", description: "must hold exactly 28 values" }]);
  const error = scorerFailure(fromGrpcError(toGrpcStatus(said)));
  expect([error.code, error.message, error.violations]).toEqual([said.code, said.message, said.violations]);
});

test("a busy scorer says when to come back; a message too large for it is to be made smaller", () => {
  const busy = new DomainError("resource_exhausted", "full", { retryAfterMs: 40 });
  expect(scorerFailure(fromGrpcError(toGrpcStatus(busy)))).toMatchObject({
    message: "the scorer has too much to do right now; try again",
    retryAfterMs: 40,
  });
  const details = "Received message larger than max (5000000 vs 4194304)";
  const large = scorerFailure(fromGrpcError({ code: status.RESOURCE_EXHAUSTED, details }));
  expect(large.message).toContain("fewer transactions");
});
