import { afterAll, beforeAll, expect, test } from "vitest";
import { RISK_TIERS } from "../domain/tiers.ts";
import { decision, risky } from "../pipeline/store/testing.ts";
import { live, startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";

let it: TestBrowsers;
let base: string;

beforeAll(async () => {
  it = await startTestBrowsers();
  base = it.base;
});
afterAll(async () => await it?.stop());

test("a case's whole way: it arrives, is watched, claimed, decided with the keyboard, and the counters move", {
  timeout: 60_000,
}, async () => {
  await it.arrive(decision("quiet-1"), decision("quiet-2"));
  const { context, page, complaints } = await it.open("ann");
  await live(page).waitFor();
  expect(await page.locator("#figure-transactions").textContent()).toBe("2");

  await it.arrive(decision("quiet-3"), risky("hot-1", { amount: 432.1, cardToken: "tok_hot" }));
  await page.locator("#figure-transactions", { hasText: /^4$/ }).waitFor();
  await page.locator("#figure-open", { hasText: /^1$/ }).waitFor();
  await page.locator("#open-count", { hasText: /^1$/ }).waitFor();
  expect(await page.getByRole("row", { name: /hot-1/ }).textContent()).toContain("€432.10");

  const colours = await page.evaluate<string[]>(
    `[...document.querySelectorAll(".tier-row .tier")].map((tag) => getComputedStyle(tag).color)`,
  );
  expect(new Set(colours).size, colours.join()).toBe(RISK_TIERS.length);

  await page.getByRole("link", { name: "Review queue" }).click();
  await page.getByRole("heading", { name: "Review queue" }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByText("Nobody has this case").waitFor();
  expect(await page.locator(".reasons").textContent()).toContain("V14 is unusually low");
  await live(page).waitFor();

  await page.keyboard.press("c");
  await page.getByText("You have this case").waitFor();

  // A note being written outlives the live updates that redraw the page around it.
  await page.keyboard.press("w");
  await page.keyboard.type("card holder called, ");
  const redrawn = page.waitForEvent("console", { predicate: (message) => message.text() === "redrawn" });
  await page.evaluate(
    `addEventListener("htmx:sse:after:message", () => console.log("redrawn"), { once: true })`,
  );
  await it.arrive(risky("hot-2"));
  await redrawn;
  await page.keyboard.type("not theirs");
  expect(await page.locator("#note").inputValue()).toBe("card holder called, not theirs");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Fraud" }).click();
  await page.locator("#verdict", { hasText: "Fraud" }).waitFor();
  expect(await page.locator("blockquote").textContent()).toBe("card holder called, not theirs");

  await page.getByRole("link", { name: "Dashboard" }).click();
  await page.locator("#figure-decided", { hasText: /^1$/ }).waitFor();
  await page.locator("#figure-open", { hasText: /^1$/ }).waitFor();
  expect(complaints).toEqual([]);

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.goto(base);
  expect(page.url()).toBe(`${base}/sign-in`);
  await context.close();
});

test("two analysts, one case: the other sees the claim live, and a late verdict is refused kindly", {
  timeout: 60_000,
}, async () => {
  await it.arrive(risky("both-1", { amount: 9_000 }));
  const { case_id: id } = await it.db
    .selectFrom("review_cases")
    .select("case_id")
    .where("transaction_id", "=", "both-1")
    .executeTakeFirstOrThrow();
  const [first, watcher, late] = await Promise.all([it.open("ann"), it.open("ben"), it.open("cleo")]);
  // The late one's page hears nothing: a train in a tunnel.
  await late.page.route("**/live/**", (route) => route.abort());
  await Promise.all([first, watcher, late].map(({ page }) => page.goto(`${base}/reviews/${id}`)));
  await Promise.all([live(first.page).waitFor(), live(watcher.page).waitFor()]);

  await first.page.getByRole("button", { name: "Claim" }).click();
  await first.page.getByText("You have this case").waitFor();
  await watcher.page.getByText("ann has this case").waitFor();
  expect(await watcher.page.getByRole("button", { name: "Fraud" }).count()).toBe(0);

  await late.page.locator("#note").fill("looks fine to me");
  await late.page.getByRole("button", { name: "Legitimate" }).click();
  await late.page.getByRole("alert").filter({ hasText: "Somebody was faster" }).waitFor();
  await late.page.getByText("ann has this case").waitFor();
  // What they wrote is not lost with it.
  expect(await late.page.locator("#note").inputValue()).toBe("looks fine to me");

  await first.page.getByRole("button", { name: "Legitimate" }).click();
  await first.page.locator("#verdict", { hasText: "Legitimate" }).waitFor();
  await watcher.page.locator("#verdict", { hasText: "Legitimate" }).waitFor();
  const row = await it.db
    .selectFrom("review_cases")
    .select(["verdict", "decided_by", "note"])
    .where("case_id", "=", id)
    .executeTakeFirstOrThrow();
  expect(row).toEqual({
    verdict: "legitimate",
    decided_by: expect.objectContaining({ name: "ann" }),
    note: null,
  });
  expect([...first.complaints, ...watcher.complaints]).toEqual([]);
  expect(late.complaints.filter((text) => /Content Security|policy/i.test(text))).toEqual([]);
  await Promise.all([first, watcher, late].map(({ context }) => context.close()));
});

test("every page fits a phone of 360 px, in both themes, and the theme button is remembered", {
  timeout: 60_000,
}, async () => {
  await it.arrive(
    risky("phone-1", {
      transactionId: `phone-${"x".repeat(100)}`,
      merchantCategory: "a_category_of_many_words_without_an_end",
    }),
  );
  const { context, page, complaints } = await it.open("ann");
  const { case_id: id } = await it.db
    .selectFrom("review_cases")
    .select("case_id")
    .orderBy("case_id", "desc")
    .executeTakeFirstOrThrow();
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of [
    "/",
    "/reviews",
    `/reviews/${id}`,
    "/transactions",
    `/transactions/phone-${"x".repeat(100)}`,
    "/api/docs",
  ]) {
    await page.goto(`${base}${path}`);
    expect(await page.evaluate("document.documentElement.scrollWidth"), path).toBeLessThanOrEqual(360);
  }
  const background = (): Promise<string> =>
    page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
  const before = await background();
  await page.getByRole("button", { name: /light and dark/ }).click();
  const after = await background();
  expect(after).not.toBe(before);
  await page.reload();
  expect(await background()).toBe(after);
  expect(complaints).toEqual([]);
  await context.close();
});

test("the API page sends what stands in its form", { timeout: 60_000 }, async () => {
  const { context, page, complaints } = await it.open("ann");
  await page.getByRole("link", { name: "API" }).click();
  await page.getByRole("button", { name: "Send" }).first().click();
  await page.locator("[data-answer]", { hasText: "risk_category" }).waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});
