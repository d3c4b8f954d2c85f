import { afterAll, beforeAll, expect, test } from "vitest";
import { totpCode } from "../pipeline/accounts/second-factor.ts";
import { createSignInToken } from "../pipeline/accounts/sign-in-links.ts";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { linkFor, PASSWORD } from "./testing/people.ts";
import { leadsTo, Visitor } from "./testing/visitor.ts";

let it: TestConsole;
beforeAll(async () => {
  it = await startTestConsole({ TRUST_PROXY: "true", REQUIRE_SECOND_FACTOR: "admins" });
});
afterAll(() => it?.stop());

let addresses = 0;
/** A browser at an address of its own. */
function visitor(address?: string): Visitor {
  addresses += 1;
  return new Visitor(it, { "x-forwarded-for": address ?? `192.0.2.${addresses}` });
}

const signIn = (who: Visitor, name: string, password = PASSWORD, next = ""): Promise<Response> =>
  who.post("/sign-in", { name, password, ...(next === "" ? {} : { next }) });

/** Somebody who is in, by password. */
async function signedIn(name: string): Promise<Visitor> {
  await linkFor(it.db, name);
  const who = visitor();
  expect(leadsTo(await signIn(who, name))).toBe("/");
  return who;
}

const field = (html: string, name: string): string =>
  new RegExp(`name="${name}"[^>]* value="([^"]+)"`).exec(html)?.[1] ?? "";

/** Sets a second step up on the page. @returns the secret and the recovery codes */
async function setUp(who: Visitor, path: string): Promise<{ secret: string; used: string; codes: string[] }> {
  const page = await who.read(path);
  const secret = /<code class="key">([A-Z2-7 ]+)</.exec(page)![1]!.replaceAll(" ", "");
  expect(page).toContain('<svg class="qr"');
  const sealed = field(page, "secret");
  expect(await (await who.post(path, { secret: sealed, code: "000000" })).text()).toContain("is not right");
  const used = totpCode(secret);
  const done = await (await who.post(path, { secret: sealed, code: used })).text();
  return {
    secret,
    used,
    codes: [...done.matchAll(/<code>([a-z2-7-]{19})<\/code>/g)].map(([, code]) => code!),
  };
}

const accountOf = (name: string) =>
  it.db.selectFrom("users").selectAll().where("name", "=", name).executeTakeFirstOrThrow();

const acts = async (name: string): Promise<string[]> => {
  await it.deps.failedSignIns.flush();
  const { user_id } = await accountOf(name);
  const rows = await it.db
    .selectFrom("audit_log")
    .select("act")
    .where("subject", "=", `user:${user_id}`)
    .orderBy("audit_id")
    .execute();
  return rows.map(({ act }) => act);
};

test("name or e-mail and password let in, to the page that was asked for, in a session of its own", async () => {
  await linkFor(it.db, "ann");
  await it.db.updateTable("users").set({ email: "ann@bank.example" }).where("name", "=", "ann").execute();
  const who = visitor();
  expect(leadsTo(await who.get("/transactions?tier=high"))).toBe(
    "/sign-in?next=%2Ftransactions%3Ftier%3Dhigh",
  );
  expect(await who.read("/sign-in?next=%2Freviews")).toContain('name="next" value="/reviews"');
  expect(leadsTo(await signIn(who, "Ann", PASSWORD, "/transactions?tier=high"))).toBe(
    "/transactions?tier=high",
  );
  const before = who.session!;
  expect((await who.get("/")).status).toBe(200);
  expect(leadsTo(await signIn(who, " ANN@bank.example ", PASSWORD, "//evil.example"))).toBe("/");
  expect(who.session).not.toBe(before);
  const planted = visitor();
  planted.cookies.set("paysecure_session_80", before);
  expect(leadsTo(await planted.get("/"))).toBe("/sign-in");
  expect(await acts("ann")).toContain("account.signed_in");
});

