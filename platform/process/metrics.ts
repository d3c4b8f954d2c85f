import { collectDefaultMetrics, Registry } from "prom-client";

/** A Prometheus registry with the process metrics every process reports, labelled with its name. */
export function createMetrics(processName: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process: processName });
  collectDefaultMetrics({ register: registry });
  return registry;
}
