import { afterAll, beforeAll, expect, test } from "vitest";
import { risky } from "../pipeline/store/testing.ts";
import { startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";

const LONG = "headphones and a cable, ".repeat(8);
let it: TestBrowsers;
beforeAll(async () => {
  it = await startTestBrowsers();
});
afterAll(() => it?.stop());

test("a team's own fields stand on the case page: folded where long, after the decision on a phone", async () => {
  await it.arrive(
    risky("own-1", {
      ...{ v: null, timeSeconds: null },
      fields: { items: 3, new_device: true, opened: "2026-11-01T08:00:00.000Z", basket: LONG, gift: "" },
      entities: { customer: "c-17", device: "0f8fad5b-d9cb-469f-a165-70867728950e" },
    }),
  );
  const { page, complaints } = await it.open("ann");
  const id = await it.caseOf("own-1");
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await page.goto(`${it.base}/reviews/${id}`);
    const fields = page.getByRole("region", { name: "Fields" });
    expect(await fields.textContent()).toMatch(/new_device\s*yes[\s\S]*opened\s*1 Nov 2026/);
    expect(await fields.getByText(LONG).isVisible()).toBe(false);
    await fields.getByText("headphones").first().click();
    expect(await fields.getByText(LONG).isVisible()).toBe(true);
    expect(await page.getByRole("region", { name: "Entities" }).textContent()).toMatch(/customer\s*c-17/);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    const top = async (name: string) =>
      (await page.getByRole("region", { name }).boundingBox())?.y ?? Number.NaN;
    expect(await top("Why it was flagged")).toBeLessThan(await top("Fields"));
    if (width === 390) expect(await top("Decision")).toBeLessThan(await top("Fields"));
  }
  await page.goto(`${it.base}/transactions/own-1`);
  expect(await page.getByRole("region", { name: "Fields" }).isVisible()).toBe(true);
  expect(await page.getByText("What the model saw").count()).toBe(0);
  expect(complaints).toEqual([]);
});