test("the answer is the same for a wrong password, nobody's name, a disabled account and one without a password", async () => {
  await linkFor(it.db, "dora");
  await it.db.updateTable("users").set({ disabled_at: new Date() }).where("name", "=", "dora").execute();
  await createSignInToken(it.db, "nopass", "viewer", 10);
  await linkFor(it.db, "ben");
  const answers = [];
  for (const [name, password] of [
    ["ben", "not the password"],
    ["nobody", PASSWORD],
    ["dora", PASSWORD],
    ["nopass", PASSWORD],
    ["be\0n", PASSWORD],
    ["ben", "x".repeat(5_000)],
  ] as const) {
    const started = performance.now();
    const answer = await signIn(visitor(), name, password);
    const took = performance.now() - started;
    const text = (await answer.text()).replaceAll(/(id="name"[^>]*) value="[^"]*"/g, "$1");
    answers.push({ status: answer.status, text, hashed: took > 15 });
  }
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]).toMatchObject({ status: 401, hashed: true });
});

test("guessing is slowed by who and where: others, and a browser that was in before, are not", async () => {
  await linkFor(it.db, "carl");
  const office = "198.51.100.7";
  const known = visitor(office);
  expect(leadsTo(await signIn(known, "carl"))).toBe("/");
  await known.post("/sign-out");
  const guesser = visitor(office);
  for (let i = 0; i < 5; i += 1) expect((await signIn(guesser, "carl", `guess ${i}`)).status).toBe(401);
  const slowed = await signIn(guesser, "carl");
  expect(slowed.status).toBe(429);
  expect(Number(slowed.headers.get("retry-after"))).toBeGreaterThan(30);
  expect(await slowed.text()).toMatch(/Too many attempts; try again in \d+ (seconds|minutes)/);
  expect(leadsTo(await signIn(visitor(), "carl"))).toBe("/");
  expect(leadsTo(await signIn(known, "carl"))).toBe("/");
  const all = await acts("carl");
  expect(all.filter((act) => act === "account.sign_in_failed")).toHaveLength(2);
  expect(all.filter((act) => act === "account.sign_in_slowed")).toHaveLength(1);
  const counted = await it.db
    .selectFrom("audit_log")
    .select("detail")
    .where("act", "=", "account.sign_in_failed")
    .orderBy("audit_id", "desc")
    .limit(2)
    .execute();
  expect(counted.map(({ detail }) => detail)).toEqual([
    { address: office, count: 4 },
    { address: office, count: 1 },
  ]);
});

test("one address cannot try the whole team, however many names it has", async () => {
  const address = "2001:db8:7:7";
  // At once: the allowance is a minute's.
  const answers = await Promise.all(
    Array.from({ length: 45 }, (_, i) =>
      signIn(visitor(`${address}::${(i + 1).toString(16)}`), `somebody ${i}`, "a guess"),
    ),
  );
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(5);
});

