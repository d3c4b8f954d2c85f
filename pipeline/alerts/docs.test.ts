import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ALERT_KIND_NAMES, alertKind } from "../../domain/alerts.ts";
import { projectRoot } from "../../platform/process/config.ts";

const page = readFileSync(join(projectRoot, "docs", "alerts.md"), "utf8");
const sections = page.split("\n### ").slice(1);

test.each(ALERT_KIND_NAMES)("docs/alerts.md says of %s what the table says", (kind) => {
  const { title, means, todo, severity, threshold, holds, ends } = alertKind(kind);
  const section = sections.find((text) => text.startsWith(`${title}\n`));
  const what = threshold ? `${threshold.usual} ${threshold.unit}` : "none";
  const lasts = holds ? `after ${holds.fires} s, over after ${holds.clears} s` : "at once";
  expect(section).toContain(`\`${kind}\` · ${severity} · threshold ${what} · ${ends}, ${lasts}`);
  expect(section).toContain(`Fires when ${means}.`);
  expect(section).toContain(`**Do:** ${todo}`);
});

test("docs/alerts.md has no condition that is none", () => {
  expect(sections).toHaveLength(ALERT_KIND_NAMES.length);
});
