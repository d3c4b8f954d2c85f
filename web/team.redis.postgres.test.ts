import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { totpCode } from "../pipeline/accounts/second-factor.ts";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { linkFor, PASSWORD } from "./testing/people.ts";
import { leadsTo, Visitor } from "./testing/visitor.ts";

/** A mail server that keeps what it is handed; it refuses everything while it is `broken`. */
let mail: SMTPServer;
let letters: { to: string[]; text: string }[] = [];
let broken = false;

let it: TestConsole;
beforeAll(async () => {
  mail = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onRcptTo: (_address, _session, done) =>
      done(broken ? new Error("the disk of mail.internal is full") : null),
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        const text = Buffer.concat(parts).toString().replaceAll("=\r\n", "").replaceAll("=3D", "=");
        letters.push({ to: session.envelope.rcptTo.map(({ address }) => address), text });
        done();
      });
    },
  });
  mail.listen(0, "127.0.0.1");
  await once(mail.server, "listening");
  const { port } = mail.server.address() as AddressInfo;
  it = await startTestConsole({
    SMTP_URL: `smtp://127.0.0.1:${port}`,
    MAIL_FROM: "paysecure@bank.example",
    PUBLIC_URL: "http://console.bank.example",
    TRUST_PROXY: "true",
  });
});
afterAll(async () => {
  await it?.stop();
  await new Promise<void>((done) => mail.close(done));
});

let addresses = 0;
function visitor(): Visitor {
  addresses += 1;
  return new Visitor(it, {
    "x-forwarded-for": `192.0.2.${addresses}`,
    origin: "http://console.bank.example",
  });
}

async function signedIn(name: string, role: Parameters<typeof linkFor>[2] = "analyst"): Promise<Visitor> {
  await linkFor(it.db, name, role);
  const who = visitor();
  expect(leadsTo(await who.post("/sign-in", { name, password: PASSWORD }))).toBe("/");
  return who;
}

const numberOf = async (name: string): Promise<number> =>
  (await it.db.selectFrom("users").select("user_id").where("name", "=", name).executeTakeFirstOrThrow())
    .user_id;

const roleOf = async (name: string): Promise<string> =>
  (await it.db.selectFrom("users").select("role").where("name", "=", name).executeTakeFirstOrThrow()).role;

/** The path of the link in a text. */
const linkIn = (text: string): string => /\/sign-in\/join\/[\w-]{43}/.exec(text)![0];

const actsOn = async (name: string): Promise<unknown[]> => {
  const rows = await it.db
    .selectFrom("audit_log")
    .select(["act", "actor", "detail"])
    .where("subject", "=", `user:${await numberOf(name)}`)
    .orderBy("audit_id")
    .execute();
  return rows.map(({ act, actor, detail }) => [act, actor.name, detail]);
};

test("the last admin who can sign in is neither demoted nor disabled", async () => {
  const admin = await signedIn("root", "admin");
  const path = `/team/${await numberOf("root")}`;
  for (const [what, fields] of [
    ["role", { role: "viewer" }],
    ["disable", {}],
  ] as const) {
    const answer = await admin.post(`${path}/${what}`, fields);
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain("This is the last admin who can sign in");
  }
  expect(await roleOf("root")).toBe("admin");
});

test("somebody invited gets the link by mail, chooses a password and a second step, and is who acts", async () => {
  const admin = await signedIn("root", "admin");
  const invited = await admin.post("/team/invite", {
    name: "ann",
    email: "Ann@Bank.example",
    role: "analyst",
  });
  const page = await invited.text();
  expect(page).toContain("ann is invited");
  await it.deps.mailer!.idle();
  expect(letters).toHaveLength(1);
  expect(letters[0]!.to).toEqual(["ann@bank.example"]);
  expect(letters[0]!.text).toContain("http://console.bank.example/sign-in/join/");
  const link = linkIn(letters[0]!.text);
  expect(linkIn(page)).toBe(link);
  expect(await admin.read("/team")).not.toContain("/sign-in/join/");

  const ann = visitor();
  expect(await ann.read(link)).toContain("You are invited as");
  const weak = await ann.post(link, { password: "ann@bank.example", again: "ann@bank.example" });
  expect(weak.status).toBe(400);
  const chosen = { password: "seven brown foxes", again: "seven brown foxes" };
  const both = await Promise.all([ann.post(link, chosen), visitor().post(link, chosen)]);
  expect(both.map(({ status }) => status).sort()).toEqual([303, 409]);
  expect((await visitor().get(link)).status).toBe(410);
  const back = visitor();
  expect(
    leadsTo(await back.post("/sign-in", { name: "ann@bank.example", password: "seven brown foxes" })),
  ).toBe("/");
  expect((await admin.post("/team/invite", { name: "ANN", email: "", role: "lead" })).status).toBe(409);
  const taken = await admin.post("/team/invite", { name: "anne", email: "ann@bank.example", role: "lead" });
  expect(await taken.text()).toContain("Another account has this e-mail address");
  expect(await actsOn("ann")).toMatchObject([
    ["account.invited", "root", { name: "ann", role: "analyst", email: "ann@bank.example" }],
    ["account.password_set", "ann", { before: "none", after: "set" }],
    ["account.signed_in", "ann", { method: "link" }],
    ["account.signed_in", "ann", { method: "password" }],
  ]);
});

