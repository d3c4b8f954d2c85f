import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestBrowsers, type TestBrowser, type TestBrowsers } from "./testing/browsers.ts";

const LIMIT = { timeout: 60_000 };

let it: TestBrowsers;
beforeAll(async () => {
  it = await startTestBrowsers();
});
afterAll(async () => await it?.stop());

async function admin(name: string): Promise<TestBrowser> {
  const browser = await it.open(name);
  await it.db.updateTable("users").set({ role: "admin" }).where("name", "=", name).execute();
  return browser;
}

const statusOf = async (key: string, path: string): Promise<number> =>
  (await fetch(it.base + path, { headers: { "x-api-key": key } })).status;

test(
  "an admin makes a key, sees it once, rotates and revokes it; each act is in the audit log",
  LIMIT,
  async () => {
    const { context, page, complaints } = await admin("root");
    await page.goto(`${it.base}/keys`);
    await page.getByLabel("What it is for").fill("payment-gateway");
    await page.getByLabel("see transactions and their decisions").check();
    await page.getByRole("button", { name: "Make the key" }).click();
    const shown = page.getByLabel("API key", { exact: true });
    const key = await shown.inputValue();
    expect(await statusOf(key, "/api/v1/transactions?limit=1")).toBe(200);
    expect(await statusOf(key, "/api/v1/reviews")).toBe(403);
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();

    await page.goto(`${it.base}/keys`);
    expect(await page.content()).not.toContain(key);
    await page.getByText("Rotate").click();
    await page.getByLabel("This key").selectOption("1");
    await page.getByRole("button", { name: "Make its successor" }).click();
    const successor = await shown.inputValue();
    for (const each of [key, successor])
      expect(await statusOf(each, "/api/v1/transactions?limit=1")).toBe(200);

    const earlier = page
      .locator(".key-row", { hasText: key.slice(0, 11) })
      .filter({ hasNotText: "takes the place" });
    await earlier.getByText("Revoke", { exact: true }).click();
    await earlier.getByRole("button", { name: "Revoke payment-gateway" }).click();
    await page.getByText("1 revoked or expired").waitFor();
    expect(await statusOf(key, "/api/v1/transactions?limit=1")).toBe(401);
    expect(await statusOf(successor, "/api/v1/transactions?limit=1")).toBe(200);
    const acts = await it.db
      .selectFrom("audit_log")
      .select(["act", "actor"])
      .where("act", "like", "api_key.%")
      .orderBy("audit_id")
      .execute();
    expect(acts.map(({ act, actor }) => `${actor.name} ${act}`)).toEqual([
      "root api_key.made",
      "root api_key.rotated",
      "root api_key.revoked",
    ]);
    expect(complaints).toEqual([]);
    await context.close();
  },
);

test("what is refused is said beside what was typed, and whoever may not is not let in", LIMIT, async () => {
  const { context, page } = await admin("boss");
  await page.goto(`${it.base}/keys`);
  await page.getByLabel("What it is for").fill("nothing to do");
  await page.getByRole("button", { name: "Make the key" }).click();
  await page.getByText("choose at least one").waitFor();
  expect(await page.getByLabel("What it is for").inputValue()).toBe("nothing to do");
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
  await context.close();

  const other = await it.open("ann");
  await other.page.goto(it.base);
  expect(await other.page.getByRole("link", { name: "API keys" }).count()).toBe(0);
  const refused = await other.page.goto(`${it.base}/keys`);
  expect(refused?.status()).toBe(403);
  await other.context.close();
});
