import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { totpCode } from "../pipeline/accounts/second-factor.ts";
import { risky } from "../pipeline/store/testing.ts";
import { freePort } from "../platform/process/free-port.ts";
import { startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";
import { CLIENT, startIdentityProvider, type TestIdentityProvider } from "./testing/identity-provider.ts";

const PASSWORD = "marmalade on the night train";

let provider: TestIdentityProvider;
let it: TestBrowsers;
/** By name: browsers keep passkeys for no address of numbers. */
let base: string;

beforeAll(async () => {
  const port = await freePort();
  base = `http://localhost:${port}`;
  provider = await startIdentityProvider(`${base}/sign-in/sso/callback`);
  const env = {
    PUBLIC_URL: base,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: CLIENT.id,
    OIDC_CLIENT_SECRET: CLIENT.secret,
    OIDC_ROLES: "fraud-analysts=analyst",
    OIDC_NAME: "Bank ID",
  };
  it = await startTestBrowsers(undefined, { env, port });
});
afterAll(async () => {
  await it?.stop();
  await provider?.stop();
});

async function addAuthenticator(context: BrowserContext, page: Page): Promise<void> {
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      ...{ protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  });
}

/** Claims a new case on its page and gives a verdict; the timeline says by whom. */
async function review(page: Page, transactionId: string): Promise<number> {
  await it.arrive(risky(transactionId));
  const id = await it.caseOf(transactionId);
  await page.goto(`${base}/reviews/${id}`);
  await page.getByRole("button", { name: "Claim" }).click();
  // A verdict from the page as it was before the claim would be refused, and said to be.
  await page.getByRole("button", { name: "Release" }).waitFor();
  await page.getByRole("button", { name: "Fraud", exact: false }).first().click();
  await page.locator(".timeline", { hasText: /ann/ }).getByText("Fraud").first().waitFor();
  return id;
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

test("ann is invited, comes in by password and code, by passkey and by single sign-on, and all she does bears her name", {
  timeout: 120_000,
}, async () => {
  // One browser: an admin invites her.
  const { page: admin } = await it.open("root", base, "admin");
  await admin.goto(`${base}/team`);
  await admin.getByLabel("Name to sign in with").fill("ann");
  await admin.getByLabel("Role").selectOption("analyst");
  await admin.getByRole("button", { name: /invite/i }).click();
  const link = await admin.getByLabel("The link").inputValue();

  // A second browser: she chooses a password and sets her second step up.
  const { context, page, complaints } = await it.visit();
  await page.goto(link);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("The same again").fill(PASSWORD);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("Enter a key instead").click();
  const secret = ((await page.locator(".key").textContent()) ?? "").replaceAll(" ", "");
  await page.getByRole("textbox", { name: "Code" }).fill(totpCode(secret));
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByRole("link", { name: "I have kept them" }).click();
  await signOut(page);

  // By password and code. A code works once: this is the next one, of half a minute later.
  await page.goto(`${base}/sign-in?next=/reviews`);
  await page.getByLabel("Name or e-mail address").fill("ann");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("textbox", { name: "Code" }).fill(totpCode(secret, Date.now() + 30_000));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Review", exact: false }).first().waitFor();
  const cases = [await review(page, "by-code")];

  // By a passkey.
  await addAuthenticator(context, page);
  await page.goto(`${base}/account`);
  await page.getByLabel("Name of this device").fill("Work laptop");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByRole("button", { name: "Remove the passkey Work laptop" }).waitFor();
  await signOut(page);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("heading", { name: "Dashboard" }).waitFor();
  cases.push(await review(page, "by-passkey"));

  // By the bank's identity provider, once her account is connected with it.
  provider.people.set("a.arbor", { groups: ["fraud-analysts"], preferred_username: "a.arbor" });
  await page.goto(`${base}/account`);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.locator('input[name="login"]').fill("a.arbor");
  await page.locator('input[name="password"]').fill("theirs");
  await page.locator('button[type="submit"]').first().click();
  await page.getByRole("button", { name: "Disconnect" }).waitFor();
  await signOut(page);
  await page.getByRole("link", { name: "Sign in with Bank ID" }).click();
  await page.getByRole("heading", { name: "Dashboard" }).waitFor();
  cases.push(await review(page, "by-sso"));

  const decided = await it.db
    .selectFrom("review_cases")
    .select(["case_id", "verdict", "decided_by"])
    .where("case_id", "in", cases)
    .orderBy("case_id")
    .execute();
  expect(decided.map(({ verdict, decided_by }) => [verdict, decided_by])).toEqual(
    cases.map(() => ["fraud", expect.objectContaining({ kind: "user", name: "ann" })]),
  );

  // The admin reads it all in the audit log.
  await admin.goto(`${base}/audit?actor=ann`);
  const log = await admin.locator("main").textContent();
  for (const id of cases) expect(log).toContain(`case:${id}`);
  const signIns = await it.db
    .selectFrom("audit_log")
    .select(["actor", "detail"])
    .where("act", "=", "account.signed_in")
    .orderBy("audit_id")
    .execute();
  const hers = signIns.filter(({ actor }) => actor.name === "ann").map(({ detail }) => detail["method"]);
  expect(hers).toEqual(["link", "password", "passkey", "sso"]);
  // The provider's own page asks for a font of elsewhere.
  expect(complaints.filter((text) => !/status of 4\d\d|ERR_NAME_NOT_RESOLVED/.test(text))).toEqual([]);
});
