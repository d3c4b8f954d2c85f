import { afterAll, beforeAll, expect, test } from "vitest";
import { ExchangeRates } from "../domain/exchange.ts";
import { type ParseJob, parseDecisions, parseTransactions } from "../pipeline/record/parse.ts";
import { recordJob } from "../pipeline/record/record-job.ts";
import { SLA } from "../pipeline/store/testing.ts";
import { createPatience } from "../platform/process/patience.ts";
import { OWN_CARD, OWN_MODEL } from "../scorer/testing/onnx-fixture.ts";
import { type ScorerFixture, startScorerFixture } from "../scorer/testing/scorer-fixture.ts";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { linkFor } from "./testing/people.ts";

/** A payment of a team's own from the door to the case page, with a real scorer. */
const KEY = "a-test-key-of-enough-length";
const MODEL = "own@1";
const EVIL = `<img src=x onerror=alert(1)>`;
const PAYMENT = {
  transaction_id: "own-1",
  amount: 129.9,
  fields: {
    ...{ items: 6, account_age_days: 1.5, new_device: true, distance_km: 0 },
    opened: { timestamp: "2026-11-26T11:00:00+01:00" },
    note: `${EVIL} ${"long ".repeat(40)}`,
  },
  entities: { customer: "c-17", terminal: EVIL },
};
const KEPT = { ...PAYMENT.fields, opened: "2026-11-26T10:00:00.000Z" };

let scorer: ScorerFixture;
let it: TestConsole;
beforeAll(async () => {
  scorer = await startScorerFixture();
  await scorer.registry.add("own", "1", OWN_MODEL, OWN_CARD);
  it = await startTestConsole({ ADMIN_API_KEY: KEY }, scorer.client);
});
afterAll(async () => {
  await it?.stop();
  await scorer?.stop();
});

