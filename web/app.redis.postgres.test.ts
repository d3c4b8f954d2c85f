import { connect } from "node:net";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { raiseAlert } from "../pipeline/alerts/raise.ts";
import { recordDecisions } from "../pipeline/record/record-decisions.ts";
import { giveVerdict } from "../pipeline/review/verdict.ts";
import { ANN, decision, emptyLedger, risky, SLA } from "../pipeline/store/testing.ts";
import { makeWatchReport } from "../pipeline/watch/reports.ts";
import { API_ROUTES } from "./api/routes.ts";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { keepTestModels } from "./testing/models.ts";
import { linkFor } from "./testing/people.ts";

const KEY = "a-test-key-of-enough-length";
const V = Array.from({ length: 28 }, (_, i) => i / 10);
const PREDICT = {
  Time: 10,
  ...Object.fromEntries(V.map((value, i) => [`V${i + 1}`, value])),
  Amount: 750.5,
};
const TRANSACTION = { transaction_id: "t-1", time: 10, v: V, amount: 150 };

let it: TestConsole;

beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY });
});
afterAll(() => it.stop());
beforeEach(async () => {
  await emptyLedger(it.db);
  await sql`truncate sessions, sign_in_tokens`.execute(it.db);
});

type Json = Record<string, unknown>;

function call(path: string, init: RequestInit = {}): Promise<Response> {
  return Promise.resolve(it.app.request(path, init));
}

