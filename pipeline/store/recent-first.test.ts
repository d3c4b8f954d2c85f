import { expect, test } from "vitest";
import { recentFirst } from "./recent-first.ts";

const DAY = 86_400_000;
const newest = new Date("2026-11-26T12:00:00Z");
const daysAgo = (days: number) => new Date(newest.getTime() - days * DAY);

/** Rows by their age in days, and what was asked for. */
function stored(...ages: number[]) {
  const asked: (Date | undefined)[] = [];
  const read = async (from: Date | undefined): Promise<number[]> => {
    asked.push(from);
    return ages.filter((age) => !from || daysAgo(age) >= from);
  };
  return { asked, read };
}

test("a page that lately fills is read from lately alone", async () => {
  const { asked, read } = stored(1, 2, 100);
  expect(await recentFirst({ newest, enough: 2 }, read)).toEqual([1, 2]);
  expect(asked).toEqual([daysAgo(35)]);
});

test("one that it does not fill is read from all there is", async () => {
  const { asked, read } = stored(1, 100, 900);
  expect(await recentFirst({ newest, enough: 2 }, read)).toEqual([1, 100, 900]);
  expect(asked).toEqual([daysAgo(35), undefined]);
});

test("nothing is read from before the list's own end", async () => {
  const near = stored(1, 20);
  expect(await recentFirst({ newest, oldest: daysAgo(10), enough: 5 }, near.read)).toEqual([1]);
  expect(near.asked).toEqual([daysAgo(10)]);
  const far = stored(1, 100, 300);
  expect(await recentFirst({ newest, oldest: daysAgo(200), enough: 5 }, far.read)).toEqual([1, 100]);
  expect(far.asked).toEqual([daysAgo(35), daysAgo(200)]);
});
