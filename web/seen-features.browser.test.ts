import { afterAll, beforeAll, expect, test } from "vitest";
import type { ModelSchema } from "../domain/features/definition.ts";
import { keepModelInputs } from "../pipeline/store/model-inputs.ts";
import { risky } from "../pipeline/store/testing.ts";
import { startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";

const windowed = { kind: "aggregate", by: ["customer"], delayMs: 0, current: true, empty: 0 } as const;
const SCHEMA: ModelSchema = {
  ...{ name: "own", currency: "EUR", entities: { customer: { required: true, title: "Buyer" } } },
  fields: { amount: { type: "number", required: true } },
  features: {
    count_1h: { ...windowed, aggregate: "count", windowMs: 3_600_000 },
    risk_7d: { ...windowed, aggregate: "fraud_share", windowMs: 7 * 86_400_000 },
  },
  inputs: ["amount", "count_1h", "risk_7d"],
};

let it: TestBrowsers;
beforeAll(async () => {
  it = await startTestBrowsers();
  const columns = SCHEMA.inputs;
  await keepModelInputs(it.db, { name: "own", version: "1" }, { columns, schema: SCHEMA });
});
afterAll(() => it?.stop());

test("what the model read stands folded on the case's and the transaction's page, in the schema's words", {
  timeout: 60_000,
}, async () => {
  await it.arrive(
    risky("own-1", {
      ...{ v: null, timeSeconds: null, modelName: "own", modelVersion: "1", withoutHistory: true },
      ...{ features: [120, 7, null], entities: { customer: "c-17" } },
    }),
    risky("plain-1"),
  );
  const { page, complaints } = await it.open("ann");
  for (const path of [`/reviews/${await it.caseOf("own-1")}`, "/transactions/own-1"]) {
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 844 });
      await page.goto(it.base + path);
      await page.getByText("Scored without history").waitFor();
      const seen = page.getByRole("region", { name: "What the model read" });
      const count = seen.getByText("Payments of this buyer in the last hour");
      expect(await count.isVisible()).toBe(false);
      await seen.getByRole("heading", { name: "What the model read" }).click();
      await count.waitFor();
      expect(await seen.textContent()).toMatch(
        /count_1h\s*7.*Amount amount\s*120 EUR|Amount amount\s*120 EUR.*count_1h\s*7/,
      );
      expect(await seen.textContent()).toContain("not finite");
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    }
  }
  await page.goto(`${it.base}/transactions/plain-1`);
  await page.getByText("What the model saw").waitFor();
  expect(await page.getByText("Scored without history").count()).toBe(0);
  expect(await page.getByText("What the model read").count()).toBe(0);
  expect(complaints).toEqual([]);
});
