import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { WatchReport } from "../domain/watch.ts";
import { createSignInToken } from "../pipeline/accounts/sign-in-links.ts";
import { readStats } from "../pipeline/store/stats.ts";
import { DomainError } from "../platform/process/errors.ts";
import { addScrapedGauges } from "./metrics.ts";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { fakeScorer } from "./testing/scorer.ts";

const KEY = "a-test-key-of-enough-length";

let it: TestConsole;
let scorerAway = false;
let asked = 0;

beforeAll(async () => {
  it = await startTestConsole(
    { ADMIN_API_KEY: KEY },
    fakeScorer({
      health: async () => {
        if (scorerAway) throw new DomainError("unavailable", "the scorer at 127.0.0.1:50051 does not answer");
        return "serving";
      },
    }),
  );
  addScrapedGauges(it.deps.metrics, async () => {
    asked++;
    return (await readStats(it.db)).reviews;
  });
});
afterAll(() => it.stop());

const call = async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  await it.app.request(path, { headers });
const withKey = { authorization: `Bearer ${KEY}` };

async function cookieOf(role: "viewer" | "auditor"): Promise<string> {
  const token = await createSignInToken(it.db, role, role, 10);
  const response = await it.app.request(`/sign-in/${token}`, {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin" },
  });
  return (response.headers.get("set-cookie") ?? "").split(";")[0] as string;
}

test("metrics are for who has the right to operate", async () => {
  const nobody = await call("/metrics");
  expect([nobody.status, nobody.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="paysecure"']);
  expect(nobody.headers.get("content-type")).toContain("application/problem+json");
  expect((await call("/metrics", { authorization: "Bearer wrong" })).status).toBe(401);
  expect((await call("/metrics", { cookie: await cookieOf("viewer") })).status).toBe(403);
  expect((await call("/metrics", { cookie: await cookieOf("auditor") })).status).toBe(200);
  expect(await (await call("/metrics", withKey)).text()).toContain("paysecure_http_requests_total");
});

test("who is refused for want of a right is named in the log; a stranger is not logged", async () => {
  const warned = vi.spyOn(it.deps.logger, "warn").mockImplementation(() => {});
  await call("/metrics");
  expect(warned).not.toHaveBeenCalled();
  await call("/metrics", { cookie: await cookieOf("viewer") });
  expect(warned.mock.calls).toEqual([
    [
      expect.objectContaining({
        actor: expect.objectContaining({ kind: "user", name: "viewer" }),
        path: "/metrics",
        requestId: expect.any(String),
        why: expect.stringContaining("monitoring"),
      }),
      "not allowed",
    ],
  ]);
  warned.mockRestore();
});

test("scraping often asks the database once in five seconds", async () => {
  asked = 0;
  const texts = await Promise.all(
    Array.from({ length: 50 }, async () => await (await call("/metrics", withKey)).text()),
  );
  expect(asked).toBeLessThanOrEqual(1);
  for (const text of texts) expect(text).toContain('paysecure_review_cases{state="open"');
});

test("a load balancer hears whether to send payments; who is away and why is for who operates", async () => {
  expect(await (await call("/healthz")).json()).toEqual({ status: "alive" });
  expect(await (await call("/readyz")).json()).toEqual({ status: "ready" });
  scorerAway = true;
  await expect.poll(async () => (await call("/readyz")).status, { timeout: 5_000 }).toBe(503);
  expect(await (await call("/readyz")).text()).toBe('{"status":"not ready"}');
  expect(await (await call("/readyz", withKey)).json()).toEqual({
    status: "not ready",
    missing: ["scorer"],
    reasons: { scorer: "does not answer" },
  });
  expect(await (await call("/readyz", { "x-api-key": "wrong" })).text()).toBe('{"status":"not ready"}');
  scorerAway = false;
});

test("what payments bring is for who operates: nothing before the first report, then every column of it", async () => {
  expect((await call("/api/v1/watch", { cookie: await cookieOf("viewer") })).status).toBe(403);
  const nothing = await call("/api/v1/watch", withKey);
  expect([nothing.status, await nothing.text()]).toEqual([
    404,
    expect.stringContaining("no report was made yet"),
  ]);
  const auditor = { cookie: await cookieOf("auditor") };
  expect(await (await call("/watch", auditor)).text()).toContain("No report yet");
  const side = { payments: 4_000, missing: 0, quantiles: [0.1, 0.5, 0.9], top: null } as const;
  const country = {
    payments: 4_000,
    missing: 0.125,
    quantiles: null,
    top: [{ value: "<b>", share: 1 }],
  } as const;
  const shared = { psi: 0.5, distance: 0.25, rate: 1e-7, missingRate: 0.5, words: "as before" };
  const report: WatchReport = {
    ...{ at: "2026-11-27T10:00:00.000Z", hours: 24, days: 28, model: "m@1", now: 4_000, before: 4_000 },
    columns: [
      { ...shared, name: "V3", kind: "input", now: side, before: side, state: "moved" },
      { ...shared, name: "country", kind: "field", now: country, before: country, state: "steady" },
    ],
    weeks: [
      { from: "2026-11-16T00:00:00.000Z", labels: 50, frauds: 20, expected: 0.1, low: 0.27, high: 0.54 },
    ],
  };
  await it.db
    .insertInto("watch_reports")
    .values({ at: report.at, report: JSON.stringify(report) })
    .execute();
  expect(await (await call("/api/v1/watch", withKey)).json()).toMatchObject({
    payments: { now: 4_000, before: 4_000 },
    columns: [
      { name: "V3", state: "moved", false_discovery_rate: 1e-7, now: { quantiles: { p50: 0.5 }, top: null } },
      { name: "country", before: { missing: 0.125, quantiles: null, top: [{ value: "<b>", share: 1 }] } },
    ],
    label_weeks: [{ labels: 50, frauds: 20, low: 0.27 }],
  });
  const page = await (await call("/watch", auditor)).text();
  expect(page).toContain("V3 of 2 columns changed.");
  expect(page).toContain("&lt;b&gt;");
  // 0.1 × 50 were expected, and 20 found.
  expect(page).toMatch(/>5<.*>20<.*too low/s);
});
