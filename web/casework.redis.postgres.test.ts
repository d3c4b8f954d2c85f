import { afterAll, beforeAll, expect, test } from "vitest";
import type { Role } from "../domain/rights.ts";
import { startSession } from "../pipeline/accounts/sessions.ts";
import { recordDecisions } from "../pipeline/record/record-decisions.ts";
import { risky, SLA } from "../pipeline/store/testing.ts";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { linkFor } from "./testing/people.ts";

const KEY = "a-test-key-of-enough-length";

let it: TestConsole;

beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY, PERSON_RATE_LIMIT: "0" });
});
afterAll(async () => await it?.stop());

/** A person's browser without scripts: forms and pages, nothing else. */
async function signIn(name: string, role: Role = "analyst") {
  const sameSite = { "sec-fetch-site": "same-origin" };
  const token = await linkFor(it.db, name, role, 10);
  const answer = await it.app.request(`/sign-in/${token}`, { method: "POST", headers: sameSite });
  const cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0] as string;
  const headers = { ...sameSite, cookie, accept: "text/html" };
  return {
    get: async (path: string) => await it.app.request(path, { headers }),
    post: async (path: string, fields: Record<string, string> | URLSearchParams = {}) =>
      await it.app.request(path, { method: "POST", headers, body: new URLSearchParams(fields) }),
  };
}

async function newCase(transactionId: string): Promise<number> {
  const { cases } = await recordDecisions(it.db, [risky(transactionId)], SLA);
  return cases[0]?.caseId ?? 0;
}

/** What stands in the note's field. */
const noteIn = (html: string): string | undefined => /<textarea id="note"[^>]*>([^<]*)</.exec(html)?.[1];

test("without scripts a refused verdict comes back with its note in the field and the reason above it", async () => {
  const [ann, ben] = [await signIn("ann"), await signIn("ben")];
  const id = await newCase("plain-1");
  const long = "x".repeat(2_001);
  for (const [note, status, reason] of [
    ["card 4111111111111111", 400, "card number"],
    [long, 400, "2001 characters"],
  ] as const) {
    const refused = await ann.post(`/reviews/${id}/decide`, { verdict: "fraud", note });
    const html = await refused.text();
    expect(refused.status).toBe(status);
    expect(html).toContain(reason);
    expect(noteIn(html)).toBe(note);
  }
  const odd = await ann.post(`/reviews/${id}/decide`, { verdict: "perhaps", note: "keep me" });
  expect([odd.status, noteIn(await odd.text())]).toEqual([400, "keep me"]);
  expect((await ben.post(`/reviews/${id}/decide`, { verdict: "legitimate", note: "mine" })).status).toBe(303);
  const late = await ann.post(`/reviews/${id}/decide`, { verdict: "fraud", note: "too late" });
  const html = await late.text();
  expect([late.status, noteIn(html)]).toEqual([409, "too late"]);
  expect(html).toContain("Somebody was faster");
});

test("a verdict that a program or a browser sends again is answered as the first time and counted once", async () => {
  const counted = async (): Promise<number> => {
    const { values } = await it.deps.metrics.decisions.get();
    return values.reduce((sum, { value }) => sum + value, 0);
  };
  const before = await counted();
  const id = await newCase("again-1");
  const send = async (verdict: string) =>
    await it.app.request(`/api/v1/reviews/${id}/decide`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ verdict, note: "rule 7" }),
    });
  const first = await send("fraud");
  const again = await send("fraud");
  expect([first.status, again.status]).toEqual([200, 200]);
  expect(await again.json()).toEqual(await first.json());
  expect((await send("legitimate")).status).toBe(409);
  const ann = await signIn("ann");
  const other = await newCase("again-2");
  for (let i = 0; i < 2; i++) {
    expect((await ann.post(`/reviews/${other}/decide`, { verdict: "fraud", note: "" })).status).toBe(303);
  }
  expect(await counted()).toBe(before + 2);
});

