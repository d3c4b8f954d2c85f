import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../../platform/process/config.ts";
import { projectFiles } from "../../platform/process/project-files.ts";

const folder = import.meta.dirname;
const promtool = spawnSync("promtool", ["--version"]).status === 0;

test("every metric that a rule or the dashboard asks for is one of ours, and counters end in _total", () => {
  const kinds = new Map<string, string>();
  for (const file of projectFiles().filter((name) => /(?<!\.test)\.ts$/.test(name))) {
    const code = readFileSync(join(projectRoot, file), "utf8");
    for (const [, kind = "", name = ""] of code.matchAll(
      /new (Counter|Gauge|Histogram)\(\{\s+name: "(\w+)"/g,
    )) {
      kinds.set(name, kind);
    }
    // The scorer's own way to declare one.
    if (file !== "scorer/telemetry/scorer-metrics.ts") continue;
    for (const [, name = ""] of code.matchAll(/\bhistogram\(\s*"(\w+)"/g))
      kinds.set(`paysecure_scorer_${name}`, "Histogram");
    for (const [, name = "", kind = ""] of code.matchAll(
      /\badd\(\s*"(\w+)",\s*"[^"]+",\s*"(counter|gauge)"/g,
    )) {
      kinds.set(`paysecure_scorer_${name}`, kind === "counter" ? "Counter" : "Gauge");
    }
  }
  expect(kinds.size).toBeGreaterThan(15);
  const files = ["alerts.yml", "slo.yml", "../grafana/dashboards/paysecure.json"];
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
  const asked = new Set(
    [...texts.matchAll(/\bpaysecure_\w+/g)].map(([name]) => name.replace(/_(bucket|count)$/, "")),
  );
  expect(asked.size).toBeGreaterThan(15);
  expect([...asked].filter((name) => !kinds.has(name))).toEqual([]);
  expect([...kinds].filter(([name, kind]) => name.endsWith("_total") !== (kind === "Counter"))).toEqual([]);
  // As promtool says it: a metric's name tells what is measured, not of which kind it is.
  expect([...kinds.keys()].filter((name) => /counter|gauge|histogram/.test(name))).toEqual([]);
});

test.skipIf(!promtool)("promtool takes the configuration and the rules", () => {
  const done = spawnSync("promtool", ["check", "config", join(folder, "prometheus.yml")], {
    encoding: "utf8",
  });
  expect([done.status, done.stderr]).toEqual([0, ""]);
});
