import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import {
  CLIENT,
  ProviderVisitor,
  startIdentityProvider,
  type TestIdentityProvider,
} from "./testing/identity-provider.ts";
import { linkFor, PASSWORD } from "./testing/people.ts";
import { leadsTo, Visitor } from "./testing/visitor.ts";

const PUBLIC_URL = "http://console.bank.example";

let provider: TestIdentityProvider;
let it: TestConsole;
beforeAll(async () => {
  provider = await startIdentityProvider(`${PUBLIC_URL}/sign-in/sso/callback`);
  it = await startTestConsole({
    PUBLIC_URL,
    TRUST_PROXY: "true",
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: CLIENT.id,
    OIDC_CLIENT_SECRET: CLIENT.secret,
    OIDC_ROLES: "fraud-leads=lead,fraud-analysts=analyst,it=admin",
    OIDC_NAME: "Bank ID",
  });
});
afterAll(async () => {
  await it?.stop();
  await provider?.stop();
});

let addresses = 0;
let who: Visitor;
let there: ProviderVisitor;
beforeEach(() => {
  [who, there] = [visitor(), new ProviderVisitor()];
});

function visitor(): Visitor {
  addresses += 1;
  return new Visitor(it, { "x-forwarded-for": `192.0.2.${addresses}`, origin: PUBLIC_URL });
}

/** From our page to the provider and back; the answer is ours. */
async function signIn(subject: string, at = "/sign-in/sso"): Promise<Response> {
  const back = await there.signIn(leadsTo(await who.get(at)), subject);
  expect(back.origin).toBe(PUBLIC_URL);
  return await who.get(back.pathname + back.search);
}

const account = (name: string) =>
  it.db.selectFrom("users").selectAll().where("name", "=", name).executeTakeFirstOrThrow();

async function acts(name: string): Promise<{ act: string; detail: Record<string, unknown> }[]> {
  const { user_id } = await account(name);
  await it.deps.failedSignIns.flush();
  return await it.db
    .selectFrom("audit_log")
    .select(["act", "detail"])
    .where("subject", "=", `user:${user_id}`)
    .orderBy("audit_id")
    .execute();
}

test("somebody with a group of ours gets an account with its role, and the session of a person", async () => {
  provider.people.set("s-1", {
    groups: ["everybody", "fraud-analysts"],
    preferred_username: "ann@bank.example",
    name: "Ann Arbor",
    email: "Ann@bank.example",
    email_verified: true,
  });
  expect(await who.read("/sign-in")).toContain("Sign in with Bank ID");
  expect(leadsTo(await signIn("s-1", "/sign-in/sso?next=/reviews"))).toBe("/reviews");
  expect((await who.get("/reviews")).status).toBe(200);
  expect(leadsTo(await who.get("/sign-in/sso"))).toBe("/");
  expect(await account("ann")).toMatchObject({
    ...{ role: "analyst", display_name: "Ann Arbor", email: "ann@bank.example", password_hash: null },
  });
  const [created, entered] = await acts("ann");
  expect(created).toMatchObject({
    act: "account.created",
    detail: { role: "analyst", group: "fraud-analysts", issuer: provider.issuer, identity: "s-1" },
  });
  expect(entered).toMatchObject({ act: "account.signed_in", detail: { method: "sso" } });
});

test("each sign-in brings the role of the groups, with before and after; the list's order decides", async () => {
  provider.people.set("s-2", { groups: ["it"], preferred_username: "ben" });
  await signIn("s-2");
  expect((await account("ben")).role).toBe("admin");
  provider.people.set("s-2", { groups: ["it", "fraud-leads"], preferred_username: "benjamin" });
  who = visitor();
  await signIn("s-2");
  // Who it is stays, whatever the provider calls them now.
  expect((await account("ben")).role).toBe("lead");
  expect((await acts("ben")).find(({ act }) => act === "account.role")?.detail).toMatchObject({
    ...{ before: "admin", after: "lead", by: "single sign-on", group: "fraud-leads" },
  });
});

test("who has no group of ours is refused in words: a stranger leaves no account, somebody known no session", async () => {
  provider.people.set("s-3", { groups: ["canteen"], preferred_username: "cid" });
  const stranger = await signIn("s-3");
  expect(stranger.status).toBe(403);
  expect(await stranger.text()).toContain("None of your groups there has a role here");
  expect(await it.db.selectFrom("users").where("name", "=", "cid").select("name").execute()).toEqual([]);

  provider.people.set("s-3", { groups: ["fraud-analysts"], preferred_username: "cid" });
  who = visitor();
  expect(leadsTo(await signIn("s-3"))).toBe("/");
  const before = who;
  provider.people.set("s-3", { groups: [], preferred_username: "cid" });
  who = visitor();
  expect((await signIn("s-3")).status).toBe(403);
  expect(leadsTo(await before.get("/"))).toBe("/sign-in");
  const said = await acts("cid");
  expect(said.find(({ act }) => act === "account.sessions_ended")?.detail).toMatchObject({
    sessions_ended: 1,
  });
  expect(said.map(({ act }) => act)).toContain("account.sso_refused");
});

