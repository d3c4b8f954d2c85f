import type { Kysely } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../store/schema.ts";
import { ANN } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { recordAct } from "./append.ts";
import { AUDIT_CSV_HEADER, auditCsvLine, auditJsonLine } from "./formats.ts";
import { searchAudit, walkAudit } from "./search.ts";
import { verifyAudit } from "./verify.ts";

let store: TestStore;
let db: Kysely<Database>;
beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
  const ben = { kind: "user", id: "9", name: "ben" } as const;
  await recordAct(db, {
    actor: ANN,
    act: "review.decided",
    subject: "case:17",
    detail: { verdict: "fraud" },
  });
  await recordAct(db, {
    actor: ben,
    act: "account.role",
    subject: "user:1",
    detail: { before: "viewer", after: "lead" },
  });
  await recordAct(db, { actor: ben, act: "account_role", subject: "=1+1", detail: {} });
});
afterAll(() => store?.close());

test("acts are found by who, what, on what and when, newest first", async () => {
  const subjects = async (filter: Parameters<typeof searchAudit>[1]) =>
    (await searchAudit(db, filter)).map(({ subject }) => subject);
  expect(await subjects({ actor: "BEN" })).toEqual(["=1+1", "user:1"]);
  // An underscore is one, and no wildcard.
  expect(await subjects({ act: "account_" })).toEqual(["=1+1"]);
  expect(await subjects({ subject: "case:17" })).toEqual(["case:17"]);
  expect(await subjects({ actor: "ben", until: new Date(0) })).toEqual([]);
  expect(await subjects({ actor: "ben", since: new Date(0), limit: 1 })).toEqual(["=1+1"]);
  const [newest] = await searchAudit(db, { limit: 1 });
  expect(await subjects({ actor: "ben", before: newest?.auditId ?? 0 })).toEqual(["user:1"]);
});

test("an export walks all of them from the oldest on, in lines that a spreadsheet does not run", async () => {
  const lines: string[] = [];
  for await (const entries of walkAudit(db, { actor: "ben" })) lines.push(...entries.map(auditCsvLine));
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain(",account_role,'=1+1,{},");
  expect(lines[0]?.split(",").length).toBeGreaterThan(AUDIT_CSV_HEADER.split(",").length);
  const [entry] = await searchAudit(db, { subject: "user:1" });
  expect(JSON.parse(auditJsonLine(entry!))).toMatchObject({
    actor: { name: "ben" },
    detail: { before: "viewer", after: "lead" },
  });
});

test("the end of the chain can be checked alone", async () => {
  const { sound } = await verifyAudit(db);
  expect(await verifyAudit(db, 2)).toEqual({ sound });
  expect(await verifyAudit(db, sound + 10)).toEqual({ sound });
});