test("a claim is renewed by its holder only, ended by who leads, and the way back keeps the tier", async () => {
  const [ann, ben] = [await signIn("ann"), await signIn("ben")];
  const id = await newCase("renew-1");
  const renewed = async (who: typeof ann) => await (await who.post(`/reviews/${id}/renew`)).json();
  expect(await renewed(ann)).toEqual({ renewed: false });
  const claimed = await ann.post(`/reviews/${id}/claim?tier=critical`);
  expect(claimed.headers.get("location")).toBe(`/reviews/${id}?tier=critical`);
  expect(await renewed(ann)).toEqual({ renewed: true });
  expect(await renewed(ben)).toEqual({ renewed: false });
  expect(await (await ben.get(`/reviews/${id}?tier=nonsense`)).text()).toContain("ann has this case");
  const next = await ann.post("/reviews/next", { tier: "critical" });
  expect(next.headers.get("location")).toBe(`/reviews/${id}?tier=critical`);
  expect((await ben.post(`/reviews/${id}/release`)).status).toBe(409);
  const lea = await signIn("lea", "admin");
  expect((await lea.post(`/reviews/${id}/release`)).status).toBe(303);
  expect(await (await ann.get(`/reviews/${id}`)).text()).toContain("lea released it for you");
  expect((await ann.post("/reviews/next", { tier: "nonsense" })).status).toBe(400);
});

/** So many people at once, and so many cases. */
const [PEOPLE, CASES] = [50, 500];

/** A browser of somebody new, without the way through the sign-in page. */
async function sessionOf(name: string, role: Role = "analyst") {
  await linkFor(it.db, name, role, 10);
  const { user_id } = await it.db
    .selectFrom("users")
    .select("user_id")
    .where("name", "=", name)
    .executeTakeFirstOrThrow();
  const token = await it.db
    .transaction()
    .execute((trx) => startSession(trx, user_id, { idleHours: 1, method: "password" }));
  const headers = {
    ...{ "sec-fetch-site": "same-origin", cookie: `paysecure_session_80=${token}`, accept: "text/html" },
  };
  return async (path: string, fields: Record<string, string> = {}) =>
    await it.app.request(path, { method: "POST", headers, body: new URLSearchParams(fields) });
}

test("fifty people race through five hundred cases while a lead assigns: each is claimed by one at a time, decided once, and by whom it was given to", {
  timeout: 120_000,
}, async () => {
  await it.db.updateTable("review_cases").set({ claimed_by: null, claimed_until: null }).execute();
  const { cases: opened } = await recordDecisions(
    it.db,
    Array.from({ length: CASES }, (_, i) => risky(`race-${i}`)),
    SLA,
  );
  const names = Array.from({ length: PEOPLE }, (_, i) => `racer ${i}`);
  const given = new Map<number, string>();
  const doubles: number[] = [];
  const posts = await Promise.all(names.map(async (name) => ({ name, post: await sessionOf(name) })));
  const lead = await sessionOf("race lead", "lead");
  const assigned = new Map<number, string>();
  const assign = async (caseId: number, to: string): Promise<void> => {
    const { status } = await lead(`/reviews/${caseId}/assign`, { to });
    expect([303, 409]).toContain(status);
    if (status === 303) assigned.set(caseId, to);
  };
  const race = async () =>
    await Promise.all(
      posts.map(async ({ name, post }) => {
        let at = (await post("/reviews/next")).headers.get("location") ?? "";
        for (;;) {
          const id = Number(/^\/reviews\/(\d+)/.exec(at)?.[1]);
          if (!id) break;
          const answer = await post(`/reviews/${id}/decide`, { verdict_next: "legitimate", note: name });
          expect(answer.status).toBe(303);
          if (given.has(id)) doubles.push(id);
          given.set(id, name);
          at = answer.headers.get("location") ?? "";
        }
      }),
    );
  // From the queue's end, where the racers come last; a case that somebody has by then is refused.
  const wanted = opened.slice(-2 * PEOPLE).map(({ caseId }, i) => assign(caseId, names[i % PEOPLE]!));
  await Promise.all([race(), ...wanted]);
  // Whoever had nothing left before the last was given to them.
  await race();
  expect(assigned.size).toBeGreaterThan(PEOPLE);
  for (const [caseId, to] of assigned) expect(given.get(caseId)).toBe(to);
  expect(doubles).toEqual([]);
  const rows = await it.db
    .selectFrom("review_cases")
    .select(["case_id", "note", "verdict", "decided_by"])
    .where("transaction_id", "like", "race-%")
    .execute();
  expect(rows).toHaveLength(CASES);
  // None lost: what each was told is recorded is in the record, as theirs.
  for (const row of rows) {
    const name = given.get(row.case_id);
    expect(row).toMatchObject({ note: name, verdict: "legitimate", decided_by: { name } });
  }
  const claims = await it.db
    .selectFrom("review_events as e")
    .innerJoin("review_cases as c", "c.case_id", "e.case_id")
    .select(({ fn }) => [
      fn.countAll<number>().as("claims"),
      fn.count<number>("e.case_id").distinct().as("of"),
    ])
    .where("e.kind", "=", "claimed")
    .where("c.transaction_id", "like", "race-%")
    .executeTakeFirstOrThrow();
  expect(claims).toEqual({ claims: CASES, of: CASES });
});

