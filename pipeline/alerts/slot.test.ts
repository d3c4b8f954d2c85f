import { describe, expect, test } from "vitest";
import { quietUntil } from "./quiet-hours.ts";
import { nextSlot } from "./slot.ts";

const at = (text: string): number => Date.parse(text);
const NOW = at("2026-11-26T12:00:00Z");
const MINUTE = 60_000;
const pace = { slots: [], groupMs: MINUTE, perHour: 3, quiet: undefined };

describe("when a message may leave", () => {
  test("the first one now", () => {
    expect(nextSlot(NOW, pace)).toEqual({ at: NOW, held: false });
  });
  test("one that comes soon after another when the grouping window is over", () => {
    expect(nextSlot(NOW, { ...pace, slots: [NOW - 20_000] }).at).toBe(NOW + 40_000);
    expect(nextSlot(NOW, { ...pace, slots: [NOW - MINUTE] }).at).toBe(NOW);
  });
  test("one over the rate when the hour of the one so many before it is over", () => {
    const slots = [NOW - 50 * MINUTE, NOW - 40 * MINUTE, NOW - 30 * MINUTE];
    expect(nextSlot(NOW, { ...pace, slots }).at).toBe(NOW + 10 * MINUTE);
    expect(nextSlot(NOW, { ...pace, slots: slots.slice(1) }).at).toBe(NOW);
  });
  test("one in quiet hours when they are over", () => {
    const quiet = { from: "11:00", until: "14:30", timeZone: "UTC" };
    expect(nextSlot(NOW, { ...pace, quiet })).toEqual({ at: at("2026-11-26T14:30:00Z"), held: true });
  });
});

describe("quiet hours", () => {
  const night = { from: "22:00", until: "07:00", timeZone: "Europe/Paris" };
  test("go over midnight, on the zone's clock", () => {
    expect(quietUntil(night, new Date("2026-11-26T20:59:59Z"))).toBeUndefined();
    expect(quietUntil(night, new Date("2026-11-26T21:00:00Z"))).toEqual(new Date("2026-11-27T06:00:00Z"));
    expect(quietUntil(night, new Date("2026-11-27T05:59:00Z"))).toEqual(new Date("2026-11-27T06:00:00Z"));
    expect(quietUntil(night, new Date("2026-11-27T06:00:00Z"))).toBeUndefined();
  });
  test("end on the new clock in the night of summer time", () => {
    expect(quietUntil(night, new Date("2026-03-28T22:00:00Z"))).toEqual(new Date("2026-03-29T05:00:00Z"));
  });
});
