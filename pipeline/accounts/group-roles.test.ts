import { expect, test } from "vitest";
import { type GroupRole, parseGroupRoles, roleOfGroups } from "./group-roles.ts";

test("pairs keep their order, and groups their odd names", () => {
  expect(
    parseGroupRoles(" fraud-leads=lead, CN=Fraud\\,OU=Bank=analyst ,, Prüfung (intern)=auditor"),
  ).toEqual([
    { group: "fraud-leads", role: "lead" },
    { group: "CN=Fraud,OU=Bank", role: "analyst" },
    { group: "Prüfung (intern)", role: "auditor" },
  ]);
});

test.each([
  ["", "at least one"],
  [" , ,", "at least one"],
  ["lead", "must be GROUP=ROLE"],
  ["=lead", "must be GROUP=ROLE"],
  ["fraud-leads=boss", '"boss" is no role'],
  ["fraud-leads=", '"" is no role'],
  ["a=lead,a=admin", "twice"],
])("%j is refused in words", (text, why) => {
  expect(parseGroupRoles(text)).toEqual({ wrong: expect.stringContaining(why) });
});

test("the first pair of the list counts, not the person's first group nor the greater role", () => {
  const pairs = parseGroupRoles("fraud=analyst,it=admin") as readonly GroupRole[];
  expect(roleOfGroups(pairs, ["it", "fraud"])).toEqual({ group: "fraud", role: "analyst" });
  expect(roleOfGroups(pairs, ["it"])?.role).toBe("admin");
  expect(roleOfGroups(pairs, ["IT", "it ", "i"])).toBeNull();
  expect(roleOfGroups(pairs, [])).toBeNull();
});