test("an admin is made by two, where there are two; who proposed it cannot agree", async () => {
  const root = await signedIn("root", "admin");
  await signedIn("cleo", "lead");
  const cleo = await numberOf("cleo");
  // One admin alone: at once.
  expect(leadsTo(await root.post(`/team/${cleo}/role`, { role: "admin" }))).toBe(`/team/${cleo}`);
  expect(await roleOf("cleo")).toBe("admin");
  const second = visitor();
  await second.post("/sign-in", { name: "cleo", password: PASSWORD });

  await signedIn("dan", "manager");
  const dan = await numberOf("dan");
  expect(leadsTo(await root.post(`/team/${dan}/role`, { role: "admin" }))).toBe("/team");
  expect(await roleOf("dan")).toBe("manager");
  expect((await root.post(`/team/${dan}/role`, { role: "admin" })).status).toBe(409);
  const id = /\/team\/proposals\/(\d+)\/refuse/.exec(await root.read("/team"))![1]!;
  expect(await root.read("/team")).not.toContain(`/team/proposals/${id}/approve`);
  expect((await root.post(`/team/proposals/${id}/approve`)).status).toBe(403);
  expect(await roleOf("dan")).toBe("manager");
  expect(await second.read("/team")).toContain("is to be admin instead of risk manager");
  expect(leadsTo(await second.post(`/team/proposals/${id}/approve`))).toBe("/team");
  expect(await roleOf("dan")).toBe("admin");
  expect((await second.post(`/team/proposals/${id}/approve`)).status).toBe(404);

  const invited = await root.post("/team/invite", { name: "erik", email: "", role: "admin" });
  expect(await invited.text()).toContain("Until a second admin agrees, erik is a viewer");
  expect(await roleOf("erik")).toBe("viewer");

  // Away and back again is another way to make one.
  expect(leadsTo(await root.post(`/team/${dan}/disable`))).toBe(`/team/${dan}`);
  expect(leadsTo(await root.post(`/team/${dan}/enable`))).toBe("/team");
  const away = await it.db
    .selectFrom("users")
    .select("disabled_at")
    .where("user_id", "=", dan)
    .executeTakeFirstOrThrow();
  expect(away.disabled_at).not.toBeNull();
  expect(await actsOn("dan")).toEqual(
    expect.arrayContaining([
      ["approval.proposed", "root", expect.objectContaining({ before: "manager", after: "admin" })],
      ["approval.given", "cleo", expect.objectContaining({ before: "manager", after: "admin" })],
      ["account.role", "cleo", expect.objectContaining({ before: "manager", after: "admin" })],
      ["account.disabled", "root", expect.anything()],
    ]),
  );
});

test("two admins who demote each other at the same moment: one stays", async () => {
  await it.db.updateTable("users").set({ disabled_at: new Date() }).where("role", "=", "admin").execute();
  const one = await signedIn("ina", "admin");
  const two = await signedIn("ivo", "admin");
  const [ina, ivo] = await Promise.all([numberOf("ina"), numberOf("ivo")]);
  await Promise.all([
    one.post(`/team/${ivo}/role`, { role: "viewer" }),
    two.post(`/team/${ina}/role`, { role: "viewer" }),
  ]);
  expect([await roleOf("ina"), await roleOf("ivo")].sort()).toEqual(["admin", "viewer"]);
  await it.db.updateTable("users").set({ disabled_at: null }).where("name", "in", ["root", "cleo"]).execute();
});

test("a disabled person is out at once, and cannot come back by password, link or mail", async () => {
  const admin = await signedIn("root", "admin");
  const gone = await signedIn("finn");
  const id = await numberOf("finn");
  await it.db.updateTable("users").set({ email: "finn@bank.example" }).where("user_id", "=", id).execute();
  const link = linkIn(await (await admin.post(`/team/${id}/reset`)).text());
  const signInLink = `/sign-in/${await linkFor(it.db, "finn")}`;
  expect((await gone.get("/")).status).toBe(200);
  expect(leadsTo(await admin.post(`/team/${id}/disable`))).toBe(`/team/${id}`);
  expect(leadsTo(await gone.get("/"))).toBe("/sign-in");
  expect((await visitor().post("/sign-in", { name: "finn", password: PASSWORD })).status).toBe(401);
  expect((await visitor().get(link)).status).toBe(410);
  expect((await visitor().post(signInLink)).status).toBe(404);
  await it.deps.mailer!.idle();
  letters = [];
  expect((await visitor().post("/sign-in/forgot", { email: "finn@bank.example" })).status).toBe(200);
  await it.deps.mailer!.idle();
  expect(letters).toEqual([]);
  expect((await admin.post(`/team/${id}/reset`)).status).toBe(409);
  expect(leadsTo(await admin.post(`/team/${id}/enable`))).toBe(`/team/${id}`);
  expect(leadsTo(await visitor().post("/sign-in", { name: "finn", password: PASSWORD }))).toBe("/");
});

