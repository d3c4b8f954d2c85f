import { expect, test } from "vitest";
import type { HourReport } from "../../domain/hour.ts";
import { Hour } from "./hour.tsx";

const usual = { low: 714, high: 1_326 };
const hour: HourReport = {
  ...{ weeks: 4, wanted: 3 },
  readings: [
    { figure: "transactions", value: 500, usual, state: "low" },
    { figure: "risky", value: 0.02, usual: { low: 0.01, high: 0.03 }, state: "usual" },
    { figure: "opened", value: 1_400, usual, state: "high" },
    { figure: "verdicts", value: 0, usual: null, state: "unknown" },
  ],
};

test("what is off its band is said in a sentence and stands first, with its band and not by colour alone", () => {
  const drawn = String(Hour({ hour }));
  expect(drawn).toContain(
    "The last hour is not as usual. Payments: fewer than usual. Cases opened: more than usual.",
  );
  expect(drawn.indexOf("Cases opened</a>")).toBeLessThan(drawn.indexOf("High or Critical</a>"));
  expect(drawn).toMatch(/500<\/p>.*▾ low, usually: 714 to 1,326.*1,400<\/p>.*▴ high, usually: 714 to 1,326/);
  expect(drawn).toMatch(/2\.0 %<\/p>.*usual: 1\.0 % to 3\.0 %/);
  expect(drawn).toContain("too few to judge");
});

test("an hour like the others is one sentence, and without a history nothing is claimed", () => {
  const [, risky] = hour.readings;
  const alone = (state: "usual" | "high") =>
    String(Hour({ hour: { ...hour, readings: [{ ...risky!, state }] } }));
  expect(alone("usual")).toContain("The last hour is as usual.");
  expect(alone("high")).toContain("High or Critical: a larger share than usual.");
  const young = String(Hour({ hour: { ...hour, weeks: 1 } }));
  expect(young).toContain("not known yet: 1 of the 3 past weeks it takes had payments.");
  expect(young).not.toContain("714");
});