test("a second step is asked for, each code works once, and recovery codes stand in for it", async () => {
  const who = await signedIn("eva");
  const { secret, used, codes } = await setUp(who, "/account/second-factor");
  expect(new Set(codes).size).toBe(10);
  const row = await it.db.selectFrom("users").selectAll().where("name", "=", "eva").executeTakeFirstOrThrow();
  expect(JSON.stringify(row)).not.toContain(secret);
  for (const code of codes) expect(JSON.stringify(row)).not.toContain(code);

  const again = visitor();
  expect(leadsTo(await signIn(again, "eva", PASSWORD, "/reviews"))).toBe("/sign-in/code");
  expect(again.session).toBeUndefined();
  expect(leadsTo(await again.get("/"))).toBe("/sign-in");
  // The code that set it up was used.
  expect((await again.post("/sign-in/code", { code: used })).status).toBe(400);
  const next = totpCode(secret, Date.now() + 30_000);
  const both = await Promise.all([
    again.post("/sign-in/code", { code: next }),
    again.post("/sign-in/code", { code: next }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([303, 400]);
  expect((await again.get("/reviews")).status).toBe(200);

  const lost = visitor();
  await signIn(lost, "eva");
  expect(
    leadsTo(await lost.post("/sign-in/code", { code: codes[3]!.toUpperCase().replaceAll("-", " ") })),
  ).toBe("/");
  const late = visitor();
  await signIn(late, "eva");
  expect((await late.post("/sign-in/code", { code: codes[3]! })).status).toBe(400);
  expect(await acts("eva")).toEqual(
    expect.arrayContaining([
      "account.second_factor_set",
      "account.recovery_code_used",
      "account.code_failed",
    ]),
  );
});

test("guessing codes is slowed for whoever has the password, wherever from", async () => {
  await setUp(await signedIn("finn"), "/account/second-factor");
  const statuses = [];
  for (let i = 0; i < 7; i += 1) {
    const who = visitor();
    await signIn(who, "finn");
    statuses.push((await who.post("/sign-in/code", { code: "123456" })).status);
  }
  expect(statuses).toEqual([400, 400, 400, 400, 400, 429, 429]);
});

test("where a second step is demanded, it is set up before anything else", async () => {
  await linkFor(it.db, "gina", "admin");
  const who = visitor();
  expect(leadsTo(await signIn(who, "gina", PASSWORD, "/team"))).toBe("/sign-in/second-factor");
  expect(leadsTo(await who.get("/team"))).toBe("/sign-in?next=%2Fteam");
  const { codes } = await setUp(who, "/sign-in/second-factor");
  expect(codes).toHaveLength(10);
  expect((await who.get("/team")).status).toBe(200);
  expect((await who.post("/account/second-factor/remove")).status).toBe(403);
});

test("a password that is changed meanwhile ends what waits for the second step", async () => {
  await setUp(await signedIn("hugo"), "/account/second-factor");
  const who = visitor();
  await signIn(who, "hugo");
  await it.db
    .updateTable("users")
    .set({ password_set_at: new Date(Date.now() + 1_000) })
    .where("name", "=", "hugo")
    .execute();
  expect(leadsTo(await who.get("/sign-in/code"))).toBe("/sign-in");
});

test("the first link makes the account somebody's own; weak passwords and taken names are said", async () => {
  await linkFor(it.db, "taken");
  const link = `/sign-in/${await createSignInToken(it.db, "admin", "lead", 10)}`;
  const who = visitor();
  const good = {
    name: "ines",
    email: "Ines@Bank.example",
    password: "seven brown foxes",
    again: "seven brown foxes",
  };
  expect(await who.read(link)).toContain("Create my account");
  for (const [wrong, said] of [
    [{ password: "short", again: "short" }, "at least 12"],
    [{ password: "password1234", again: "password1234" }, "guessed"],
    [{ again: "seven brown fox" }, "not the same"],
    [{ name: "Taken" }, "another account has this name"],
    [{ name: "<b>" }, "letters or digits"],
    [{ email: "nowhere" }, "not an e-mail address"],
    [{ password: "ines is the best", again: "ines is the best" }, "contains your name"],
  ] as const) {
    const answer = await who.post(link, { ...good, ...wrong });
    expect([400, 409]).toContain(answer.status);
    expect((await answer.text()).toLowerCase()).toContain(said.toLowerCase());
  }
  expect(leadsTo(await who.post(link, good))).toBe("/account/second-factor?first=1");
  expect((await who.get("/account")).status).toBe(200);
  expect((await visitor().post(link, good)).status).toBe(410);
  expect(leadsTo(await signIn(visitor(), "ines@bank.example", "seven brown foxes"))).toBe("/");
  expect(await acts("ines")).toEqual([
    "account.created",
    "account.sign_in_link",
    "account.renamed",
    "account.password_set",
    "account.signed_in",
    "account.signed_in",
  ]);
});

test("changing the password asks for the one of today and ends every other session", async () => {
  const who = await signedIn("jana");
  const other = visitor();
  await signIn(other, "jana");
  const change = { password: "cold moon over hills", again: "cold moon over hills" };
  const refused = await who.post("/account/password", { ...change, current: "wrong" });
  expect(await refused.text()).toContain("It is not your password");
  expect(leadsTo(await who.post("/account/password", { ...change, current: PASSWORD }))).toBe("/account");
  expect((await who.get("/account")).status).toBe(200);
  expect(leadsTo(await other.get("/account"))).toBe("/sign-in?next=%2Faccount");
  expect((await signIn(visitor(), "jana")).status).toBe(401);
});

test("sessions are listed to their owner, who ends them; another's are not there", async () => {
  const who = await signedIn("kai");
  const phone = new Visitor(it, {
    "user-agent": "Mozilla/5.0 (iPhone) Safari/605",
    "x-forwarded-for": "203.0.113.9",
  });
  await signIn(phone, "kai");
  const page = await who.read("/account");
  expect(page).toContain("Safari on iOS");
  expect(page).toContain("203.0.113.9");
  const id = /\/account\/sessions\/(\d+)\/revoke/.exec(page)![1]!;
  const stranger = await signedIn("lara");
  expect((await stranger.post(`/account/sessions/${id}/revoke`)).status).toBe(404);
  expect((await phone.get("/account")).status).toBe(200);
  expect(leadsTo(await who.post(`/account/sessions/${id}/revoke`))).toBe("/account");
  expect(leadsTo(await phone.get("/account"))).toBe("/sign-in?next=%2Faccount");
  expect(leadsTo(await who.post("/account/sign-out-everywhere"))).toBe("/sign-in");
  expect(await acts("kai")).toContain("account.session_revoked");
});

test("a session ends when it was idle, when it grew too old, and with the account", async () => {
  const hour = 3_600_000;
  const ended = async (name: string, change: { expires_at?: Date; created_at?: Date; disabled?: true }) => {
    const who = await signedIn(name);
    const { user_id } = await it.db
      .selectFrom("users")
      .select("user_id")
      .where("name", "=", name)
      .executeTakeFirstOrThrow();
    if (change.disabled)
      await it.db
        .updateTable("users")
        .set({ disabled_at: new Date() })
        .where("user_id", "=", user_id)
        .execute();
    else
      await it.db
        .updateTable("sessions")
        .set(change as { expires_at: Date })
        .where("user_id", "=", user_id)
        .execute();
    return leadsTo(await who.get("/"));
  };
  expect(await ended("mia", { expires_at: new Date(Date.now() - 1) })).toBe("/sign-in");
  expect(await ended("nils", { created_at: new Date(Date.now() - 169 * hour) })).toBe("/sign-in");
  expect(await ended("olga", { disabled: true })).toBe("/sign-in");
  expect(await ended("paul", { expires_at: new Date(Date.now() + hour) })).toBe("200");
});

test("a dangerous act asks who it is once that was proved too long ago, and the session gets a new token", async () => {
  await linkFor(it.db, "quin", "admin");
  const who = visitor();
  await signIn(who, "quin");
  const { secret } = await setUp(who, "/sign-in/second-factor");
  await it.db
    .updateTable("sessions")
    .set({ proved_at: new Date(Date.now() - 16 * 60_000) })
    .execute();
  expect((await who.get("/")).status).toBe(200);
  expect(leadsTo(await who.get("/team"))).toBe("/account/confirm?next=%2Fteam");
  const before = who.session!;
  const wrong = { password: PASSWORD, code: "", next: "/team" };
  expect((await who.post("/account/confirm", wrong)).status).toBe(400);
  expect((await who.post("/account/confirm", { ...wrong, password: "no" })).status).toBe(401);
  // The password is right each time: what is counted is guessing codes.
  const guesses = [];
  for (let i = 0; i < 6; i += 1)
    guesses.push((await who.post("/account/confirm", { ...wrong, code: "123456" })).status);
  expect(guesses).toEqual([400, 400, 400, 400, 429, 429]);
  const { user_id } = await accountOf("quin");
  await it.deps.attempts.succeeded({ account: `code ${user_id}`, address: "any", device: "code" });
  const code = totpCode(secret, Date.now() + 30_000);
  expect(leadsTo(await who.post("/account/confirm", { ...wrong, code }))).toBe("/team");
  expect((await who.get("/team")).status).toBe(200);
  expect(who.session).not.toBe(before);
  const thief = visitor();
  thief.cookies.set("paysecure_session_80", before);
  expect(leadsTo(await thief.get("/"))).toBe("/sign-in");
  expect(await acts("quin")).toContain("account.confirmed");
});

test("while Redis is away people come in, and guessing is still slowed", async () => {
  await linkFor(it.db, "ruth");
  await it.redis.stop();
  expect(leadsTo(await signIn(visitor(), "ruth"))).toBe("/");
  const guesser = visitor();
  const statuses = [];
  for (let i = 0; i < 6; i += 1) statuses.push((await signIn(guesser, "ruth", "a guess")).status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
});
