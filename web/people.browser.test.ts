import { afterAll, beforeAll, expect, test } from "vitest";
import { totpCode } from "../pipeline/accounts/second-factor.ts";
import { createSignInToken } from "../pipeline/accounts/sign-in-links.ts";
import { startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";

let it: TestBrowsers;
beforeAll(async () => {
  it = await startTestBrowsers();
});
afterAll(() => it?.stop());

const PASSWORD = "seven brown foxes";

test("the first one in makes the account theirs, invites somebody, and comes back by password and code", {
  timeout: 60_000,
}, async () => {
  const { context, page, complaints } = await it.visit();
  await page.goto(`${it.base}/sign-in/${await createSignInToken(it.db, "admin", "admin", 10)}`);
  await page.getByLabel("Name").fill("eva");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("The same again").fill(PASSWORD);
  const field = page.getByLabel("Password", { exact: true });
  await page.getByRole("button", { name: "Show" }).first().click();
  expect(await field.getAttribute("type")).toBe("text");
  await page.getByRole("button", { name: "Create my account" }).click();

  await page.getByRole("heading", { name: "Set up a second step" }).waitFor();
  await page.getByText("Enter a key instead").click();
  const secret = ((await page.locator("code.key").textContent()) ?? "").replaceAll(" ", "");
  await page.getByLabel("Code", { exact: true }).fill(totpCode(secret));
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
  expect(await page.locator(".recovery-codes li").count()).toBe(10);
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  await page.getByRole("link", { name: "I have kept them" }).click();
  await page.getByRole("heading", { name: "Dashboard" }).waitFor();

  await page.getByRole("link", { name: "Team" }).click();
  await page.getByLabel("Name to sign in with").fill("ann");
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByRole("heading", { name: "ann is invited" }).waitFor();
  const link = await page.getByLabel("The link").inputValue();
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();

  const ann = await it.visit();
  // The public address is not the test's.
  await ann.page.goto(`${it.base}${new URL(link).pathname}`);
  await ann.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await ann.page.getByLabel("The same again").fill(PASSWORD);
  await ann.page.getByRole("button", { name: "Set the password" }).click();
  await ann.page.getByRole("link", { name: "Not now" }).click();
  await ann.page.getByRole("heading", { name: "Dashboard" }).waitFor();
  expect(await ann.page.getByRole("link", { name: "Team" }).count()).toBe(0);

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto(`${it.base}/reviews?show=decided`);
  await page.getByLabel("Name or e-mail address").fill("eva");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByLabel("Code", { exact: true }).fill(totpCode(secret, Date.now() + 30_000));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Review queue" }).waitFor();
  expect(page.url()).toBe(`${it.base}/reviews?show=decided`);
  expect([...complaints, ...ann.complaints]).toEqual([]);
  await Promise.all([context.close(), ann.context.close()]);
});
