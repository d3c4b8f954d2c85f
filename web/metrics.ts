import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { heldFor } from "../platform/process/held.ts";
import { createMetrics, READ_EVERY_MS } from "../platform/process/metrics.ts";

/** What the web process measures, and where `/metrics` reads it. */
export interface WebMetrics {
  readonly registry: Registry;
  readonly requests: Counter<"route" | "method" | "status">;
  readonly latency: Histogram<"route" | "method">;
  readonly streams: Gauge;
  readonly signIns: Counter<"outcome">;
  readonly decisions: Counter<"verdict">;
}

export function createWebMetrics(): WebMetrics {
  const registry = createMetrics("web");
  const registers = [registry];
  return {
    registry,
    requests: new Counter({
      name: "paysecure_http_requests_total",
      help: "HTTP requests answered",
      labelNames: ["route", "method", "status"],
      registers,
    }),
    latency: new Histogram({
      name: "paysecure_http_request_seconds",
      help: "Time to answer an HTTP request; a stream counts until its head is sent",
      labelNames: ["route", "method"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    streams: new Gauge({
      name: "paysecure_sse_connections",
      help: "Open server-sent-event connections",
      registers,
    }),
    signIns: new Counter({
      name: "paysecure_sign_ins_total",
      help: "Sign-in attempts",
      labelNames: ["outcome"],
      registers,
    }),
    decisions: new Counter({
      name: "paysecure_review_decisions_total",
      help: "Review cases decided through the web",
      labelNames: ["verdict"],
      registers,
    }),
  };
}

/** How long one outside figure may hold up a scrape. */
const COLLECT_LIMIT_MS = 1_500;

/**
 * Adds what is read when scraped, at most every {@link READ_EVERY_MS}: open and overdue cases; left out while they
 * cannot be read. The depth of the queues is
 * the worker's to say: told by two kinds of process, a sum over it would count each job twice.
 */
export function addScrapedGauges(
  { registry }: WebMetrics,
  reviews: () => Promise<{ readonly open: number; readonly overdue: number }>,
): void {
  const held = heldFor(READ_EVERY_MS, reviews);
  new Gauge({
    name: "paysecure_review_cases",
    help: "Review cases not yet decided",
    labelNames: ["state"],
    registers: [registry],
    async collect() {
      this.reset();
      const counts = await within(held());
      if (!counts) return;
      this.set({ state: "open" }, counts.open);
      this.set({ state: "overdue" }, counts.overdue);
    },
  });
}

/** The promise's value, or null when it fails or takes too long. */
async function within<T>(work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, COLLECT_LIMIT_MS, null);
  });
  try {
    return await Promise.race([work.catch(() => null), limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Counts and times every request under its route's pattern, so that ids never become label values. */
export function measure(metrics: WebMetrics): MiddlewareHandler {
  return async (c, next) => {
    const started = performance.now();
    await next();
    // The route that ran last; where only middlewares matched, nobody's route is asked for.
    const path = routePath(c);
    const route = path === "/*" ? "none" : path;
    metrics.requests.inc({ route, method: c.req.method, status: c.res.status });
    metrics.latency.observe({ route, method: c.req.method }, (performance.now() - started) / 1_000);
  };
}
