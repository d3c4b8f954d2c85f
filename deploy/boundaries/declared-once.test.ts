import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ACTIONS } from "../../domain/actions.ts";
import { ACTOR_KINDS } from "../../domain/actors.ts";
import { ROLES } from "../../domain/rights.ts";
import { RISK_TIERS, TIER_NAMES } from "../../domain/tiers.ts";
import { CONTEXT_FIELDS } from "../../domain/transaction.ts";
import { LABEL_SOURCES, VERDICTS } from "../../domain/verdicts.ts";
import { projectRoot } from "../../platform/process/config.ts";
import { projectFiles } from "../../platform/process/project-files.ts";

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
  // The ends of an interval, not tiers.
  /^models\/cli\/(?:tables|verify)\.ts$/,
  // The parts of the simulator's profile, whose file says them in its own order.
  /^models\/simulator\/fit(?:-cli)?\.ts$/,
];

/** Lists of words that mean nothing of ours without quotes, such as the ends of an interval: low, high. */
const QUOTED = {
  tiers: RISK_TIERS,
  "names of tiers": TIER_NAMES,
  actions: ACTIONS,
  verdicts: VERDICTS,
  "label sources": LABEL_SOURCES,
  "kinds of actors": ACTOR_KINDS,
  roles: ROLES,
} as const;

/** Lists that are ours also as bare words: columns of a statement, a destructured object. */
const BARE = {
  "context columns": CONTEXT_FIELDS.map(({ column }) => column),
  "context names": CONTEXT_FIELDS.map(({ name }) => name),
} as const;

/** Where a text has two members of a list side by side, in whichever order and on whichever lines. */
function spelled(text: string, list: readonly string[], quote: "quoted" | "bare" = "quoted"): string[] {
  const member = `(${list.join("|")})`;
  const word = quote === "quoted" ? `["'\`]${member}["'\`]` : `(?<![\\w.])${member}(?![\\w.:(])`;
  const between = quote === "quoted" ? "\\s*[,|]\\s*" : "[\"'`]?\\s*[,|]\\s*[\"'`]?";
  const code = text.replaceAll(/^\s*(?:\*|\/\/|\/\*\*).*$/gm, "");
  return [...code.matchAll(new RegExp(`${word}(?=${between}${word})`, "g"))]
    .filter(([, first, second]) => first !== second)
    .map(([, first, second]) => `${first}, ${second}`);
}

test("the guard sees a list that is spelled again, as an array, a union, SQL or an object taken apart", () => {
  expect(spelled(`const TIERS = ["low", "medium", "high"];`, RISK_TIERS)).toHaveLength(2);
  expect(spelled(`["critical", "high"]`, RISK_TIERS)).toHaveLength(1);
  expect(spelled(`type Tier =\n  | "low"\n  | "high";`, RISK_TIERS)).toHaveLength(1);
  expect(spelled(`type Action = "approve" | "monitor";`, ACTIONS)).toHaveLength(1);
  expect(spelled("check (verdict in ('fraud', 'legitimate'))", VERDICTS)).toHaveLength(1);
  expect(spelled("const { cardToken, merchantId } = payment;", BARE["context names"], "bare")).toHaveLength(
    1,
  );
  expect(spelled("select card_token, channel from", BARE["context columns"], "bare")).toHaveLength(1);
  expect(spelled(`Pick<D, "merchantId" | "country">`, BARE["context names"], "bare")).toHaveLength(1);
  expect(spelled(`if (tier === "high") return "verify";`, RISK_TIERS)).toHaveLength(0);
  expect(spelled(`tier === "high" || tier === "critical"`, RISK_TIERS)).toHaveLength(0);
  expect(spelled("// low, high\n * 'low', 'high'", RISK_TIERS)).toHaveLength(0);
});

test("every word of the business is declared once: nobody spells its list again", () => {
  const files = projectFiles().filter(
    (file) => /\.tsx?$/.test(file) && !ALLOWED.some((allowed) => allowed.test(file)),
  );
  const again = files.flatMap((file) => {
    const text = readFileSync(`${projectRoot}/${file}`, "utf8");
    return [
      ...Object.entries(QUOTED).flatMap(([name, list]) =>
        spelled(text, list).map((pair) => `${file}: ${name}: ${pair}`),
      ),
      ...Object.entries(BARE).flatMap(([name, list]) =>
        spelled(text, list, "bare").map((pair) => `${file}: ${name}: ${pair}`),
      ),
    ];
  });
  expect(again).toEqual([]);
});
