import { expect, test } from "vitest";
import { CHAIN_START, chainFault, chainHash } from "./hash-chain.ts";

test("an entry is bound to its content and to the one before it", () => {
  const first = { entry: { act: "a", at: new Date(0) }, previous: CHAIN_START, hash: "" };
  first.hash = chainHash(CHAIN_START, first.entry);
  const second = { entry: { act: "b" }, previous: first.hash, hash: chainHash(first.hash, { act: "b" }) };
  expect(chainFault(CHAIN_START, first)).toBeUndefined();
  expect(chainFault(first.hash, second)).toBeUndefined();
  expect(chainFault(first.hash, { ...second, entry: { act: "c" } })).toMatch(/changed/);
  expect(chainFault(CHAIN_START, second)).toMatch(/does not follow/);
});

test("how a store writes an entry down does not matter", () => {
  const at = new Date("2026-11-26T10:00:00.000Z");
  expect(chainHash(CHAIN_START, { b: 1, a: { d: at, c: undefined } })).toBe(
    chainHash(CHAIN_START, { a: { d: at.toISOString() }, b: 1 }),
  );
});
