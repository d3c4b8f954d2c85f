import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rolesPage } from "./roles-page.ts";

test("docs/roles.md is what the table of rights says: npm run roles", () => {
  expect(readFileSync(new URL("../docs/roles.md", import.meta.url), "utf8")).toBe(rolesPage());
});