test("a disabled account stays out, whatever its groups", async () => {
  provider.people.set("s-4", { groups: ["fraud-analysts"], preferred_username: "dan" });
  await signIn("s-4");
  await it.db.updateTable("users").set({ disabled_at: new Date() }).where("name", "=", "dan").execute();
  who = visitor();
  const answer = await signIn("s-4");
  expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining("is disabled")]);
});

test("neither name nor e-mail address opens somebody's account: its person connects it", async () => {
  await linkFor(it.db, "eve", "viewer");
  await it.db.updateTable("users").set({ email: "eve@bank.example" }).where("name", "=", "eve").execute();
  const claims = { email: "eve@bank.example", email_verified: true };
  provider.people.set("s-5", { groups: ["it"], preferred_username: "Eve", ...claims });
  expect(await (await signIn("s-5")).text()).toContain("An account of your name is here already");
  provider.people.set("s-6", { groups: ["fraud-analysts"], preferred_username: "evelyn", ...claims });
  [who, there] = [visitor(), new ProviderVisitor()];
  await signIn("s-6");
  expect((await account("evelyn")).email).toBeNull();

  [who, there] = [visitor(), new ProviderVisitor()];
  await who.post("/sign-in", { name: "eve", password: PASSWORD });
  const page = await who.post("/account/sso/connect");
  const on = (page.headers.get("refresh") ?? "").replace("0; url=", "");
  const back = await there.signIn(on, "s-5");
  expect(leadsTo(await who.get(back.pathname + back.search))).toBe("/account");
  expect(await who.read("/account")).toContain("Disconnect");
  who = visitor();
  expect(leadsTo(await signIn("s-5"))).toBe("/");
  expect((await account("eve")).role).toBe("admin");

  // What is somebody's is nobody else's.
  const other = visitor();
  await linkFor(it.db, "fay");
  await other.post("/sign-in", { name: "fay", password: PASSWORD });
  const onward = ((await other.post("/account/sso/connect")).headers.get("refresh") ?? "").slice(7);
  const taken = await new ProviderVisitor().signIn(onward, "s-5");
  const refused = await other.get(taken.pathname + taken.search);
  expect([refused.status, await refused.text()]).toEqual([
    409,
    expect.stringContaining("belongs to another account"),
  ]);
});

test("a fresh proof comes from the provider, of the same person; one's only way in stays", async () => {
  provider.people.set("s-7", { groups: ["it"], preferred_username: "gus" });
  provider.people.set("s-8", { groups: ["it"], preferred_username: "hal" });
  await signIn("s-7");
  const stale = { proved_at: new Date(0) };
  await it.db.updateTable("sessions").set(stale).execute();
  expect(leadsTo(await who.get("/team"))).toBe("/account/confirm?next=%2Fteam");
  expect(await who.read("/account/confirm?next=/team")).toContain("Confirm with Bank ID");
  const session = who.session;
  expect(leadsTo(await signIn("s-7", "/account/confirm/sso?next=/team"))).toBe("/team");
  expect(who.session).not.toBe(session);
  expect((await who.get("/team")).status).toBe(200);

  await it.db.updateTable("sessions").set(stale).execute();
  there = new ProviderVisitor();
  const other = await signIn("s-8", "/account/confirm/sso?next=/team");
  expect([other.status, await other.text()]).toEqual([
    403,
    expect.stringContaining("Somebody else signed in there"),
  ]);
  expect(leadsTo(await who.get("/team"))).toBe("/account/confirm?next=%2Fteam");

  there = new ProviderVisitor();
  await signIn("s-7", "/account/confirm/sso");
  const identity = { issuer: provider.issuer, subject: "s-7" };
  expect((await who.post("/account/sso/disconnect", identity)).status).toBe(409);
  expect((await who.post("/account/sso/disconnect", { ...identity, subject: "s-8" })).status).toBe(404);
});

