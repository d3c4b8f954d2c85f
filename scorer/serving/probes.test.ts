import { describe, expect, test } from "vitest";
import { MAX_AMOUNT } from "../../domain/money.ts";
import { MAX_TIME_S } from "../../domain/transaction.ts";
import { edgeRows, requireProbabilities } from "./probes.ts";

const rows = edgeRows();
const column = (at: number) => Array.from({ length: rows.length / 30 }, (_, r) => rows[30 * r + at]!);

test("the corners reach from nothing to the largest that the doors let in, and hold every component far off", () => {
  for (const [at, most] of [
    [0, MAX_TIME_S],
    [29, MAX_AMOUNT],
  ] as const) {
    expect(Math.min(...column(at))).toBe(0);
    expect(Math.max(...column(at))).toBe(Math.fround(most));
  }
  for (let v = 1; v <= 28; v++) {
    expect(Math.max(...column(v))).toBeGreaterThan(120);
    expect(Math.min(...column(v))).toBeLessThan(-120);
  }
});

describe("an answer that is no probability", () => {
  test.each([Number.NaN, Number.NEGATIVE_INFINITY, 1.000001, -1e-9])(
    "%s is named with its row",
    async (wrong) => {
      const given = new Float32Array(90).fill(1);
      given.set([3600, -2, 7], 30);
      given[59] = 77.77;
      await expect(requireProbabilities(given, async () => [0, wrong, 1])).rejects.toMatchObject({
        code: "invalid_argument",
        message: `it gives no probability from 0 to 1 for 1 of 3 rows it was tried on: ${wrong} for the one with Time 3600, Amount 77.77 and the farthest V 7`,
      });
    },
  );

  test("may also be one that is missing", async () => {
    await expect(requireProbabilities(new Float32Array(60), async () => [0.5])).rejects.toThrow(
      "1 of 2 rows",
    );
    await requireProbabilities(new Float32Array(60), async () => [0, 1]);
  });
});
