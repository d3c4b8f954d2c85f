import { expect, test } from "vitest";
import {
  anchorOf,
  lasting,
  PART_NAMES,
  type PartState,
  type StatusAlert,
  type StatusPart,
  sumUp,
} from "./status.ts";

const parts = (states: Partial<Record<StatusPart["name"], [PartState, string]>> = {}): StatusPart[] =>
  PART_NAMES.map((name) => {
    const [state, words] = states[name] ?? (["well", "answered"] as const);
    return { name, state, words, since: null };
  });
const alert = (severity: StatusAlert["severity"], title: string): StatusAlert => ({
  ...{ id: 1, kind: "disk_full", severity, title, body: "", state: "firing" },
  firedAt: new Date(0),
});

test("nothing is wrong", () => {
  expect(sumUp(parts(), [])).toEqual({ state: "well", sentence: "All is well." });
  expect(sumUp(parts(), null)).toEqual({ state: "well", sentence: "All is well." });
  expect(sumUp(parts(), [alert("info", "Told for information")]).sentence).toBe("All is well.");
});

test("what fails goes before what is late, and what is besides is counted", () => {
  expect(
    sumUp(
      parts({
        queues: ["degraded", "4 waiting, the oldest for 5 min"],
        scorer: ["failing", "the scorer does not answer"],
        reviews: ["degraded", "3 of 4 open cases past their deadline"],
      }),
      [alert("critical", "Disk nearly full")],
    ),
  ).toEqual({
    state: "failing",
    sentence: "Payments are not decided: the scorer does not answer. 2 more parts need somebody.",
  });
  expect(sumUp(parts({ queues: ["degraded", "4 waiting, the oldest for 5 min"] }), [])).toEqual({
    state: "degraded",
    sentence: "Decisions are late: 4 waiting, the oldest for 5 min.",
  });
});

test("an alert is enough, and what could not be asked is named", () => {
  const two = [alert("warning", "Disk nearly full"), alert("critical", "A certificate runs out")];
  expect(sumUp(parts(), two)).toEqual({
    state: "degraded",
    sentence: "Somebody should look: Disk nearly full. 1 more alert is open.",
  });
  expect(sumUp(parts({ queues: ["unknown", "cannot be asked"] }), [])).toEqual({
    state: "unknown",
    sentence: "Not everything is known: Queues cannot be asked.",
  });
});

test("times and headings in a word", () => {
  expect([-5, 119_000, 240_000, 3 * 3_600_000, 3 * 86_400_000].map(lasting)).toEqual([
    ...["0 s", "119 s", "4 min", "3 h", "3 days"],
  ]);
  expect(anchorOf("Critical decision over an amount")).toBe("critical-decision-over-an-amount");
  expect(anchorOf("PaySecureDown")).toBe("paysecuredown");
  expect(anchorOf("Runbook: servers that misbehave")).toBe("runbook-servers-that-misbehave");
});
