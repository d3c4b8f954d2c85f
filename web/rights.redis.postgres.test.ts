import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Right, ROLES, type Role, rightRow, rightsOf } from "../domain/rights.ts";
import { startSession } from "../pipeline/accounts/sessions.ts";
import { recordDecisions } from "../pipeline/record/record-decisions.ts";
import { risky, SLA } from "../pipeline/store/testing.ts";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { linkFor } from "./testing/people.ts";
import { ENDS_THE_SESSION, ROUTE_RIGHTS } from "./testing/route-rights.ts";
import { leadsTo } from "./testing/visitor.ts";

const KEY = "a-test-key-of-enough-length";
const COOKIE = "paysecure_session_80";

let it: TestConsole;
let routes: string[];
beforeAll(async () => {
  it = await startTestConsole({
    TRUST_PROXY: "true",
    ADMIN_API_KEY: KEY,
    KEY_RATE_LIMIT: "0",
    PERSON_RATE_LIMIT: "0",
  });
  routes = [
    ...new Set(
      it.app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`),
    ),
  ];
  await recordDecisions(it.db, [risky("walked-1"), risky("walked-2")], SLA);
});
afterAll(() => it?.stop());

const people = new Map<string, number>();

/** A session's cookie of somebody with the role. */
async function sessionOf(role: Role, name: string = role): Promise<string> {
  if (!people.has(name)) {
    await linkFor(it.db, name, role);
    const row = await it.db
      .selectFrom("users")
      .select("user_id")
      .where("name", "=", name)
      .executeTakeFirstOrThrow();
    people.set(name, row.user_id);
  }
  const token = await it.db
    .transaction()
    .execute((trx) => startSession(trx, people.get(name)!, { idleHours: 1, method: "password" }));
  return `${COOKIE}=${token}`;
}

let asked = 0;
/** Asks a route as a browser does: of its own site, from an address of its own. */
async function ask(route: string, headers: Record<string, string> = {}): Promise<Response> {
  asked += 1;
  const [method = "", path = ""] = route.split(" ");
  // What is named is nowhere: whoever is let through changes nothing.
  const address = path
    .replaceAll(":name", "app.css")
    .replaceAll(":token", "unknown")
    .replaceAll(/:\w+/g, "999999");
  const answer = await it.app.request(address, {
    method,
    headers: {
      "sec-fetch-site": "same-origin",
      accept: "text/html",
      "x-forwarded-for": `10.${asked >> 16}.${(asked >> 8) & 255}.${asked & 255}`,
      ...(method === "POST" && !isProgram(path)
        ? { "content-type": "application/x-www-form-urlencoded" }
        : {}),
      ...headers,
    },
    ...(method === "POST" ? { body: "" } : {}),
  });
  await answer.body?.cancel();
  return answer;
}

const isProgram = (path: string): boolean => /^\/(api\/v1|predict|metrics)/.test(path);
const isStream = (path: string): boolean => path.startsWith("/live/");

/** Whether an answer turns nobody away: neither to sign in nor to prove more, nor for want of a right. */
function letsThrough(answer: Response): boolean {
  const turnedAway = /^\/(sign-in(\?|$)|account\/confirm)/.test(answer.headers.get("location") ?? "");
  return ![401, 403].includes(answer.status) && !turnedAway;
}

const needed = (route: string) => ROUTE_RIGHTS[route] as (typeof ROUTE_RIGHTS)[string];
const guarded = (): string[] => routes.filter((route) => needed(route) !== "open");
const unsafe = (): string[] => routes.filter((route) => route.startsWith("POST "));

test("every route has a row in the table, and every row a route", () => {
  expect(routes.toSorted()).toEqual(Object.keys(ROUTE_RIGHTS).toSorted());
});

describe.each(ROLES)("%s", (role) => {
  test("is let through where the role has the right, and nowhere else", async () => {
    let session = await sessionOf(role);
    const rights: readonly Right[] = rightsOf(role);
    for (const route of routes) {
      const need = needed(route);
      const answer = await ask(route, { cookie: session });
      if (need === "open") expect(answer.status, route).not.toBe(403);
      else {
        const allowed = need === "person" || rights.includes(need);
        const leaves = ENDS_THE_SESSION.includes(route);
        expect(leaves || letsThrough(answer), `${route}: ${answer.status}`).toBe(allowed);
        if (!allowed) expect(answer.status, route).toBe(403);
      }
      if (ENDS_THE_SESSION.includes(route)) session = await sessionOf(role);
    }
  });

  test("is asked again who it is, long after that was proved, where the right wants a fresh proof", async () => {
    const session = await sessionOf(role, `${role}-stale`);
    await it.db
      .updateTable("sessions")
      .set({ proved_at: new Date(Date.now() - 3_600_000) })
      .where("user_id", "=", people.get(`${role}-stale`)!)
      .execute();
    for (const route of guarded()) {
      const need = needed(route);
      if (need === "open" || need === "person" || !rightsOf(role).includes(need)) continue;
      const answer = await ask(route, { cookie: session });
      // A program's address has no page to lead to: it is told.
      const confirms = isProgram(route.split(" ")[1] ?? "")
        ? answer.status === 403
        : leadsTo(answer).startsWith("/account/confirm");
      expect(confirms, `${route}: ${leadsTo(answer)}`).toBe(rightRow(need).stepUp === true);
    }
  });
});

describe.each([
  ["no session", async () => ({})],
  ["a session that nobody has", async () => ({ cookie: `${COOKIE}=${"x".repeat(43)}` })],
  [
    "a session that is over",
    async () => {
      const cookie = await sessionOf("admin", "over");
      await it.db
        .updateTable("sessions")
        .set({ expires_at: new Date(Date.now() - 1) })
        .where("user_id", "=", people.get("over")!)
        .execute();
      return { cookie };
    },
  ],
  [
    "a disabled person's session",
    async () => {
      const cookie = await sessionOf("admin", "disabled");
      await it.db
        .updateTable("users")
        .set({ disabled_at: new Date() })
        .where("user_id", "=", people.get("disabled")!)
        .execute();
      return { cookie };
    },
  ],
] as const)("%s", (_, headersOf) => {
  test("leads to the sign-in page, or to a 401 for programs and streams", async () => {
    const headers: Record<string, string> = await headersOf();
    for (const route of guarded()) {
      const answer = await ask(route, headers);
      const path = route.split(" ")[1]!;
      if (isProgram(path) || isStream(path)) expect(answer.status, route).toBe(401);
      else expect(leadsTo(answer), route).toMatch(/^\/sign-in(\?next=|$)/);
    }
  });
});

test("what another site sends with a person's session is refused, whatever the route", async () => {
  const cookie = await sessionOf("admin");
  for (const route of unsafe()) {
    for (const from of [
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      { origin: "null", "sec-fetch-site": "cross-site" },
      { origin: "http://localhost:8001", "sec-fetch-site": "same-site" },
    ]) {
      const form = { "content-type": "application/x-www-form-urlencoded" };
      expect((await ask(route, { cookie, ...form, ...from })).status, `${route} from ${from.origin}`).toBe(
        403,
      );
    }
  }
  expect((await ask("GET /", { cookie })).status).toBe(200);
});

test("an API key has no account, and none of the rights that are people's alone", async () => {
  for (const route of guarded()) {
    const need = needed(route);
    const peoples = need === "person" || (need !== "open" && rightRow(need).peopleOnly === true);
    const answer = await ask(route, { authorization: `Bearer ${KEY}` });
    expect(answer.status === 403, `${route}: ${answer.status}`).toBe(peoples);
  }
});

test("what is another's stays theirs: a claimed case, a session, an account", async () => {
  await recordDecisions(it.db, [risky("contested")], SLA);
  const { case_id: caseId } = await it.db
    .selectFrom("review_cases")
    .select("case_id")
    .where("transaction_id", "=", "contested")
    .executeTakeFirstOrThrow();
  const headers = { "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded" };
  const post = (path: string, cookie: string, body = "") =>
    it.app.request(path, { method: "POST", headers: { ...headers, cookie }, body });
  const ann = await sessionOf("analyst", "ann");
  const ben = await sessionOf("analyst", "ben");
  const lead = await sessionOf("lead", "lea");
  expect((await post(`/reviews/${caseId}/claim`, ann)).status).toBe(303);
  expect((await post(`/reviews/${caseId}/claim`, ben)).status).toBe(409);
  expect((await post(`/reviews/${caseId}/decide`, ben, "verdict=fraud")).status).toBe(409);
  expect((await post(`/reviews/${caseId}/release`, ben)).status).toBe(409);
  expect((await post(`/reviews/${caseId}/release`, lead)).status).toBe(303);

  const { session_id } = await it.db
    .selectFrom("sessions")
    .select("session_id")
    .where("user_id", "=", people.get("ann")!)
    .executeTakeFirstOrThrow();
  const annId = people.get("ann")!;
  expect((await post(`/account/sessions/${session_id}/revoke`, ben)).status).toBe(404);
  expect((await post(`/team/${annId}/sessions/${session_id}/revoke`, lead)).status).toBe(403);
  // An admin names the account: a session of somebody else's is not there.
  const admin = await sessionOf("admin");
  expect((await post(`/team/${people.get("ben")}/sessions/${session_id}/revoke`, admin)).status).toBe(404);
  expect((await ask("GET /", { cookie: ann })).status).toBe(200);
  expect((await post(`/team/${annId}/sessions/${session_id}/revoke`, admin)).status).toBe(303);
  expect(leadsTo(await ask("GET /", { cookie: ann }))).toBe("/sign-in");
});