async function api(path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await it.app.request(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Does what the worker does with the one job that lies in a queue. */
async function work(queue: "transactions" | "decisions", parse: ParseJob) {
  const open = queue === "transactions" ? it.deps.transactions.queues[0] : it.deps.decisions;
  const [job] = await open.getJobs(["waiting", "prioritized"], 0, -1, true);
  const deps = {
    ...{ db: it.db, sla: SLA, scorer: scorer.client },
    patience: createPatience(it.deps.logger, new AbortController().signal),
  };
  const outcome = await recordJob(deps, parse, { queue, id: String(job?.id), data: job?.data });
  await open.obliterate();
  return outcome;
}

test("it is scored without V, and what the model reads nothing of is named", async () => {
  const { status, body } = await api("/api/v1/score", { transaction: PAYMENT, model: MODEL });
  expect(status).toBe(200);
  expect(body).toMatchObject({ risk_tier: "critical", unknown_fields: ["opened", "note"] });
  const { note: _note, opened: _opened, ...known } = PAYMENT.fields;
  const clean = await api("/api/v1/score", { transaction: { ...PAYMENT, fields: known }, model: MODEL });
  expect(clean.body).not.toHaveProperty("unknown_fields");
});

test("what is wrong or missing is named, at the door and by the model", async () => {
  const wrong = {
    ...PAYMENT,
    fields: { Items: 1, pan: 4111111111111111, opened: { timestamp: "today" } },
    entities: { card: "tok", customer: "" },
  };
  expect(await api("/api/v1/score", { transaction: wrong })).toMatchObject({
    status: 400,
    body: {
      errors: [
        { field: "transaction.fields.Items" },
        { field: "transaction.fields.pan", message: expect.stringContaining("card number") },
        { field: "transaction.fields.opened", message: expect.stringContaining("ISO 8601") },
        { field: "transaction.entities.card", message: expect.stringContaining("card_token") },
        { field: "transaction.entities.customer" },
      ],
    },
  });
  const missing = { ...PAYMENT, fields: { items: 1, account_age_days: 1, new_device: "yes" } };
  expect(await api("/api/v1/score", { transaction: missing, model: MODEL })).toMatchObject({
    status: 400,
    body: {
      errors: [
        { field: 'transaction.fields["new_device"]' },
        { field: 'transaction.fields["distance_km"]', message: "must be set: the model reads it" },
      ],
    },
  });
  expect(await api("/api/v1/score", { transaction: PAYMENT })).toMatchObject({
    status: 400,
    body: { errors: [{ field: "transaction.v" }] },
  });
  const timeless = { ...PAYMENT, v: new Array(28).fill(0) };
  expect(await api("/api/v1/score", { transaction: timeless })).toMatchObject({
    status: 400,
    body: { errors: [{ field: "transaction.time" }] },
  });
});

test("it is recorded with its fields and entities, told by the API and shown on its pages", async () => {
  const { body } = await api("/api/v1/score", { transaction: PAYMENT, model: MODEL, record: true });
  expect(body).toMatchObject({ recorded: true });
  expect(await work("decisions", parseDecisions)).toMatchObject({ inserted: 1, flagged: 1, rejected: 0 });
  const list = await api("/api/v1/transactions");
  expect(list.body["items"]).toMatchObject([
    {
      ...{ transaction_id: "own-1", fields: KEPT, entities: PAYMENT.entities, case_id: expect.any(Number) },
      ...{ unknown_fields: ["opened", "note"], conversion: null },
    },
  ]);
  const [{ case_id } = { case_id: 0 }] = list.body["items"] as { case_id: number }[];
  const { body: detail } = await api(`/api/v1/reviews/${case_id}`);
  expect(detail).toMatchObject({ transaction: { fields: KEPT, entities: PAYMENT.entities } });
  // A risky one that came without reasons was explained by what it was decided by.
  expect(detail["reasons"]).toMatchObject([{ feature: "items", value: 6 }, {}, {}, {}, {}]);

  const token = await linkFor(it.db, "ann", "analyst", 10);
  const signed = await it.app.request(`/sign-in/${token}`, {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin" },
  });
  const cookie = (signed.headers.get("set-cookie") ?? "").split(";")[0] as string;
  for (const path of [`/reviews/${case_id}`, "/transactions/own-1"]) {
    const page = await it.app.request(path, { headers: { cookie, accept: "text/html" } });
    const html = await page.text();
    expect(page.status, path).toBe(200);
    expect(html, path).toContain("account_age_days");
    expect(html.match(/not read by the model/g), path).toHaveLength(2);
    expect(html, path).toContain("c-17");
    expect(html, path).not.toContain("<img src=x");
    expect(html, path).not.toMatch(/NaN|undefined|\bV1\b/);
  }
  const why = await it.app.request("/transactions/own-1/why", { headers: { cookie, accept: "text/html" } });
  expect(await why.text()).toContain("items");
});

test("the same payment by another door is a repeat, with another field a conflict", async () => {
  const again = { ...PAYMENT, time: 0 };
  expect(await api("/api/v1/score", { transaction: again, model: MODEL, record: true })).toMatchObject({
    status: 200,
  });
  expect(await work("decisions", parseDecisions)).toMatchObject({ inserted: 0, duplicates: 1, rejected: 0 });
  const other = { ...PAYMENT, fields: { ...PAYMENT.fields, items: 7 } };
  await api("/api/v1/score", { transaction: other, model: MODEL, record: true });
  expect(await work("decisions", parseDecisions)).toMatchObject({ inserted: 0, rejected: 1 });
});

test("handed in without V for a model that needs it, it is accepted and becomes a dead letter that says so", async () => {
  const { status } = await api("/api/v1/transactions", { ...PAYMENT, transaction_id: "own-2" });
  expect(status).toBe(202);
  expect(await work("transactions", parseTransactions)).toMatchObject({ inserted: 0, rejected: 1 });
  const letter = await it.db
    .selectFrom("dead_letters")
    .select("error")
    .where("transaction_id", "=", "own-2")
    .executeTakeFirstOrThrow();
  expect(letter.error).toContain("v: must hold exactly 28 values");
});

test("of a payment in another currency it is told, kept and shown how the model read it", async () => {
  const dollars = { ...PAYMENT, transaction_id: "usd-1", amount: 100, currency: "USD" };
  const asked = { transaction: dollars, model: MODEL, record: true };
  expect(await api("/api/v1/score", asked)).toMatchObject({
    status: 400,
    body: {
      errors: [{ field: "transaction.currency", message: expect.stringContaining("no rate for USD") }],
    },
  });
  const rate = { base: "EUR", currency: "USD", validFrom: "2026-01-01", rate: "0.9" };
  scorer.rates.current = new ExchangeRates("EUR", [rate]);
  const conversion = { amount: 90, currency: "EUR", rate: 0.9, rates_of: "2026-01-01" };
  expect((await api("/api/v1/score", asked)).body).toMatchObject({ conversion, recorded: true });
  expect(await work("decisions", parseDecisions)).toMatchObject({ inserted: 1, rejected: 0 });
  const queued = { ...dollars, transaction_id: "usd-2" };
  // The champion of this house reads the public data set.
  expect(await api("/api/v1/transactions", { ...queued, v: new Array(28).fill(0), time: 1 })).toMatchObject({
    status: 202,
  });
  expect(await work("transactions", parseTransactions)).toMatchObject({ inserted: 1, rejected: 0 });
  const { body } = await api("/api/v1/transactions?limit=2");
  expect(body["items"]).toMatchObject([
    { transaction_id: "usd-2", amount: 100, currency: "USD", conversion },
    { transaction_id: "usd-1", amount: 100, currency: "USD", conversion },
  ]);
  const token = await linkFor(it.db, "ben", "analyst", 10);
  const signed = await it.app.request(`/sign-in/${token}`, {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin" },
  });
  const cookie = (signed.headers.get("set-cookie") ?? "").split(";")[0] as string;
  const page = await it.app.request("/transactions/usd-1", { headers: { cookie, accept: "text/html" } });
  expect(await page.text()).toContain("(1 USD = 0.9 EUR, rate of 2026-01-01)");
  scorer.rates.current = ExchangeRates.NONE;
  const late = { ...queued, transaction_id: "usd-3", v: new Array(28).fill(0), time: 1 };
  expect(await api("/api/v1/transactions", late)).toMatchObject({ status: 202 });
  expect(await work("transactions", parseTransactions)).toMatchObject({ inserted: 0, rejected: 1 });
  const letter = await it.db
    .selectFrom("dead_letters")
    .select("error")
    .where("transaction_id", "=", "usd-3")
    .executeTakeFirstOrThrow();
  expect(letter.error).toContain("the model fixture@1 reads amounts in EUR, and there is no rate for USD");
});
