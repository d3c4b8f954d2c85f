import { expect, test } from "vitest";
import { fitsFloat32, isStorableText, storableText, storableTime } from "./storable.ts";

test("text: whole characters pass, NUL and halves of surrogate pairs do not", () => {
  for (const text of ["", "tok_1", "日本", "👍", "e\u0301", "\u{10ffff}", "\n\t"]) {
    expect(isStorableText(text), text).toBe(true);
    expect(storableText(text)).toBe(text);
  }
  for (const text of ["\0", "a\0b", "\ud800", "a\udfff", "\udc00\ud800", "👍".slice(0, 1), "👍".slice(1)]) {
    expect(isStorableText(text), JSON.stringify(text)).toBe(false);
    expect(isStorableText(storableText(text))).toBe(true);
  }
});

test("time: every offset of ISO 8601 becomes UTC; years that PostgreSQL or ISO 8601 lack are none", () => {
  expect(storableTime("2026-11-22T10:00:00+18:00")).toBe("2026-11-21T16:00:00.000Z");
  expect(storableTime("2026-11-22T10:00:00-23:59")).toBe("2026-11-23T09:59:00.000Z");
  expect(storableTime("0001-01-01T00:00:00Z")).toBe("0001-01-01T00:00:00.000Z");
  expect(storableTime("0001-01-01T00:00:00+14:00")).toBeUndefined();
  expect(storableTime("0000-06-01T00:00:00Z")).toBeUndefined();
  expect(storableTime("9999-12-31T23:59:59-01:00")).toBeUndefined();
  expect(storableTime("yesterday")).toBeUndefined();
});

test("numbers: what a 32-bit one can be near to", () => {
  for (const value of [0, -0, 1e-60, 1e-320, 3.4e38, -3.4e38]) expect(fitsFloat32(value)).toBe(true);
  for (const value of [3.5e38, -1e39, Number.NaN, Number.POSITIVE_INFINITY])
    expect(fitsFloat32(value)).toBe(false);
});