function api(path: string, body?: unknown, method = body === undefined ? "GET" : "POST"): Promise<Response> {
  return call(path, {
    method,
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function json(response: Response): Promise<Json> {
  return (await response.json()) as Json;
}

/** Signs a person in as a browser would. @returns the cookie */
async function signIn(name = "ann", role: "viewer" | "analyst" | "admin" = "analyst"): Promise<string> {
  const token = await linkFor(it.db, name, role, 10);
  const response = await call(`/sign-in/${token}`, {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin" },
  });
  expect(response.status).toBe(303);
  return (response.headers.get("set-cookie") ?? "").split(";")[0] as string;
}

async function caseOf(transactionId: string): Promise<number> {
  const row = await it.db
    .selectFrom("review_cases")
    .select("case_id")
    .where("transaction_id", "=", transactionId)
    .executeTakeFirstOrThrow();
  return row.case_id;
}

test("predict answers as the original did, with and without the slash, whatever the content type says", async () => {
  for (const path of ["/predict/", "/predict"]) {
    const response = await call(path, { method: "POST", body: JSON.stringify(PREDICT) });
    expect(response.status).toBe(200);
    expect(await json(response)).toEqual({
      fraud_probability: 0.7505,
      risk_category: "Critical",
      fraud_prediction: 1,
    });
  }
  const { V3: _, ...missing } = PREDICT as Json;
  const refused = await call("/predict/", { method: "POST", body: JSON.stringify(missing) });
  expect(refused.status).toBe(422);
  expect(await json(refused)).toEqual({
    detail: [{ loc: ["body", "V3"], msg: "Field required", type: "missing" }],
  });
  const broken = await call("/predict/", { method: "POST", body: "{" });
  expect(broken.status).toBe(422);
});

test("the root tells the original's clients that it lives, and sends people to sign in", async () => {
  expect(await json(await call("/"))).toMatchObject({ message: expect.stringContaining("live") });
  const page = await call("/", { headers: { accept: "text/html" } });
  expect([page.status, page.headers.get("location")]).toEqual([303, "/sign-in"]);
});

test("stats are exactly the contract's, and open", async () => {
  await recordDecisions(
    it.db,
    [
      decision("a"),
      decision("b"),
      risky("c"),
      risky("d", { riskTier: "high", fraudProbability: 0.4, fraudPredicted: false }),
    ],
    SLA,
  );
  expect(await json(await call("/api/v1/stats"))).toEqual({
    transactions: 4,
    by_tier: { low: 2, medium: 0, high: 1, critical: 1 },
    fraud_predicted: 1,
    reviews: { open: 2, decided: 0 },
    rate_per_second: 0.07,
  });
});

test("scoring names each wrong field", async () => {
  const bad = { ...TRANSACTION, v: [...V.slice(0, 26), "x"], amount: -1, transaction_id: "", surprise: 1 };
  const response = await api("/api/v1/score", { transaction: bad });
  expect(response.status).toBe(400);
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  const fields = ((await json(response))["errors"] as { field: string }[]).map((error) => error.field);
  expect(fields).toEqual(
    expect.arrayContaining([
      "transaction.transaction_id",
      "transaction.v[26]",
      "transaction.v",
      "transaction.amount",
      "transaction.surprise",
    ]),
  );
});

test("a batch answers in order, and a bad transaction fails alone", async () => {
  const response = await api("/api/v1/score/batch", {
    transactions: [
      { ...TRANSACTION, transaction_id: "first", amount: 50 },
      { ...TRANSACTION, transaction_id: "short", v: [1] },
      { ...TRANSACTION, transaction_id: "pan", card_token: "4111111111111111" },
      { ...TRANSACTION, transaction_id: "last", amount: 900 },
    ],
  });
  expect(response.status).toBe(200);
  expect((await json(response))["results"]).toMatchObject([
    { transaction_id: "first", risk_tier: "low", action: "approve" },
    { transaction_id: "short", error: { code: "invalid_argument", errors: [{ field: "v" }] } },
    {
      transaction_id: "pan",
      error: { code: "invalid_argument", errors: [{ field: "card_token" }] },
    },
    { transaction_id: "last", risk_tier: "critical", action: "block" },
  ]);
});

test("what is scored to be recorded is handed over as the API's, each decision once", async () => {
  const one = await json(await api("/api/v1/score", { transaction: TRANSACTION, record: true }));
  expect(one["recorded"]).toBe(true);
  const batch = await api("/api/v1/score/batch", {
    transactions: [{ ...TRANSACTION, transaction_id: "t-2", event_time: "2026-11-25T10:00:00+02:00" }, {}],
    record: true,
  });
  expect((await json(batch))["results"]).toMatchObject([{ recorded: true }, { error: {} }]);
  const jobs = await it.deps.decisions.getWaiting();
  expect(jobs.map((job) => job.data)).toMatchObject([
    { source: "api", decisions: [{ transactionId: "t-1", fraudProbability: 0.15, riskTier: "medium" }] },
    { source: "api", decisions: [{ transactionId: "t-2", eventTime: "2026-11-25T08:00:00.000Z" }] },
  ]);
  await it.deps.decisions.obliterate();
  const unrecorded = await json(await api("/api/v1/score", { transaction: TRANSACTION }));
  expect([unrecorded["recorded"], await it.deps.decisions.getWaitingCount()]).toEqual([false, 0]);
});

test("transactions handed in lie in the queue, as the workers want them", async () => {
  const response = await api("/api/v1/transactions", {
    transactions: [TRANSACTION, { ...TRANSACTION, transaction_id: "t-2" }],
  });
  expect(response.status).toBe(202);
  expect(await json(response)).toMatchObject({ accepted: 2, refused: 0, transaction_ids: ["t-1", "t-2"] });
  const [job] = await it.deps.transactions.queues[0].getJobs(["waiting", "prioritized"], 0, -1, true);
  expect(job?.data).toMatchObject({
    source: "api",
    transactions: [{ transactionId: "t-1", time: 10, v: V, amount: 150 }, { transactionId: "t-2" }],
  });
  await it.deps.transactions.queues[0].obliterate();
});

test("a card number gets no further than the door: not into the queue, not into a note", async () => {
  const list = await json(await api("/api/v1/transactions", { transactions: [{ ...TRANSACTION, v: [1] }] }));
  expect(list["errors"]).toMatchObject([{ field: "transactions[0].v" }]);
  const pan = { ...TRANSACTION, card_token: "4111 1111 1111 1111" };
  const refused = await api("/api/v1/transactions", pan);
  expect(refused.status).toBe(400);
  expect(await json(refused)).toMatchObject({ errors: [{ field: "card_token" }] });
  expect(await it.deps.transactions.queues[0].getJobCountByTypes("waiting", "prioritized")).toBe(0);
  await recordDecisions(it.db, [risky("c1")], SLA);
  const path = `/api/v1/reviews/${await caseOf("c1")}/decide`;
  const note = await api(path, { verdict: "fraud", note: "card 4111111111111111" });
  expect([note.status, (await json(note))["errors"]]).toMatchObject([400, [{ field: "note" }]]);
});

test("the API needs a key or a session with the right role", async () => {
  expect((await call("/api/v1/transactions")).status).toBe(401);
  expect((await call("/api/v1/transactions", { headers: { authorization: "Bearer wrong" } })).status).toBe(
    401,
  );
  expect((await call("/api/v1/transactions", { headers: { authorization: "Basic YTpi" } })).status).toBe(401);
  const viewer = await signIn("vic", "viewer");
  expect((await call("/api/v1/transactions", { headers: { cookie: viewer } })).status).toBe(200);
  const refused = await call("/api/v1/score", {
    method: "POST",
    headers: { cookie: viewer, "content-type": "application/json" },
    body: JSON.stringify({ transaction: TRANSACTION }),
  });
  expect(refused.status).toBe(403);
});

test("a review goes its way through the API: listed, claimed, decided once", async () => {
  await recordDecisions(it.db, [risky("c1")], SLA);
  const id = await caseOf("c1");
  expect(await json(await api("/api/v1/reviews"))).toMatchObject({
    total: 1,
    items: [{ case_id: id, status: "open" }],
  });
  expect((await api(`/api/v1/reviews/${id}/claim`, undefined, "POST")).status).toBe(200);
  expect((await api(`/api/v1/reviews/${id}/decide`, { verdict: "maybe" })).status).toBe(400);
  expect(
    await json(await api(`/api/v1/reviews/${id}/decide`, { verdict: "fraud", note: "called" })),
  ).toMatchObject({ verdict: "fraud" });
  const again = await api(`/api/v1/reviews/${id}/decide`, { verdict: "legitimate" });
  expect(again.status).toBe(409);
  expect(await json(await api(`/api/v1/reviews/${id}`))).toMatchObject({
    status: "decided",
    note: "called",
    transaction: { transaction_id: "c1" },
    events: [{ kind: "opened" }, { kind: "claimed" }, { kind: "decided" }],
  });
  expect((await api("/api/v1/reviews/999999")).status).toBe(404);
  expect((await api("/api/v1/reviews/abc")).status).toBe(400);
});

test("pages of the list follow each other without a gap", async () => {
  await recordDecisions(
    it.db,
    Array.from({ length: 7 }, (_, i) => decision(`d${i}`)),
    SLA,
  );
  const first = await json(await api("/api/v1/transactions?limit=4"));
  const second = await json(await api(`/api/v1/transactions?limit=4&before=${String(first["next_before"])}`));
  const ids = [first, second].flatMap((page) =>
    (page["items"] as { transaction_id: string }[]).map((d) => d.transaction_id),
  );
  expect(ids.toSorted()).toEqual(["d0", "d1", "d2", "d3", "d4", "d5", "d6"]);
  expect(second["next_before"]).toBeNull();
  expect((await api("/api/v1/transactions?limit=0")).status).toBe(400);
});

test("a sign-in link works once; looking at it does not use it up", async () => {
  const token = await linkFor(it.db, "ann", "analyst", 10);
  const browser = { headers: { "sec-fetch-site": "same-origin" }, method: "POST" };
  for (let i = 0; i < 3; i++) expect((await call(`/sign-in/${token}`)).status).toBe(200);
  const [one, two] = await Promise.all([
    call(`/sign-in/${token}`, browser),
    call(`/sign-in/${token}`, browser),
  ]);
  expect([one?.status, two?.status].toSorted()).toEqual([303, 410]);
  const spent = await call(`/sign-in/${token}`);
  expect(spent.status).toBe(410);
  expect(await spent.text()).toContain("used before");
  const late = await linkFor(it.db, "ann", "analyst", -1);
  expect(await (await call(`/sign-in/${late}`)).text()).toContain("expired");
  expect((await call("/sign-in/nonsense")).status).toBe(404);
});

test("the cookie is out of scripts' reach, only its hash is stored, and signing out ends it everywhere", async () => {
  const token = await linkFor(it.db, "ann", "analyst", 10);
  const response = await call(`/sign-in/${token}`, {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin" },
  });
  const setCookie = response.headers.get("set-cookie") ?? "";
  expect(setCookie).toMatch(/HttpOnly/);
  expect(setCookie).toMatch(/SameSite=Lax/);
  const cookie = setCookie.split(";")[0] as string;
  const stored = await it.db.selectFrom("sessions").select("token_hash").executeTakeFirstOrThrow();
  expect(cookie).not.toContain(stored.token_hash);
  const page = { headers: { cookie, accept: "text/html" } };
  expect((await call("/", page)).status).toBe(200);
  await call("/sign-out", { method: "POST", headers: { cookie, "sec-fetch-site": "same-origin" } });
  expect((await call("/", page)).status).toBe(303);
});

test("a session ends when it was idle too long", async () => {
  const cookie = await signIn();
  await sql`update sessions set expires_at = now() - interval '1 second'`.execute(it.db);
  expect((await call("/reviews", { headers: { cookie } })).status).toBe(303);
});

test("a form from another site does nothing", async () => {
  await recordDecisions(it.db, [risky("c1")], SLA);
  const id = await caseOf("c1");
  const cookie = await signIn();
  const body = new URLSearchParams({ verdict: "legitimate" });
  const foreign = await call(`/reviews/${id}/decide`, {
    method: "POST",
    headers: { cookie, "sec-fetch-site": "cross-site", origin: "https://evil.example" },
    body,
  });
  expect(foreign.status).toBe(403);
  const row = await it.db.selectFrom("review_cases").select("status").executeTakeFirstOrThrow();
  expect(row.status).toBe("open");
});

test("what people wrote is shown, never run", async () => {
  const evil = `<img src=x onerror=alert(1)><hx-partial hx-target="body">`;
  await recordDecisions(
    it.db,
    [risky("c1", { merchantCategory: evil, cardToken: evil, merchantId: evil })],
    SLA,
  );
  const id = await caseOf("c1");
  const cookie = await signIn();
  await call(`/reviews/${id}/decide`, {
    method: "POST",
    headers: { cookie, "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ verdict: "fraud", note: evil }),
  });
  for (const path of [
    `/reviews/${id}`,
    "/reviews?show=decided",
    "/",
    "/transactions",
    "/transactions/c1",
    `/transactions?q=${encodeURIComponent(evil)}`,
  ]) {
    const html = await (await call(path, { headers: { cookie, accept: "text/html" } })).text();
    expect(html, path).not.toContain("<img src=x");
    expect(html, path).not.toContain("<hx-partial");
  }
});

test("every page answers a signed-in analyst, with a CSP that allows nothing inline", async () => {
  await recordDecisions(it.db, [decision("a b/ü?"), risky("c1"), risky("c2")], SLA);
  const id = await caseOf("c1");
  const cookie = await signIn();
  const paths = [
    "/",
    "/reviews",
    "/reviews?show=mine",
    "/reviews?show=free&tier=critical",
    "/reviews?view=999999",
    "/reviews/views",
    `/reviews/${id}`,
    "/transactions",
    "/transactions?tier=low&source=simulator&predicted=legitimate",
    `/transactions/${encodeURIComponent("a b/ü?")}`,
    "/transactions/c1/why",
    "/api/docs",
  ];
  for (const path of paths) {
    const response = await call(path, { headers: { cookie, accept: "text/html" } });
    expect(response.status, path).toBe(200);
    const csp = response.headers.get("content-security-policy") ?? "";
    expect(csp).toContain("script-src 'self'");
    expect(csp).not.toContain("unsafe");
    expect(await response.text(), path).not.toMatch(/<style|\sstyle=|<script>| on[a-z]+="/);
  }
  for (const path of ["/nowhere", "/reviews/0", "/reviews/999999", "/transactions/unknown"]) {
    expect((await call(path, { headers: { cookie, accept: "text/html" } })).status, path).toBe(404);
  }
});

test("a viewer may look, not decide", async () => {
  await recordDecisions(it.db, [risky("c1")], SLA);
  const id = await caseOf("c1");
  const cookie = await signIn("vic", "viewer");
  expect(await (await call(`/reviews/${id}`, { headers: { cookie } })).text()).not.toContain('value="fraud"');
  const refused = await call(`/reviews/${id}/decide`, {
    method: "POST",
    headers: { cookie, "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ verdict: "fraud" }),
  });
  expect(refused.status).toBe(403);
});

test("too large and too garbled is refused, and the next request is served", async () => {
  const url = new URL(await it.listen());
  const huge = await fetch(new URL("/predict/", url), { method: "POST", body: "x".repeat(11 * 1024 * 1024) });
  expect(huge.status).toBe(413);
  // The same without a declared length.
  const chunks = new ReadableStream({
    start: (controller) => {
      for (let i = 0; i < 40; i++) controller.enqueue(new Uint8Array(64 * 1024));
      controller.close();
    },
  });
  const streamed = await fetch(new URL("/predict/", url), {
    method: "POST",
    body: chunks,
    duplex: "half",
  } as RequestInit);
  expect(streamed.status).toBe(413);
  const garbage = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname, () =>
      socket.write(Buffer.from([0, 255, 13, 10, 1, 2, 3, 13, 10, 13, 10])),
    );
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
  expect(garbage).toMatch(/^HTTP\/1\.1 400 /);
  expect((await fetch(new URL("/healthz", url))).status).toBe(200);
  const wrongType = await api("/api/v1/score", undefined, "POST");
  expect(wrongType.status).toBe(400);
});

test("every answer is as the API's document says, whole and nothing beside it", async () => {
  await recordDecisions(it.db, [decision("a"), risky("c1"), risky("c2", { reasons: [] })], SLA);
  const id = String(await caseOf("c1"));
  // What can be corrected has been decided, and not a moment ago been undone.
  const decided = await caseOf("c2");
  await giveVerdict(it.db, { caseId: decided, actor: ANN, verdict: "fraud", note: "" });
  const alert = await it.db
    .transaction()
    .execute((trx) => raiseAlert(trx, { kind: "disk_full", body: "91 %", value: 91 }));
  await makeWatchReport(it.db, new Date());
  const { runId } = await keepTestModels(it.db);
  /** Of what the route for asking has asked. */
  const requestId = async () => {
    const row = await it.db
      .selectFrom("model_requests")
      .select("request_id")
      .orderBy("request_id", "desc")
      .executeTakeFirstOrThrow();
    return String(row.request_id);
  };
  /** Of the webhook endpoint that its route has added. */
  const endpointId = async () => {
    const row = await it.db.selectFrom("webhook_endpoints").select("endpoint_id").executeTakeFirstOrThrow();
    return String(row.endpoint_id);
  };
  for (const { operation } of API_ROUTES) {
    const { method, path, body, status, answer } = operation;
    const own = path.startsWith("/api/v1/webhooks/")
      ? await endpointId()
      : path.startsWith("/api/v1/model-requests/")
        ? await requestId()
        : path.startsWith("/api/v1/training-runs/")
          ? String(runId)
          : path.endsWith("/correct")
            ? String(decided)
            : id;
    const response = await api(
      path.replace("{id}", path.includes("/alerts/") ? String(alert) : own).replace("{dataset}", "decisions"),
      body?.example,
      method.toUpperCase(),
    );
    expect(response.status, path).toBe(status);
    if (!answer) {
      // An export holds its place until it has been read.
      await response.arrayBuffer();
      continue;
    }
    const given = await json(response);
    const parsed = answer.safeParse(given);
    expect(parsed.error?.issues ?? [], path).toEqual([]);
    expect(given, path).toEqual(parsed.data);
  }
  await it.deps.transactions.queues[0].obliterate();
});

test("metrics count requests by their route's pattern, never by an id", async () => {
  await api("/api/v1/reviews/424242");
  await call("/healthz");
  await call("/wp-login-424242.php");
  const text = await (await api("/metrics")).text();
  expect(text).toContain('route="/api/v1/reviews/:id"');
  expect(text).toContain('{route="/healthz",method="GET",status="200"');
  expect(text).toContain('{route="none",method="GET",status="404"');
  expect(text).not.toContain("424242");
});
