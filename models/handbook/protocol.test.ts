import { expect, test } from "vitest";
import { readDay } from "./calendar.ts";
import { cardPrecision, publishedSplit } from "./protocol.ts";
import type { HandbookRows } from "./rows.ts";

const START = readDay("2018-07-25");

/** Payments as [day from the start, customer, label]. */
function rowsOf(payments: readonly (readonly [number, number, number])[]): HandbookRows {
  const days = Int32Array.from(payments, ([day]) => START + day);
  return {
    file: "made-up.csv",
    times: Float64Array.from(days, (day) => day * 86_400_000),
    days,
    customers: Int32Array.from(payments, ([, customer]) => customer),
    labels: Uint8Array.from(payments, ([, , label]) => label),
    firstDay: Math.min(...days),
    lastDay: Math.max(...days),
  };
}

test("7 days of training, 7 of delay, 7 of test; customers known to be compromised are asked no more", () => {
  const payments = [
    [-3, 9, 1], // Before the training days: of no account.
    [0, 1, 1],
    [6, 2, 0],
    [8, 3, 1], // Known from day 16 on.
    [13, 4, 1], // Known from day 21 on.
    [14, 1, 0], // Removed: found in training.
    [14, 9, 0],
    [14, 3, 1],
    [15, 3, 0],
    [16, 3, 0], // Removed.
    [20, 4, 1],
    [20, 2, 0],
    [21, 2, 0],
  ] as const;
  const split = publishedSplit(rowsOf(payments), START);
  expect([...split.train]).toEqual([1, 2]);
  expect([...split.test]).toEqual([6, 7, 8, 10, 11]);
});

test("a start that the file does not hold, and a part without fraud, are refused", () => {
  const whole = rowsOf([
    [0, 1, 1],
    [0, 1, 0],
    [14, 2, 0],
    [20, 2, 1],
  ]);
  expect(publishedSplit(whole, START).test.length).toBe(2);
  for (const start of [START - 1, START + 1]) {
    expect(() => publishedSplit(whole, start)).toThrow(
      "made-up.csv has the days 2018-07-25 to 2018-08-14: a start can be 2018-07-25 to 2018-07-25",
    );
  }
  expect(() => publishedSplit(rowsOf([[0, 1, 1]]), START)).toThrow(
    "fewer than the 21 that training, delay and test take",
  );
  const without = rowsOf([
    [0, 1, 1],
    [0, 1, 0],
    [20, 2, 0],
  ]);
  expect(() => publishedSplit(without, START)).toThrow(
    "the test days from 2018-08-08 on have 1 payments, 0 of them frauds",
  );
});

test("days are days of the calendar", () => {
  expect(readDay("1970-01-02")).toBe(1);
  for (const text of ["2018-02-30", "2018-7-25", "yesterday", ""]) {
    expect(() => readDay(text)).toThrow(`--start ${text}: must be a day`);
  }
});

test("card precision: the highest customers of each day, those found not again, the mean over days", () => {
  const payments = {
    //        day 1                 day 2
    days: [1, 1, 1, 1, 1, 2, 2, 2, 2],
    customers: [1, 1, 2, 3, 4, 1, 3, 5, 6],
    scores: [0.1, 0.9, 0.8, 0.2, 0.1, 0.99, 0.5, 0.4, 0.3],
    labels: [1, 0, 0, 1, 1, 1, 1, 0, 1],
  };
  // Day 1: customers 1 (found: a fraud of the day, whichever payment scored) and 2. Day 2: 1 is not asked; 3 and 5.
  expect(cardPrecision(payments, 2)).toBe((1 / 2 + 1 / 2) / 2);
  // All four customers; then 5 and 6, as 1, 3 and 4 were found.
  expect(cardPrecision(payments, 100)).toBe((3 / 4 + 1 / 2) / 2);
});
