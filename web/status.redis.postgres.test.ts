import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Role } from "../domain/rights.ts";
import { raiseAlert } from "../pipeline/alerts/raise.ts";
import { OUTBOX_LEASE } from "../pipeline/outbox/relay.ts";
import { createStatus } from "../pipeline/status/read-status.ts";
import { takeLease } from "../pipeline/store/leases.ts";
import type { Database } from "../pipeline/store/schema.ts";
import { openDatabase } from "../platform/process/database.ts";
import { createApp } from "./app.tsx";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { keepTestModels } from "./testing/models.ts";
import { linkFor } from "./testing/people.ts";
import { fakeScorer } from "./testing/scorer.ts";

const KEY = "a-test-key-of-enough-length";
vi.setConfig({ testTimeout: 60_000 });

let it: TestConsole;
let health: () => Promise<string>;
beforeAll(async () => {
  it = await startTestConsole(
    { ADMIN_API_KEY: KEY },
    fakeScorer({ health: (() => health()) as ReturnType<typeof fakeScorer>["health"] }),
  );
  await keepTestModels(it.db);
  // As a worker that runs.
  await takeLease(it.db, OUTBOX_LEASE, "worker", 3_600_000);
});
afterAll(() => it?.stop());
beforeEach(() => {
  health = async () => "serving";
});