test("a verdict from a page that somebody else has held the case since is refused in words, and its note is kept", async () => {
  const [ann, ben] = [await signIn("ann"), await signIn("ben")];
  const id = await newCase("stale-1");
  const token = /name="token" value="(\d+)"/.exec(await (await ann.get(`/reviews/${id}`)).text())?.[1] ?? "";
  await ben.post(`/reviews/${id}/claim`);
  await ben.post(`/reviews/${id}/release`);
  const stale = await ann.post(`/reviews/${id}/decide`, { verdict: "fraud", note: "found it", token });
  const html = await stale.text();
  expect([stale.status, noteIn(html)]).toEqual([409, "found it"]);
  expect(html).toContain("has changed hands since your page was drawn");
  const shown = /name="token" value="(\d+)"/.exec(html)?.[1] ?? "";
  const sent = await ann.post(`/reviews/${id}/decide`, { verdict: "fraud", note: "found it", token: shown });
  expect(sent.status).toBe(303);
});

test("a lead takes a case over, an analyst may not; what is escalated waits for a lead", async () => {
  const [ann, lea] = [await signIn("ann"), await signIn("lea", "lead")];
  const id = await newCase("lead-1");
  await ann.post(`/reviews/${id}/claim`);
  expect((await ann.post(`/reviews/${id}/take-over`)).status).toBe(403);
  expect((await lea.post(`/reviews/${id}/take-over`)).status).toBe(303);
  expect(await (await ann.get(`/reviews/${id}`)).text()).toContain("lea has this case");
  await lea.post(`/reviews/${id}/release`);
  expect((await ann.post(`/reviews/${id}/refer`, { reason: "my own bank" })).status).toBe(303);
  expect(await (await ann.get(`/reviews/${id}`)).text()).toContain("This case waits for a lead");
  expect(await (await lea.get("/reviews?show=lead")).text()).toContain(`#${id}`);
  expect((await ann.post(`/reviews/${id}/decide`, { verdict: "fraud" })).status).toBe(409);
  expect((await lea.post(`/reviews/${id}/decide`, { verdict: "fraud", kind: "scam" })).status).toBe(303);
});

test("a lead sees the open cases of one card, ticks, and closes them with one verdict; an analyst may not", async () => {
  const [ann, lea] = [await signIn("ann"), await signIn("lea", "lead")];
  const { cases } = await recordDecisions(
    it.db,
    ["spree-1", "spree-2", "spree-3"].map((id) => risky(id, { cardToken: "tok_spree" })),
    SLA,
  );
  const [first, second, third] = cases.map(({ caseId }) => caseId);
  const path = `/reviews/${first}/linked?by=card`;
  expect((await ann.get(path)).status).toBe(403);
  expect((await ann.post(path, { cases: String(second), verdict: "fraud" })).status).toBe(403);
  const preview = await (await lea.get(path)).text();
  for (const id of [first, second, third]) expect(preview).toContain(`value="${id}" checked`);
  expect((await lea.post(path, { verdict: "fraud" })).status).toBe(400);
  const closed = await lea.post(path, { cases: String(second), verdict: "fraud", kind: "card_testing" });
  expect(await closed.text()).toContain("1 closed.");
  const left = await (await lea.get(path)).text();
  expect([left.includes(`#${second}`), left.includes(`#${third}`)]).toEqual([false, true]);
  expect((await lea.get(`/reviews/${first}/linked?by=terminal`)).status).toBe(404);
});

