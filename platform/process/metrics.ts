import { collectDefaultMetrics, Registry } from "prom-client";

/** What a scrape has to ask a neighbour for (database, Redis) is asked no more often, milliseconds. */
export const READ_EVERY_MS = 5_000;

/** Gauges of prom-client that are called like counters; the same by type are without the suffix. */
const MISNAMED = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];

/** A Prometheus registry with the process metrics every process reports, labelled with its name. */
export function createMetrics(processName: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process: processName });
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  return registry;
}