async function cookieOf(role: Role): Promise<string> {
  const answer = await it.app.request(`/sign-in/${await linkFor(it.db, role, role, 10)}`, {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin" },
  });
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] as string;
}
interface Said {
  readonly state: string;
  readonly sentence: string;
  readonly parts: readonly { readonly name: string; readonly state: string; readonly words: string }[];
  readonly [more: string]: unknown;
}
async function api(app = it.app): Promise<Said> {
  const answer = await app.request("/api/v1/status", { headers: { authorization: `Bearer ${KEY}` } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Said;
}
async function page(cookie: string, path = "/status"): Promise<string> {
  const answer = await it.app.request(path, { headers: { cookie, accept: "text/html" } });
  expect(answer.status).toBe(200);
  return await answer.text();
}
/** An answer holds for two seconds. */
const soon = { timeout: 30_000, interval: 500 };

test("all is well: in a sentence, by part, with versions and promises, to whoever operates and nobody else", async () => {
  const said = await api();
  expect(said).toMatchObject({
    ...{ state: "well", sentence: "All is well.", alerts: [], last_backup: null },
    versions: { policy: "tiers-1", models: { champion: "champion@5", challenger: "own@2" } },
  });
  expect(said.parts.map(({ state }) => state)).toEqual(said.parts.map(() => "well"));
  expect(said["objectives"]).toMatchObject([
    { name: "scoring_availability", counted_by: "prometheus", spans: null },
    { name: "scoring_latency", runbook: "docs/operate/alerts.md#paysecurescoringlatencybudget" },
    { name: "http_availability" },
    { name: "decision_lag", alert: "PaySecureDecisionLagBudget" },
    { name: "review_sla", counted_by: "store", spans: { hour: {}, day: {}, days_28: {} } },
  ]);
  const html = await page(await cookieOf("auditor"));
  expect(html).toContain('<p class="status-sentence">All is well.</p>');
  expect(html).toContain("champion@5");
  expect(html).toContain("Only Prometheus knows");
  expect(html).toContain('href="/status/runbook/runbook#redis"');
  for (const path of ["/status", "/api/v1/status", "/live/status", "/status/runbook/runbook"]) {
    const answer = await it.app.request(path, { headers: { cookie: await cookieOf("analyst") } });
    expect([path, answer.status]).toEqual([path, 403]);
  }
});

test("the runbook is read in the console; what it has not is said, and no other file is read", async () => {
  const cookie = await cookieOf("lead");
  const html = await page(cookie, "/status/runbook/runbook");
  expect(html).toContain('<h2 id="redis">Redis</h2>');
  expect(html).toContain("is full: it takes no more (maxmemory)");
  expect(await page(cookie, "/status/runbook/prometheus")).toContain('id="paysecuredown"');
  expect(await page(cookie, "/status/runbook/alerts")).toContain('id="the-scorer-does-not-serve"');
  for (const other of ["package.json", "..%2F..%2Fpackage.json", "__proto__", "toString"]) {
    const answer = await it.app.request(`/status/runbook/${other}`, { headers: { cookie } });
    expect([other, answer.status]).toEqual([other, 404]);
  }
});

test("an alert that is open is said with its entry of the runbook", async () => {
  const id = await it.db
    .transaction()
    .execute((trx) => raiseAlert(trx, { kind: "disk_full", body: "91 % of <the> disk" }));
  await expect.poll(async () => (await api()).sentence, soon).toBe("Somebody should look: Disk nearly full.");
  expect((await api())["alerts"]).toMatchObject([
    { alert_id: id, kind: "disk_full", runbook: "docs/alerts.md#disk-nearly-full" },
  ]);
  const html = await page(await cookieOf("lead"));
  expect(html).toContain("91 % of &lt;the&gt; disk");
  expect(html).toContain('href="/status/runbook/alerts#disk-nearly-full"');
  await it.db.deleteFrom("alerts").execute();
  await it.db.deleteFrom("outbox").execute();
  await expect.poll(async () => (await api()).state, soon).toBe("well");
});

test.each([
  ["hangs", () => new Promise<string>(() => {}), "the scorer does not answer"],
  ["fails", () => Promise.reject(new Error("ECONNREFUSED 127.0.0.1:50051")), "the scorer does not answer"],
  ["has no model", async () => "not serving", "the scorer does not serve: it has no model, or is stopping"],
])("a scorer that %s: the page answers and says so, without an address", async (_, answer, words) => {
  health = answer;
  await expect.poll(async () => (await api()).sentence, soon).toBe(`Payments are not decided: ${words}.`);
  const html = await page(await cookieOf("lead"));
  expect(html).toContain(`Payments are not decided: ${words}.`);
  expect(html).toContain("Start the scorer, read its log");
  expect(html).not.toMatch(/50051|ECONNREFUSED/);
});

test("Redis stopped: the page answers and says so, and follows when it is back", async () => {
  const cookie = await cookieOf("manager");
  await it.redis.kill();
  await expect
    .poll(async () => (await api()).sentence, soon)
    .toMatch(/^Payments cannot be taken in: Redis does not answer/);
  const { parts } = await api();
  expect(parts.find(({ name }) => name === "queues")).toMatchObject({
    state: "unknown",
    words: "cannot be asked: Redis gave no answer in time",
  });
  expect(parts.find(({ name }) => name === "postgresql")).toMatchObject({ state: "well" });
  const html = await page(cookie);
  expect(html).toContain("Redis does not answer");
  expect(html).toContain("Cannot be asked: Redis gave no answer in time.");
  await it.redis.start();
  await expect.poll(async () => (await api()).state, soon).toBe("well");
});

test("PostgreSQL away: a program with the operator's key is told so", async () => {
  const db = openDatabase<Database>("postgres://postgres@127.0.0.1:1/postgres", it.deps.logger, 1);
  const { redis, scorer, transactions, config } = it.deps;
  const app = createApp({
    ...{ ...it.deps, db },
    status: createStatus({
      ...{ db, redis, scorer, redisPrefix: config.REDIS_PREFIX, logger: it.deps.logger, dataDir: "" },
      ...{ queues: transactions.queues, shards: 1 },
    }),
  });
  const said = await api(app);
  expect(said).toMatchObject({ state: "failing", alerts: null, versions: null });
  expect(said.sentence).toBe("Decisions cannot be recorded: PostgreSQL does not answer.");
  await db.destroy();
});
