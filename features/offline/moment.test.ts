import { expect, test } from "vitest";
import { readMoment } from "./moment.ts";
import { UTC, zoneOf } from "./zone.ts";

const prague = zoneOf("Europe/Prague")!;

test("a moment with an offset is that moment, whatever zone the file is said to be in", () => {
  const ms = Date.UTC(2018, 3, 1, 0, 0, 31);
  for (const text of [
    "2018-04-01T00:00:31Z",
    "2018-04-01T00:00:31.000Z",
    "2018-04-01 02:00:31+02:00",
    "2018-03-31T20:30:31-0330",
  ]) {
    expect(readMoment(text, undefined)).toBe(ms);
    expect(readMoment(text, prague)).toBe(ms);
  }
  expect(readMoment("2018-04-01T00:00:31.250999Z", undefined)).toBe(ms + 250);
  expect(readMoment("2018-04-01T00:00Z", undefined)).toBe(ms - 31_000);
});

test("a moment without one is refused until it is said where the clocks are", () => {
  expect(readMoment("2018-04-01T00:00:31", undefined)).toBe(
    "has no time zone: say which one the file's times are in",
  );
  expect(readMoment("2018-04-01T00:00:31", UTC)).toBe(Date.UTC(2018, 3, 1, 0, 0, 31));
  expect(readMoment("2018-04-01T00:00:31", zoneOf("-02:00"))).toBe(Date.UTC(2018, 3, 1, 2, 0, 31));
  expect(readMoment("2018-01-15T12:00:00", prague)).toBe(Date.UTC(2018, 0, 15, 11));
  expect(readMoment("2018-07-15T12:00:00", prague)).toBe(Date.UTC(2018, 6, 15, 10));
});

test("when clocks change, a skipped hour is refused and of a repeated one the first is meant", () => {
  expect(readMoment("2018-03-25T02:30:00", prague)).toBe("was skipped when the clocks went forward");
  expect(readMoment("2018-03-25T03:00:00", prague)).toBe(Date.UTC(2018, 2, 25, 1));
  expect(readMoment("2018-10-28T02:30:00", prague)).toBe(Date.UTC(2018, 9, 28, 0, 30));
  expect(readMoment("2018-10-28T03:00:00", prague)).toBe(Date.UTC(2018, 9, 28, 2));
});

test.each([
  ["2018-02-29T00:00:00Z", "is no day or no time of the calendar"],
  ["2018-13-01T00:00:00Z", "is no day or no time of the calendar"],
  ["2018-04-01T24:00:00Z", "is no day or no time of the calendar"],
  ["2018-04-01T00:00:00+25:00", "has an offset that no clock has"],
  ["2018-04-01", "must be a date and a time"],
  ["01.04.2018 10:00", "must be a date and a time"],
  ["1522540831", "must be a date and a time"],
])("%s %s", (text, why) => {
  expect(readMoment(text, UTC)).toContain(why);
});

test("zones are told by name", () => {
  expect(zoneOf("utc")?.(0)).toBe(0);
  expect(zoneOf("+0530")?.(0)).toBe(5.5 * 3_600_000);
  expect(zoneOf("Nowhere/Town")).toBeUndefined();
  expect(zoneOf("+19:00")).toBeUndefined();
});
