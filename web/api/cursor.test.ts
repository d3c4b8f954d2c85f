import { expect, test } from "vitest";
import { decisionQuery, reviewQuery } from "./schemas.ts";

test.each(["x".repeat(600), "(a+)+$".repeat(100), "x", "4111111111111111", "\u0000", "eyJzZXEiOjF9"])(
  "a made-up cursor is refused beside every other parameter, whatever it is: %s",
  (cursor) => {
    for (const query of [reviewQuery, decisionQuery]) {
      const wrong = query.safeParse({ cursor, limit: "0" });
      expect(wrong.success).toBe(false);
    }
    expect(reviewQuery.safeParse({ cursor, status: "decided" }).success).toBe(false);
  },
);
