import { expect, test } from "vitest";
import { hashToken, newToken, sameSecret } from "./tokens.ts";

test("tokens are 256 bits for an address bar, and never the same", () => {
  const tokens = Array.from({ length: 100 }, newToken);
  expect(new Set(tokens).size).toBe(100);
  for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

test("the hash is SHA-256 in hex", () => {
  expect(hashToken("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("secrets of any length compare", () => {
  expect(sameSecret("one and the same", "one and the same")).toBe(true);
  expect(sameSecret("one and the sam", "one and the same")).toBe(false);
  expect(sameSecret("", "one and the same")).toBe(false);
});
