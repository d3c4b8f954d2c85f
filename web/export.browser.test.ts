import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decision } from "../pipeline/store/testing.ts";
import { startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";

let it: TestBrowsers;
beforeAll(async () => {
  it = await startTestBrowsers();
});
afterAll(async () => await it?.stop());

test("a lead downloads decisions for a spreadsheet; an analyst does not see that there is such a page", {
  timeout: 60_000,
}, async () => {
  await it.arrive(decision("a", { merchantId: "=1+1" }), decision("b"));
  const { page, complaints } = await it.open("lea", it.base, "lead");
  await page.getByRole("link", { name: "Export", exact: true }).click();
  await page.getByRole("heading", { name: "Take out a file" }).waitFor();
  await page.getByRole("combobox").first().selectOption("Decisions");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^paysecure-decisions-.*\.csv$/);
  const text = await readFile(await download.path(), "utf8");
  expect(text.split("\r\n")).toHaveLength(4);
  expect(text).toContain(",'=1+1,");
  const analyst = await it.open("ann");
  expect(await analyst.page.getByRole("link", { name: "Export", exact: true }).count()).toBe(0);
  const refused = await analyst.page.goto(`${it.base}/export`);
  expect(refused?.status()).toBe(403);
  expect(complaints).toEqual([]);
});
