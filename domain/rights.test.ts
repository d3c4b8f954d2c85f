import { expect, test } from "vitest";
import { ALL_RIGHTS, ROLES, rightRow, rightsOf, SCOPES } from "./rights.ts";

test("every right belongs to somebody, the admin has them all, and every role may look", () => {
  for (const right of ALL_RIGHTS) expect(rightRow(right).roles.length, right).toBeGreaterThan(0);
  expect(rightsOf("admin")).toEqual(ALL_RIGHTS);
  for (const role of ROLES) expect(rightsOf(role)).toContain("reviews.read");
});

test("an auditor and a viewer change nothing; neither do they supervise, promote or invite", () => {
  // A legal hold changes nothing: it keeps things as they are.
  const reads = /\.(read|export|hold)$/;
  for (const role of ["auditor", "viewer"] as const) {
    for (const right of rightsOf(role)) expect(right).toMatch(reads);
  }
});

test("no key invites people, makes admins or makes keys", () => {
  expect(SCOPES.filter((right) => /^(accounts|keys)\./.test(right))).toEqual([]);
});
