import { afterAll, beforeAll, expect, test } from "vitest";
import { decision, risky } from "../pipeline/store/testing.ts";
import { startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";

let it: TestBrowsers;
beforeAll(async () => {
  it = await startTestBrowsers();
});
afterAll(() => it?.stop());

test("a customer's payments stand side by side on the case page, as links told in words, with this one marked", async () => {
  const entities = { customer: "c-17" };
  for (let day = 10; day < 20; day++) {
    const times = [10, 11, 12].map((hour) => `2026-11-${day}T${hour}:00:00.000Z`);
    await it.arrive(
      ...times.map((eventTime, i) =>
        decision(`early-${day}-${i}`, { entities, eventTime, amount: day - 1 + i }),
      ),
    );
  }
  const eventTime = "2026-11-21T10:00:00.000Z";
  await it.arrive(risky("asked", { entities, eventTime, amount: 900 }));
  const { page, complaints } = await it.open("ann");
  const id = await it.caseOf("asked");
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await page.goto(`${it.base}/reviews/${id}`);
    const strip = page.getByRole("list", { name: "Payments of this customer, oldest first" });
    const marks = strip.getByRole("listitem");
    expect(await marks.count()).toBe(19);
    expect(await marks.last().getAttribute("aria-current")).toBe("true");
    expect(await marks.last().textContent()).toBe(
      "This payment, 21 Nov, 10:00:00: €900.00, score 0.875 Critical, Block, waits for a verdict",
    );
    expect(await marks.first().textContent()).toBe("14 Nov, 10:00:00: €13.00, score 0.063 Low, Approve");
    // Lines between days.
    expect(await strip.locator(".new-day").count()).toBe(6);
    const box = await marks.nth(3).boundingBox();
    expect(box?.width).toBeGreaterThan(10);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
  }
  const first = page.getByRole("link", { name: /^14 Nov, 10:00:00: €13.00/ }).first();
  await first.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/transactions/early-14-0");
  expect(complaints).toEqual([]);
});
