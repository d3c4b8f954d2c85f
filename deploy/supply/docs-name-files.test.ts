import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../../platform/process/config.ts";
import { projectFiles } from "../../platform/process/project-files.ts";

const files = new Set(projectFiles());
const { scripts } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
const read = (name: string): string => readFileSync(join(projectRoot, name), "utf8");
/** What will be proven by a file that is still being written is marked so. */
const withoutPlans = (text: string): string => text.replaceAll(/planned: `[^`]+`/g, "");

test.each(["SECURITY.md", "docs/threat-model.md", "docs/asvs.md"])(
  "%s names no file and no command that is not there",
  (name) => {
    const quoted = [...withoutPlans(read(name)).matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text);
    const missing = quoted.filter((text) => {
      const command = /^npm run ([\w:-]+)/.exec(text)?.[1];
      if (command !== undefined) return !(command in scripts);
      return /^[\w.-]+(\/[\w.-]+)+\.(ts|tsx|md|yml|proto|css|json)$/.test(text) && !files.has(text);
    });
    expect(missing).toEqual([]);
  },
);

/** Points of ASVS 4.0.3 at levels 1 and 2, by chapter, without those that the standard itself deleted. */
const POINTS: Readonly<Record<string, number>> = {
  V1: 38,
  V2: 54,
  V3: 18,
  V4: 9,
  V5: 30,
  V6: 13,
  V7: 12,
  V8: 15,
  V9: 7,
  V10: 5,
  V11: 8,
  V12: 15,
  V13: 13,
  V14: 23,
};

test("the table has every point of levels 1 and 2 once, and each met one says by what", () => {
  const rows = read("docs/asvs.md")
    .split("\n")
    .flatMap((line) => {
      const [, id, , , status, by] = line.split("|").map((cell) => cell.trim());
      return id && /^\d+\.\d+\.\d+$/.test(id) ? [{ id, status: status ?? "", by: by ?? "" }] : [];
    });
  const counted: Record<string, number> = {};
  for (const { id } of rows) {
    const chapter = `V${id.split(".")[0]}`;
    counted[chapter] = (counted[chapter] ?? 0) + 1;
  }
  expect(counted).toEqual(POINTS);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  expect(rows.filter(({ status }) => !["met", "planned", "open", "n/a"].includes(status))).toEqual([]);
  expect(rows.filter(({ by }) => by.length < 3)).toEqual([]);
  const unproven = rows.filter(({ status, by }) => status === "met" && !/`[^`]+`/.test(by));
  expect(unproven).toEqual([]);
  expect(rows.filter(({ status, by }) => (status === "planned") !== by.includes("planned: `"))).toEqual([]);
});
