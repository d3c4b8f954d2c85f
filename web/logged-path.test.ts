import { expect, test } from "vitest";
import { loggedPath } from "./logged-path.ts";

test("a path is logged without tokens", () => {
  expect(loggedPath("/sign-in/K3v0QJm2m4zq0Qp2V8y9nJ1b5s7t6u3x_AbCdEfGhI-")).toBe("/sign-in/[…]");
  expect(loggedPath("/api/v1/reviews/17/decide")).toBe("/api/v1/reviews/17/decide");
});
