import { expect, test } from "vitest";
import { sessionCookieName } from "./session-cookie.ts";

test.each([
  ["http://localhost:8000", "paysecure_session_8000"],
  ["http://localhost", "paysecure_session_80"],
  ["https://fraud.example", "__Host-paysecure_session_443"],
  ["https://fraud.example:8443/", "__Host-paysecure_session_8443"],
])("the session cookie of %s is %s", (address, name) => {
  expect(sessionCookieName(new URL(address))).toBe(name);
});
