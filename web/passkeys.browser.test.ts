import type { BrowserContext, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findPasskey } from "../pipeline/accounts/passkeys.ts";
import { searchAudit } from "../pipeline/audit/search.ts";
import { startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";

let it: TestBrowsers;
/** By name: browsers keep passkeys for no address of numbers. */
let base: string;

beforeAll(async () => {
  it = await startTestBrowsers();
  base = it.base.replace("127.0.0.1", "localhost");
});
afterAll(async () => await it?.stop());

/** An authenticator inside Chromium that always finds its person there (Web Authentication level 2, 11). */
async function authenticator(context: BrowserContext, page: Page): Promise<[CDPSession, string]> {
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      ...{ protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  });
  return [devtools, authenticatorId];
}

test("a passkey is added, signs in, confirms, and is removed; the audit bears its owner's name", {
  timeout: 90_000,
}, async () => {
  const { context, page, complaints } = await it.open("ann", base);
  const [devtools, authenticatorId] = await authenticator(context, page);

  await page.goto(`${base}/account`);
  await page.getByLabel("Name of this device").fill("Work laptop");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByRole("button", { name: "Remove the passkey Work laptop" }).waitFor();
  const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
  expect(credentials).toHaveLength(1);
  const id = Buffer.from(credentials[0]?.credentialId ?? "", "base64").toString("base64url");
  expect(await findPasskey(it.db, id)).toMatchObject({ credentialId: id });

  // The same device again is refused by itself.
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByText("This device has a passkey for your account already.").waitFor();

  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.goto(`${base}/sign-in?next=/transactions`);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("heading", { name: "Transactions" }).waitFor();

  // Long after, something dangerous asks again.
  await it.db
    .updateTable("sessions")
    .set({ proved_at: new Date(0) })
    .execute();
  await page.goto(`${base}/account/confirm?next=/account`);
  await page.getByRole("button", { name: "Confirm with a passkey" }).click();
  await page.getByRole("heading", { name: "Your account" }).waitFor();

  // A copy of the authenticator would sign with a counter that was there before.
  await it.db.updateTable("passkeys").set({ counter: 1_000_000 }).execute();
  await page.goto(`${base}/account/confirm`);
  await page.getByRole("button", { name: "Confirm with a passkey" }).click();
  await page.locator("#passkey-said", { hasText: /passkey/ }).waitFor();
  await it.db.updateTable("passkeys").set({ counter: 1 }).execute();

  // Without a password it is the only way in, and stays.
  await it.db.updateTable("users").set({ password_hash: null }).where("name", "=", "ann").execute();
  await page.goto(`${base}/account`);
  await page.getByRole("button", { name: "Remove the passkey Work laptop" }).click();
  await page.getByText(/your only way in/i).waitFor();
  await it.db.updateTable("users").set({ password_hash: "$argon2id$" }).where("name", "=", "ann").execute();
  await page.goto(`${base}/account`);
  await page.getByRole("button", { name: "Remove the passkey Work laptop" }).click();
  await page.getByRole("heading", { name: "Your account" }).waitFor();
  expect(await findPasskey(it.db, id)).toBeNull();

  const acts = await searchAudit(it.db, { actor: "ANN" });
  expect(acts.map(({ act }) => act)).toEqual([
    "account.passkey_removed",
    "account.confirmed",
    "account.signed_in",
    "account.signed_out",
    "account.passkey_added",
    "account.signed_in",
  ]);
  expect(acts[2]?.detail).toMatchObject({ method: "passkey" });
  // The browser writes what was refused to its console; nothing else.
  expect(complaints.filter((text) => !/status of 4\d\d/.test(text))).toEqual([]);
});

test("a challenge is good once, for its browser and what it was for; strangers' answers are refused in words", async () => {
  const options = await it.app.request("/sign-in/passkey/options", {
    method: "POST",
    headers: { host: "localhost", "content-type": "application/json" },
  });
  const cookie = (options.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  // Cookies do not know ports: another instance on this host has a challenge of its own.
  expect(cookie).toMatch(/^paysecure_passkey_80=/);
  const answer = { clientDataJSON: "e30", authenticatorData: "AA", signature: "AA" };
  const body = { credential: { id: "AAAA", rawId: "AAAA", type: "public-key", response: answer } };
  const ask = async (sent: unknown, headers: Record<string, string> = {}) => {
    const response = await it.app.request("/sign-in/passkey", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...headers },
      body: JSON.stringify(sent),
    });
    return [response.status, ((await response.json()) as { detail: string }).detail] as const;
  };
  expect(await ask(body)).toEqual([409, expect.stringContaining("took too long")]);
  expect(await ask(body, { cookie })).toEqual([401, expect.stringContaining("not known here")]);
  expect(await ask(body, { cookie })).toEqual([409, expect.stringContaining("took too long")]);
  expect((await ask({ credential: { ...body.credential, id: "<>" } }, { cookie }))[0]).toBe(400);
  const numbers = await it.app.request("http://127.0.0.1:8000/sign-in/passkey/options", {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
  });
  expect(await numbers.json()).toMatchObject({ detail: expect.stringContaining("http://localhost:8000") });

  // Each challenge is kept: one address makes so many and no more.
  const statuses = await Promise.all(
    Array.from({ length: 80 }, async () => {
      const { status } = await it.app.request("/sign-in/passkey/options", {
        method: "POST",
        headers: { host: "localhost", "content-type": "application/json" },
      });
      return status;
    }),
  );
  expect(statuses).toContain(429);
});