test("a lead changes many cases at once from a preview; what changed since is left, in words", async () => {
  const [ann, ben, lea] = [await signIn("ann"), await signIn("ben"), await signIn("lea", "lead")];
  const ids = [];
  for (const name of ["bulk-1", "bulk-2", "bulk-3", "bulk-4"]) ids.push(await newCase(name));
  const [first, held, taken, decided] = ids as [number, number, number, number];
  await ann.post(`/reviews/${held}/claim`);
  const path = `/reviews/bulk?${ids.map((id) => `cases=${id}`).join("&")}`;
  expect((await ann.get(path)).status).toBe(403);
  const preview = await (await lea.get(path)).text();
  expect(preview).toContain("3 can be changed, 1 would be left");
  expect(preview).toContain("ann has it");
  const shown = [...preview.matchAll(/name="cases" value="(\d+:\d+)" checked/g)].map(([, value]) => value!);
  expect(shown.map((value) => Number(value.split(":")[0]))).toEqual([first, taken, decided]);
  // Between the preview and the button.
  await ben.post(`/reviews/${taken}/claim`);
  await ben.post(`/reviews/${taken}/release`);
  await ben.post(`/reviews/${decided}/decide`, { verdict: "fraud" });
  const bulk = async (who: typeof lea, cases: readonly string[], fields: Record<string, string>) => {
    const form = new URLSearchParams(fields);
    for (const each of cases) form.append("cases", each);
    return await who.post("/reviews/bulk", form);
  };
  expect((await bulk(ann, shown, { act: "assign", to: "ann" })).status).toBe(403);
  expect((await bulk(lea, [], { act: "assign", to: "ann" })).status).toBe(400);
  expect((await bulk(lea, ["1"], { act: "assign", to: "ann" })).status).toBe(400);
  expect((await bulk(lea, shown, { act: "refer", reason: "" })).status).toBe(400);
  expect((await bulk(lea, shown, { act: "assign", to: "nobody at all" })).status).toBe(400);
  // What Enter in the form sends, with nobody chosen.
  expect((await bulk(lea, shown, { act: "assign", to: "" })).status).toBe(400);
  const done = await (await bulk(lea, shown, { act: "assign", to: "ann" })).text();
  expect(done).toContain("1 done.");
  expect(done).toContain(`case ${taken} has changed hands since your page was drawn`);
  expect(done).toContain(`case ${decided} was decided fraud by ben`);
  expect(await (await ann.get("/reviews?show=assigned")).text()).toContain(`#${first}`);
  const again = [...(await (await lea.get(path)).text()).matchAll(/value="(\d+:\d+)" checked/g)];
  const stillShown = again.map(([, value]) => value!).filter((value) => value.startsWith(`${first}:`));
  expect(await (await bulk(lea, stillShown, { act: "unassign" })).text()).toContain("1 done.");
  expect(await (await ann.get("/reviews?show=assigned")).text()).not.toContain(`#${first}`);
  const closing = await it.app.request("/api/v1/reviews/bulk", {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    body: JSON.stringify({
      act: "close",
      cases: [first, held].map((case_id) => ({ case_id })),
      verdict: "legitimate",
    }),
  });
  expect(await closing.json()).toEqual({
    done: 1,
    refused: [{ case_id: held, why: `case ${held} is claimed by ann` }],
  });
  const { audits } = await it.db
    .selectFrom("audit_log")
    .select(({ fn }) => fn.countAll<number>().as("audits"))
    .where("subject", "=", `case:${first}`)
    .where("act", "in", ["review.assigned", "review.decided"])
    .executeTakeFirstOrThrow();
  expect(audits).toBe(3);
});

test("views are people's: a program and a viewer save none, an analyst shares none, and another's is not there", async () => {
  const [ann, ben, vic] = [await signIn("ann"), await signIn("ben"), await signIn("vic", "viewer")];
  const wish = { name: "Mine <b>", show: "free", order: "due", columns: "amount" };
  const program = await it.app.request("/reviews/views", {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "sec-fetch-site": "same-origin" },
    body: new URLSearchParams(wish),
  });
  expect(program.status).toBe(403);
  expect((await vic.post("/reviews/views", wish)).status).toBe(403);
  expect((await ann.post("/reviews/views", { ...wish, shared: "yes" })).status).toBe(403);
  const refused = await ann.post("/reviews/views", { ...wish, name: "4111 1111 1111 1111" });
  expect([refused.status, (await refused.text()).includes("must not contain a card number")]).toEqual([
    400,
    true,
  ]);
  const saved = await ann.post("/reviews/views", wish);
  const address = saved.headers.get("location") ?? "";
  expect(address).toMatch(/^\/reviews\?view=\d+$/);
  const page = await (await ann.get(address)).text();
  expect(page).toContain("Mine &lt;b&gt;");
  const id = address.split("=")[1];
  expect((await ben.post(`/reviews/views/${id}`, { act: "delete" })).status).toBe(404);
  expect(await (await ben.get(address)).text()).toContain("no longer there, or not shared any more");
  expect((await ann.post(`/reviews/views/${id}`, { act: "share" })).status).toBe(403);
  // A viewer saves no view, and has columns all the same; back leads nowhere but to the queue.
  const columns = { act: "own", columns: "amount", back: "https://evil.example/" };
  expect((await vic.post("/reviews/columns", columns)).headers.get("location")).toBe("/reviews");
  expect((await ann.post(`/reviews/views/${id}`, { act: "delete" })).status).toBe(303);
});