test("a live page of a disabled person ends, too", async () => {
  const admin = await signedIn("root", "admin");
  const watching = await signedIn("fay");
  const stream = (await watching.get("/live/frame")).body!.getReader();
  expect((await stream.read()).done).toBe(false);
  await admin.post(`/team/${await numberOf("fay")}/disable`);
  const started = performance.now();
  for (let ended = false; !ended; ) ended = (await stream.read()).done;
  expect(performance.now() - started).toBeLessThan(15_000);
}, 30_000);

test("a changed role is what one may do from the next request on", async () => {
  const admin = await signedIn("root", "admin");
  const gus = await signedIn("gus", "data_scientist");
  expect((await gus.post("/reviews/next")).status).toBe(403);
  await admin.post(`/team/${await numberOf("gus")}/role`, { role: "analyst" });
  expect((await gus.post("/reviews/next")).status).toBe(303);
  expect((await gus.get("/team")).status).toBe(403);
});

test("a forgotten password is reset by mail: the same answer whether or not the address is known", async () => {
  const hanna = await signedIn("hanna");
  await it.db.updateTable("users").set({ email: "hanna@bank.example" }).where("name", "=", "hanna").execute();
  await it.deps.mailer!.idle();
  letters = [];
  const known = await (await visitor().post("/sign-in/forgot", { email: "Hanna@bank.example" })).text();
  const unknown = await (await visitor().post("/sign-in/forgot", { email: "nobody@bank.example" })).text();
  expect(known).toBe(unknown);
  // A mailbox is not filled by asking often.
  await visitor().post("/sign-in/forgot", { email: "hanna@bank.example" });
  await expect.poll(() => letters.length).toBe(1);
  await it.deps.mailer!.idle();
  expect(letters).toHaveLength(1);
  const link = linkIn(letters[0]!.text);
  const who = visitor();
  expect(leadsTo(await who.post(link, { password: "seven brown foxes", again: "seven brown foxes" }))).toBe(
    "/",
  );
  expect(leadsTo(await hanna.get("/"))).toBe("/sign-in");
  await it.db
    .updateTable("invitations")
    .set({ expires_at: new Date(Date.now() - 1) })
    .execute();
  expect((await visitor().get(link)).status).toBe(410);
});

test("a changed way in is told to its owner by mail, a changed address to the old one", async () => {
  const kim = await signedIn("kim");
  await kim.post("/account/profile", { display_name: "Kim", email: "kim@bank.example" });
  letters = [];
  await kim.post("/account/password", {
    current: PASSWORD,
    password: "seven brown foxes",
    again: "seven brown foxes",
  });
  await kim.post("/account/profile", { display_name: "Kim", email: "kim@evil.example" });
  await it.deps.mailer!.idle();
  expect(letters.map(({ to }) => to)).toEqual([["kim@bank.example"], ["kim@bank.example"]]);
  expect(letters[0]!.text).toContain("Your password was changed.");
  expect(letters[1]!.text).toContain("Your e-mail address was changed.");
});

test("what is wrong with the mail server is nobody's who asked", async () => {
  await linkFor(it.db, "iris");
  await it.db.updateTable("users").set({ email: "iris@bank.example" }).where("name", "=", "iris").execute();
  broken = true;
  const answer = await visitor().post("/sign-in/forgot", { email: "iris@bank.example" });
  expect(answer.status).toBe(200);
  expect(await answer.text()).not.toContain("disk");
  await it.deps.mailer!.idle();
  broken = false;
});

test("an admin takes a lost second step away; the reset link alone does not", async () => {
  const admin = await signedIn("root", "admin");
  const jo = await signedIn("jo");
  const page = await jo.read("/account/second-factor");
  const secret = /<code class="key">([A-Z2-7 ]+)</.exec(page)![1]!.replaceAll(" ", "");
  const sealed = /name="secret"[^>]* value="([^"]+)"/.exec(page)![1]!;
  expect((await jo.post("/account/second-factor", { secret: sealed, code: totpCode(secret) })).status).toBe(
    200,
  );
  const id = await numberOf("jo");
  const link = linkIn(await (await admin.post(`/team/${id}/reset`)).text());
  const back = visitor();
  const chosen = { password: "seven brown foxes", again: "seven brown foxes" };
  expect(leadsTo(await back.post(link, chosen))).toBe("/sign-in/code");
  expect(leadsTo(await back.get("/"))).toBe("/sign-in");
  expect(leadsTo(await admin.post(`/team/${id}/second-factor/remove`))).toBe(`/team/${id}`);
  expect(leadsTo(await visitor().post("/sign-in", { name: "jo", password: "seven brown foxes" }))).toBe("/");
});
