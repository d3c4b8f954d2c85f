import { afterAll, beforeAll, expect, test, vi } from "vitest";
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
