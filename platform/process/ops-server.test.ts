import { afterAll, beforeAll, expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";
import { startOpsServer } from "./ops-server.ts";

const missing = new Map<string, string>();
let broken = false;
let base: string;
let server: Awaited<ReturnType<typeof startOpsServer>>;

beforeAll(async () => {
  const registry = createMetrics("test");
  server = await startOpsServer({
    host: "127.0.0.1",
    port: 0,
    metrics: {
      contentType: registry.contentType,
      metrics: async () => {
        if (broken) throw new Error("connect ECONNREFUSED 127.0.0.1:5432");
        return await registry.metrics();
      },
    },
    notReady: () => missing,
  });
  base = `http://127.0.0.1:${server.port}`;
});
afterAll(() => server.close());

test("the operations port says what is missing and why, and has the metrics", async () => {
  expect(await (await fetch(`${base}/healthz`)).json()).toEqual({ status: "alive" });
  expect(await (await fetch(`${base}/readyz`)).json()).toEqual({ status: "ready" });
  missing.set("redis", "does not answer");
  const answer = await fetch(`${base}/readyz`);
  expect([answer.status, await answer.json()]).toEqual([
    503,
    { status: "not ready", missing: ["redis"], reasons: { redis: "does not answer" } },
  ]);
  const metrics = await fetch(`${base}/metrics`);
  expect(metrics.headers.get("content-type")).toContain("text/plain");
  expect(await metrics.text()).toContain('process_cpu_seconds_total{process="test"}');
});

test("it answers nothing else, keeps nothing in caches and says nothing of an inner failure", async () => {
  expect((await fetch(`${base}/`)).status).toBe(404);
  const post = await fetch(`${base}/metrics`, { method: "POST" });
  expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  broken = true;
  const failed = await fetch(`${base}/metrics`);
  expect([failed.status, await failed.text()]).toEqual([500, '{"status":"failed"}']);
  for (const path of ["/", "/healthz", "/readyz", "/metrics"]) {
    const { headers } = await fetch(base + path);
    expect([headers.get("cache-control"), headers.get("x-content-type-options")]).toEqual([
      "no-store",
      "nosniff",
    ]);
  }
});
