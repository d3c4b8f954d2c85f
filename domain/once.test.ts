import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { projectRoot } from "../platform/process/config.ts";
import { ACTIONS } from "./actions.ts";
import { ACTOR_KINDS } from "./actors.ts";
import { RISK_TIERS } from "./tiers.ts";
import { CONTEXT_FIELDS } from "./transaction.ts";
import { LABEL_SOURCES, VERDICTS } from "./verdicts.ts";

/** Where a list may be spelled again, and why. */
const ALLOWED: readonly RegExp[] = [
  /^domain\//,
  // What was is not what is: a migration stays as it ran.
  /^pipeline\/store\/migrations\//,
  // Made from the contract.
  /^proto\/gen\//,
  // Tests say what they expect.
  /\.test\.tsx?$/,
  /\/testing\//,
  /^pipeline\/store\/testing\.ts$/,
  // Rows made by SQL.
  /^bench\//,
];

const LISTS = {
  tiers: RISK_TIERS,
  actions: ACTIONS,
  verdicts: VERDICTS,
  "label sources": LABEL_SOURCES,
  "kinds of actors": ACTOR_KINDS,
  "context columns": CONTEXT_FIELDS.map(({ column }) => column),
  "context names": CONTEXT_FIELDS.map(({ name }) => name),
} as const;

/** The lines in which a file spells two or more neighbours of a list as texts side by side. */
function spelled(text: string, list: readonly string[]): string[] {
  const pairs = list.flatMap((member, i) => (i === 0 ? [] : [[list[i - 1]!, member] as const]));
  return text
    .split("\n")
    .filter((line) => !/^\s*(\*|\/\/|\/\*\*)/.test(line))
    .filter((line) =>
      pairs.some(([a, b]) => new RegExp(`["'\`]${a}["'\`]\\s*[,|]\\s*["'\`]${b}["'\`]`).test(line)),
    );
}

test("the guard sees a list that is spelled again, as an array, a union or SQL", () => {
  expect(spelled(`const TIERS = ["low", "medium", "high"];`, RISK_TIERS)).toHaveLength(1);
  expect(spelled(`type Action = "approve" | "monitor";`, ACTIONS)).toHaveLength(1);
  expect(spelled("check (verdict in ('fraud', 'legitimate'))", VERDICTS)).toHaveLength(1);
  expect(spelled(`if (tier === "high") return "verify";`, RISK_TIERS)).toHaveLength(0);
});

test("every word of the business is declared once: nobody spells its list again", () => {
  const files = execFileSync("git", ["ls-files", "*.ts", "*.tsx"], { cwd: projectRoot, encoding: "utf8" })
    .split("\n")
    .filter((file) => file !== "" && !ALLOWED.some((allowed) => allowed.test(file)));
  const again = files.flatMap((file) => {
    const text = readFileSync(`${projectRoot}/${file}`, "utf8");
    return Object.entries(LISTS).flatMap(([name, list]) =>
      spelled(text, list).map((line) => `${file}: ${name}: ${line.trim()}`),
    );
  });
  expect(again).toEqual([]);
});
