import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { USUAL_COLUMNS } from "../domain/queue-views.ts";
import { decision, risky } from "../pipeline/store/testing.ts";
import { live, startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";

let it: TestBrowsers;
const LIMIT = { timeout: 120_000 };

beforeAll(async () => {
  it = await startTestBrowsers();
  const high = { riskTier: "high", action: "verify", fraudProbability: 0.4 } as const;
  await it.arrive(
    decision("calm"),
    ...[1, 2, 3].map((at) => risky(`critical-${at}`, { amount: 1_000 * at })),
    ...[1, 2].map((at) => risky(`high-${at}`, { ...high, amount: 500 * at })),
  );
});
afterAll(async () => await it?.stop());

const queue = async (page: Page, at = "/reviews"): Promise<void> => {
  await page.goto(`${it.base}${at}`);
  await live(page).waitFor();
};
const heads = async (page: Page): Promise<string[]> => await page.locator("th").allTextContents();
const rows = async (page: Page): Promise<number> => await page.locator("tr[data-href]").count();
const open = async (page: Page): Promise<string> =>
  (await page.locator('.view-links > a[aria-current="true"]').textContent()) ?? "";

test("a view is saved, opened, changed and kept anew; a lead shares one with everybody", LIMIT, async () => {
  const [ann, lea] = [await it.open("ann"), await it.open("lea", it.base, "lead")];
  const { page } = ann;
  await queue(page);
  expect(await rows(page)).toBe(5);
  expect(await page.locator(".view-links").count()).toBe(0);
  await page.getByRole("navigation", { name: "Which tier" }).getByRole("link", { name: "High" }).click();
  await page.waitForURL(/tier=high/);
  await page.locator("summary", { hasText: "Order:" }).click();
  await page.getByRole("link", { name: "Deadline" }).click();
  await page.locator("summary", { hasText: "Deadline" }).waitFor();
  await page.locator("summary", { hasText: "More" }).click();
  await page.getByLabel("Save this view as").fill("High, soonest");
  expect(await page.getByLabel("share it with everybody").count()).toBe(0);
  await page.getByRole("button", { name: "Save view" }).click();
  await page.locator(".view-links", { hasText: "High, soonest" }).waitFor();
  expect([await open(page), await rows(page)]).toEqual(["High, soonest", 2]);
  expect(page.url()).toMatch(/\/reviews\?view=\d+$/);

  // Another filter leaves the view open, as one that was changed; saved again it is that.
  await page.getByRole("link", { name: "All tiers" }).click();
  await page.locator(".view-links", { hasText: "changed" }).waitFor();
  expect(await rows(page)).toBe(5);
  await page.getByRole("link", { name: "High, soonest" }).click();
  await page.locator('.segments [aria-current="true"]', { hasText: "High" }).waitFor();
  await page.getByRole("link", { name: "Critical", exact: true }).click();
  await page.waitForURL(/tier=critical/);
  await page.getByRole("button", { name: "Save the change" }).click();
  await page.getByRole("button", { name: "Save the change" }).waitFor({ state: "detached" });
  expect([await open(page), await rows(page)]).toEqual(["High, soonest", 3]);

  // The way back from a case leads to the view.
  const view = page.url();
  await page.locator("tr[data-href] a.row-link").first().click();
  await page.locator("#case").waitFor();
  await page.getByRole("link", { name: "Review queue" }).last().click();
  await page.locator(".view-links").waitFor();
  expect(page.url()).toBe(view);

  // A name that is taken is said beside the field, and another takes it.
  await page.locator("summary", { hasText: "More" }).click();
  await page.getByLabel("Save this view as").fill("HIGH, soonest");
  await page.getByRole("link", { name: "All views" }).waitFor();
  await page.evaluate(
    `document.querySelector('form[aria-label="Save a view"] [name=order]').value = "score"`,
  );
  await page.getByRole("button", { name: "Save view" }).click();
  await page.getByRole("alert").filter({ hasText: "already" }).waitFor();
  await page.getByLabel("Name", { exact: true }).fill("By score");
  await page.getByRole("button", { name: "Save view" }).click();
  await page.locator(".view-links", { hasText: "By score" }).waitFor();

  await queue(lea.page, "/reviews?show=free");
  expect(await lea.page.locator(".view-links").count()).toBe(0);
  await lea.page.locator("summary", { hasText: "More" }).click();
  await lea.page.getByLabel("Save this view as").fill("For the team");
  await lea.page.getByLabel("share it with everybody").check();
  await lea.page.getByRole("button", { name: "Save view" }).click();
  await lea.page.locator(".view-links", { hasText: "For the team" }).waitFor();
  await queue(page);
  await page.getByRole("link", { name: "For the team" }).click();
  await page.locator("summary", { hasText: "Nobody's" }).waitFor();
  expect(await open(page)).toBe("For the team");
  // Hers to look at, not to change.
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByRole("heading", { name: "Views of the queue" }).waitFor();
  expect(await page.getByRole("button", { name: "Delete For the team" }).count()).toBe(0);

  // The lead takes it back: whoever had it open is told, and sees the whole queue.
  await lea.page.goto(`${it.base}/reviews/views`);
  await lea.page.getByRole("button", { name: "Take back" }).click();
  await lea.page.getByRole("button", { name: "Share" }).waitFor();
  await page.goBack();
  await page.reload();
  await page.getByRole("alert").filter({ hasText: "not shared any more" }).waitFor();
  expect(await rows(page)).toBe(5);

  await page.goto(`${it.base}/reviews/views`);
  await page.getByLabel("Name of By score").fill("By its score");
  await page.getByRole("button", { name: "Rename" }).first().click();
  await page.getByRole("link", { name: "By its score" }).waitFor();
  await page.getByRole("button", { name: "Delete By its score" }).click();
  await page.getByRole("link", { name: "By its score" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Delete High, soonest" }).click();
  await page.getByText("None so far").waitFor();
  expect(ann.complaints.filter((words) => !words.includes("409"))).toEqual([]);
  expect(lea.complaints).toEqual([]);
  await Promise.all([ann.context.close(), lea.context.close()]);
});

test("chosen columns are there again after signing in anew, and a view has its own", LIMIT, async () => {
  const first = await it.open("cleo");
  await queue(first.page);
  expect(await heads(first.page)).toHaveLength(1 + USUAL_COLUMNS.length);
  await first.page.locator("summary", { hasText: "More" }).click();
  await first.page.getByRole("checkbox", { name: "Expected loss" }).uncheck();
  await first.page.getByRole("checkbox", { name: "In work with" }).uncheck();
  await first.page.getByRole("checkbox", { name: "Country" }).check();
  for (let at = 0; at < 2; at++)
    await first.page.getByRole("button", { name: "Amount further left" }).click();
  await first.page.getByRole("button", { name: "Keep for me" }).click();
  await first.page.locator("th", { hasText: "Country" }).waitFor();
  const chosen = ["Case", "Amount", "Tier", "Due in", "Score", "Where and why", "Country"];
  expect(await heads(first.page)).toEqual(chosen);
  // Where nobody is named the buttons of the row are beside its number.
  expect(await first.page.locator(".at-case .row-verdict").count()).toBe(5);
  await first.page.getByRole("button", { name: "Sign out" }).click();
  await first.page.getByRole("heading", { name: "Sign in" }).waitFor();
  await first.context.close();

  const { page, context, complaints } = await it.open("cleo");
  await queue(page);
  expect(await heads(page)).toEqual(chosen);
  // News redraw the same columns.
  await it.arrive(risky("later-1", { amount: 9_000 }));
  await page.locator("tr", { hasText: `#${await it.caseOf("later-1")}` }).waitFor();
  expect(await heads(page)).toEqual(chosen);

  await page.keyboard.press("v");
  await page.keyboard.type("With columns");
  await page.keyboard.press("Enter");
  await page.locator(".view-links", { hasText: "With columns" }).waitFor();
  await page.locator("summary", { hasText: "More" }).click();
  await page.getByRole("checkbox", { name: "Channel" }).check();
  await page.getByRole("button", { name: "Keep in view" }).click();
  await page.locator("th", { hasText: "Channel" }).waitFor();
  await page.getByRole("link", { name: "Whole queue" }).click();
  await page.locator("th", { hasText: "Channel" }).waitFor({ state: "detached" });
  expect(await heads(page)).toEqual(chosen);
  await page.locator("summary", { hasText: "More" }).click();
  await page.getByRole("button", { name: "As usual" }).click();
  await page.locator("th", { hasText: "Expected loss" }).waitFor();
  await page.getByRole("link", { name: "With columns" }).click();
  await page.locator("th", { hasText: "Channel" }).waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

test("a view that asks for what there no longer is says so, and shows the rest", LIMIT, async () => {
  const { page, context } = await it.open("dora");
  const { user_id } = await it.db
    .selectFrom("users")
    .select("user_id")
    .where("name", "=", "dora")
    .executeTakeFirstOrThrow();
  const query = { show: "open", tier: "extreme", order: "due", columns: ["amount", "mood"], shop: "m_1" };
  const { view_id } = await it.db
    .insertInto("queue_views")
    .values({ user_id, name: "Old one", name_key: "old one", query: JSON.stringify(query) })
    .returning("view_id")
    .executeTakeFirstOrThrow();
  await queue(page, `/reviews?view=${view_id}`);
  const said = await page.getByRole("alert").textContent();
  for (const words of ['the tier "extreme"', 'the column "mood"', 'shop "m_1"'])
    expect(said).toContain(words);
  expect(await heads(page)).toEqual(["Case", "Amount"]);
  await page.locator("summary", { hasText: "Deadline" }).waitFor();
  expect(await rows(page)).toBeGreaterThanOrEqual(5);
  await context.close();
});

test(
  "by keyboard alone: a view is saved, left, and opened by its number; menus close by Escape",
  LIMIT,
  async () => {
    const { page, context, complaints } = await it.open("eve");
    await queue(page, "/reviews?tier=critical&order=oldest");
    await page.keyboard.press("v");
    await page.keyboard.press("Escape");
    expect(await page.locator("details[open]").count()).toBe(0);
    expect(await page.evaluate("document.activeElement.tagName")).toBe("SUMMARY");
    await page.keyboard.press("v");
    await page.keyboard.type("Oldest critical");
    await page.keyboard.press("Enter");
    await page.waitForURL(/view=\d+$/);
    const view = page.url();
    await page.keyboard.press("0");
    await page.waitForURL(`${it.base}/reviews`);
    expect(await open(page)).toBe("Whole queue");
    await page.keyboard.press("1");
    await page.waitForURL(view);
    // Rows are walked through and opened as ever.
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.locator("#case").waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  },
);

test(
  "the head is one row on a desk, the first case is in sight on a phone, and nothing overflows",
  LIMIT,
  async () => {
    const { page, context } = await it.open("fay", it.base, "lead");
    for (const name of [
      "Big ones",
      "A name that is as long as a name of a view may be, sixty of it",
      "Mine",
    ]) {
      await queue(page, "/reviews?order=score");
      await page.locator("summary", { hasText: "More" }).click();
      await page.getByLabel("Save this view as").fill(name.slice(0, 60));
      await page.getByRole("button", { name: "Save view" }).click();
      await page.waitForURL(/view=/);
    }
    for (const { width, height } of [
      { width: 1440, height: 900 },
      { width: 1280, height: 900 },
      { width: 390, height: 844 },
    ]) {
      await page.setViewportSize({ width, height });
      await queue(page);
      const bar = (await page.locator(".queue-bar").boundingBox())!;
      if (width >= 1280) expect(bar.height, `at ${width}`).toBeLessThan(48);
      const first = (await page.locator("tr[data-href]").first().boundingBox())!;
      expect(first.y, `at ${width}`).toBeLessThan(height / 2);
      const next = (await page.getByRole("button", { name: "Next case" }).boundingBox())!;
      expect(next.y + next.height).toBeLessThan(first.y);
      for (const menu of ["Cases:", "Order:", "More"]) {
        await page.locator(".queue-bar summary", { hasText: menu }).click();
        const wide = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
        expect(wide, `${menu} at ${width}`).toBeLessThanOrEqual(0);
        const panel = (await page.locator("details[open] .menu-panel").boundingBox())!;
        expect(panel.x).toBeGreaterThanOrEqual(0);
        expect(panel.x + panel.width).toBeLessThanOrEqual(width);
        await page.keyboard.press("Escape");
      }
    }
    await context.close();
  },
);
