import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ACTIONS } from "../../domain/actions.ts";
import { HIT_KINDS } from "../../domain/policy/rules.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import { TEXT_FIELDS } from "../../domain/transaction.ts";
import { projectRoot } from "../../platform/process/config.ts";
import {
  actionNumber,
  actionOfNumber,
  hitKindNumber,
  hitKindOfNumber,
  tierNumber,
  tierOfNumber,
} from "./enums.ts";

const proto = readFileSync(join(projectRoot, "proto/paysecure/scoring/v1/scoring.proto"), "utf8");

/** Names and numbers of one enum or message of the contract. */
function members(kind: "enum" | "message", name: string): Map<string, number> {
  const [, body = ""] = new RegExp(`^${kind} ${name} \\{([^}]*)\\}`, "m").exec(proto) ?? [];
  return new Map(
    [...body.matchAll(/^\s*(?:[\w.]+ )*(\w+) = (\d+)/gm)].map(([, member = "", number]) => [
      member,
      Number(number),
    ]),
  );
}

test("tiers, actions and rules' effects have the contract's numbers, and all of them", () => {
  const tiers = new Map(RISK_TIERS.map((tier) => [`RISK_TIER_${tier.toUpperCase()}`, tierNumber(tier)]));
  const actions = new Map(ACTIONS.map((action) => [`ACTION_${action.toUpperCase()}`, actionNumber(action)]));
  expect(members("enum", "RiskTier")).toEqual(new Map([["RISK_TIER_UNSPECIFIED", 0], ...tiers]));
  expect(members("enum", "Action")).toEqual(new Map([["ACTION_UNSPECIFIED", 0], ...actions]));
  const kinds = new Map(HIT_KINDS.map((kind) => [`RULE_EFFECT_${kind.toUpperCase()}`, hitKindNumber(kind)]));
  expect(members("enum", "RuleEffect")).toEqual(new Map([["RULE_EFFECT_UNSPECIFIED", 0], ...kinds]));
  for (const kind of HIT_KINDS) expect(hitKindOfNumber(hitKindNumber(kind))).toBe(kind);
  for (const tier of RISK_TIERS) expect(tierOfNumber(tierNumber(tier))).toBe(tier);
  for (const action of ACTIONS) expect(actionOfNumber(actionNumber(action))).toBe(action);
  expect([tierOfNumber(0), tierOfNumber(9), actionOfNumber(0)]).toEqual([undefined, undefined, undefined]);
});

test("every text of a transaction is in the contract under its name", () => {
  const fields = members("message", "Transaction");
  for (const { column } of TEXT_FIELDS) expect(fields.has(column), column).toBe(true);
});
