import { expect, test } from "vitest";
import { requestIdOf } from "./request-id.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

test.each(["a", "req-1:2.3_4=", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "x".repeat(64)])("%s stays", (id) =>
  expect(requestIdOf(id)).toBe(id),
);

test.each([undefined, "", "x".repeat(65), "a b", "a\nb", "4111111111111111", "4111-1111-1111-1111", "é", 7])(
  "%j is replaced",
  (id) => expect(requestIdOf(id)).toMatch(UUID),
);