test("what comes back counts once, in the browser that began, and as it was sent", async () => {
  provider.people.set("s-9", { groups: ["it"], preferred_username: "ida" });
  const back = await there.signIn(leadsTo(await who.get("/sign-in/sso")), "s-9");
  const path = back.pathname + back.search;
  const elsewhere = await visitor().get(path);
  expect([elsewhere.status, await elsewhere.text()]).toEqual([
    401,
    expect.stringContaining("This was not begun in this browser"),
  ]);
  const tampered = new URL(back);
  tampered.searchParams.set("iss", "https://evil.example");
  expect((await who.get(tampered.pathname + tampered.search)).status).toBe(401);
  // The attempt is used up by that.
  expect((await who.get(path)).status).toBe(401);
  expect(who.session).toBeUndefined();

  // Somebody's code with an attempt of one's own: the proof of the code's begin is missing (PKCE).
  const mine = new URL(leadsTo(await who.get("/sign-in/sso")));
  const theirs = await new ProviderVisitor().signIn(leadsTo(await visitor().get("/sign-in/sso")), "s-9");
  theirs.searchParams.set("state", mine.searchParams.get("state") ?? "");
  expect((await who.get(theirs.pathname + theirs.search)).status).toBe(401);
  for (const query of ["", "?state=", "?code=a", `?state=${"x".repeat(5_000)}`, "?error=<script>&state=a"]) {
    const answer = await visitor().get(`/sign-in/sso/callback${query}`);
    expect([query.length, answer.status]).toEqual([query.length, 401]);
    expect(await answer.text()).not.toContain("<script>");
  }
  // Two tabs at once do not take each other's place.
  const tabs = [leadsTo(await who.get("/sign-in/sso")), leadsTo(await who.get("/sign-in/sso?next=/reviews"))];
  const first = await there.signIn(tabs[0] ?? "", "s-9");
  expect(leadsTo(await who.get(first.pathname + first.search))).toBe("/");
  const second = await there.signIn(tabs[1] ?? "", "s-9");
  expect(leadsTo(await who.get(second.pathname + second.search))).toBe("/reviews");
});

test("a token that was changed on its way is no proof", async () => {
  provider.people.set("s-12", { groups: ["it"], preferred_username: "lou" });
  // The signature's first character, another one.
  provider.onTheWay = (answer) =>
    answer.replace(
      /("id_token":"[^."]+\.[^."]+\.)(.)/,
      (_, head, first) => head + (first === "A" ? "B" : "A"),
    );
  try {
    const answer = await signIn("s-12");
    expect([answer.status, await answer.text()]).toEqual([
      401,
      expect.stringContaining("is no proof of who you are"),
    ]);
  } finally {
    provider.onTheWay = undefined;
  }
  expect(leadsTo(await signIn("s-12"))).toBe("/");
});

test("a refusal at the provider is said in words", async () => {
  const state = new URL(leadsTo(await who.get("/sign-in/sso"))).searchParams.get("state") ?? "";
  const iss = encodeURIComponent(provider.issuer);
  const answer = await who.get(`/sign-in/sso/callback?error=access_denied&state=${state}&iss=${iss}`);
  expect([answer.status, await answer.text()]).toEqual([
    401,
    expect.stringContaining("Bank ID says that you did not agree"),
  ]);
});

test("two first sign-ins of one person at once are one account", async () => {
  provider.people.set("s-10", { groups: ["it"], preferred_username: "jim" });
  const browsers = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const browser = visitor();
      return [
        browser,
        await new ProviderVisitor().signIn(leadsTo(await browser.get("/sign-in/sso")), "s-10"),
      ] as const;
    }),
  );
  const answers = await Promise.all(
    browsers.map(([browser, back]) => browser.get(back.pathname + back.search)),
  );
  expect(answers.map(leadsTo)).toEqual(["/", "/", "/", "/"]);
});

test("signing out here offers signing out there", async () => {
  provider.people.set("s-11", { groups: ["it"], preferred_username: "kim" });
  await signIn("s-11");
  expect(leadsTo(await who.post("/sign-out"))).toBe("/sign-in?left=sso");
  expect(await who.read("/sign-in?left=sso")).toContain("Sign out of Bank ID, too");
  expect(leadsTo(await who.get("/sign-in/sso/leave"))).toContain(`${provider.issuer}/session/end?`);
});

test("a provider that is away is said to be, in no time; the rest works, and so does it when it is back", async () => {
  await provider.stop();
  const away = await startTestConsole({
    PUBLIC_URL,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: CLIENT.id,
    OIDC_CLIENT_SECRET: CLIENT.secret,
    OIDC_ROLES: "it=admin",
    PASSWORD_SIGN_IN: "off",
  });
  try {
    const browser = new Visitor(away, { origin: PUBLIC_URL });
    const answer = await browser.get("/sign-in/sso");
    const page = await answer.text();
    expect(answer.status).toBe(503);
    expect(page).toContain("Single sign-on does not answer just now");
    expect(page).not.toMatch(/ECONNREFUSED|fetch failed|127\.0\.0\.1/);
    // Where passwords are off there is no form, and none is taken.
    const form = await browser.read("/sign-in");
    expect(form).not.toContain('name="password"');
    expect(form).toContain("Sign in with single sign-on");
    await linkFor(away.db, "lea", "admin");
    expect((await browser.post("/sign-in", { name: "lea", password: PASSWORD })).status).toBe(403);
    expect(leadsTo(await browser.post("/sign-in/forgot", { email: "a@b.example" }))).toBe("/sign-in");

    await provider.start();
    await new Promise((later) => setTimeout(later, 3_100));
    expect(leadsTo(await browser.get("/sign-in/sso"))).toContain(`${provider.issuer}/auth?`);
  } finally {
    await away.stop();
  }
});
