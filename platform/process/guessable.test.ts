import { randomBytes, randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { guessable } from "./guessable.ts";

test.each([
  "",
  "x",
  "short-but-Very-Odd-7!k",
  "a".repeat(64),
  "abababababababababababababab",
  "changeme-changeme-changeme",
  "ChangeMeChangeMeChangeMe!1",
  "password1234567890password",
  "abcdefghijklmnopqrstuvwxyz",
  "0123456789abcdef0123456789abcdef",
  "qwertyuiopasdfghjklzxcvbnm",
  "your-secret-admin-password",
  "paysecure-admin-secret-key-test",
  "x7!kQp2zx7!kQp2zx7!kQp2zx7!kQp2z",
])("%s can be guessed", (secret) => expect(guessable(secret)).toBeTypeOf("string"));

test("keys that a machine made cannot", () => {
  for (let i = 0; i < 2_000; i++) {
    for (const key of [
      randomUUID(),
      ...(["hex", "base64", "base64url"] as const).map((form) => randomBytes(32).toString(form)),
      randomBytes(18).toString("base64url"),
    ]) {
      expect(guessable(key), key).toBeUndefined();
    }
  }
});

test("a long key that somebody thought of is taken", () => {
  expect(guessable("a-test-key-of-enough-length")).toBeUndefined();
  expect(guessable("case-key-0123456789abcdef")).toBeUndefined();
});
