import { afterAll, beforeAll, expect, test } from "vitest";
import { decision, risky } from "../pipeline/store/testing.ts";
import { live, startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";

let it: TestBrowsers;

beforeAll(async () => {
  it = await startTestBrowsers();
});
afterAll(async () => await it?.stop());

const LIMIT = { timeout: 60_000 };

test("a browser that came to another zone has its times in it, from the first page on", LIMIT, async () => {
  await it.arrive(decision("far-away"));
  const { context, page } = await it.open("ann");
  const zone = await context.newCDPSession(page);
  let asked = 0;
  page.on("request", (request) => {
    if (request.isNavigationRequest()) asked += 1;
  });
  for (const [timezoneId, words, pages] of [
    ["Asia/Tokyo", "times in Asia/Tokyo (GMT+9)", 2],
    ["Asia/Tokyo", "times in Asia/Tokyo (GMT+9)", 1],
    // Ends where another name goes on.
    ["Etc/GMT+12", "times in Etc/GMT+12 (GMT−12)", 2],
    ["Etc/GMT+1", "times in Etc/GMT+1 (GMT−1)", 2],
  ] as const) {
    asked = 0;
    await zone.send("Emulation.setTimezoneOverride", { timezoneId });
    await page.goto(`${it.base}/transactions`);
    await page.getByText(words).waitFor();
    await live(page).waitFor();
    expect(asked, `${timezoneId}: pages asked for`).toBe(pages);
  }
  await context.close();
});

test(
  "amounts of any length and currency fit a phone and do not lie over their neighbours",
  LIMIT,
  async () => {
    await it.arrive(
      ...[null, "EUR", "JPY", "KWD", "USD", "INR"].map((currency, i) =>
        risky(`long-${i}`, { amount: 987_654_321_098.76, currency, merchantCategory: "gift_cards" }),
      ),
    );
    const { context, page } = await it.open("ann");
    await page.setViewportSize({ width: 360, height: 740 });
    for (const path of ["/", "/reviews", "/transactions", "/transactions/long-0"]) {
      await page.goto(`${it.base}${path}`);
      expect(await page.evaluate("document.documentElement.scrollWidth"), path).toBeLessThanOrEqual(360);
    }
    await page.goto(it.base);
    const overlaps = await page.evaluate<number>(`
    [...document.querySelectorAll(".next-cases a")].filter((row) => {
      const [where, amount] = [".cut", ".number"].map((part) => row.querySelector(part).getBoundingClientRect());
      return where.right > amount.left && where.width > 0;
    }).length`);
    expect(overlaps).toBe(0);
    await context.close();
  },
);
