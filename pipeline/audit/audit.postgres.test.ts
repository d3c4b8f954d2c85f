import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { changeServing, readServingHistory, type ServingChange } from "../../scorer/serving/state.ts";
import type { Database } from "../store/schema.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { recordAct } from "./append.ts";
import { compareServing } from "./compare-serving.ts";
import { importServing } from "./import-serving.ts";
import { verifyAudit } from "./verify.ts";

let store: TestStore;
let db: Kysely<Database>;
const ann = { kind: "user", id: "7", name: "Ann" } as const;

/** As somebody would who owns the database. */
const behindTheTrigger = async (statement: ReturnType<typeof sql>): Promise<void> => {
  await sql`alter table audit_log disable trigger audit_log_append_only`.execute(db);
  await statement.execute(db);
  await sql`alter table audit_log enable trigger audit_log_append_only`.execute(db);
};

beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
});
afterAll(() => store?.close());
beforeEach(async () => {
  await behindTheTrigger(sql`truncate audit_log`);
  await db
    .updateTable("audit_head")
    .set({ audit_id: 0, hash: "0".repeat(64) })
    .execute();
  await Promise.all(
    Array.from({ length: 5 }, (_, i) =>
      recordAct(db, {
        actor: ann,
        act: "review.decided",
        subject: `case:${i}`,
        detail: { note: "ü", i, x: 1e21 },
      }),
    ),
  );
});

test("a chain that nobody touched is whole, in any session time zone", async () => {
  expect(await verifyAudit(db)).toEqual({ sound: 5 });
});

test("a changed entry is found, whatever was changed in it", async () => {
  for (const change of [
    sql`act = 'review.claimed'`,
    sql`detail = detail || '{"note": "u"}'`,
    sql`at = at + interval '1 second'`,
    sql`actor = actor || '{"name": "Bob"}'`,
  ]) {
    await behindTheTrigger(sql`create table kept as select * from audit_log`);
    await behindTheTrigger(sql`update audit_log set ${change} where audit_id = 3`);
    expect(await verifyAudit(db)).toMatchObject({ sound: 2, fault: { auditId: 3, why: /changed/ } });
    await behindTheTrigger(sql`truncate audit_log`);
    await behindTheTrigger(sql`insert into audit_log select * from kept`);
    await behindTheTrigger(sql`drop table kept`);
  }
});

test("an entry taken out is found, in the middle and at the end", async () => {
  await behindTheTrigger(sql`delete from audit_log where audit_id = 5`);
  expect(await verifyAudit(db)).toMatchObject({ sound: 4, fault: { auditId: 5, why: /missing at the end/ } });
  await behindTheTrigger(sql`delete from audit_log where audit_id = 2`);
  expect(await verifyAudit(db)).toMatchObject({ sound: 1, fault: { auditId: 2, why: /missing/ } });
});

test("entries that changed places are found", async () => {
  await behindTheTrigger(sql`update audit_log set audit_id = -audit_id where audit_id in (2, 3)`);
  await behindTheTrigger(sql`update audit_log set audit_id = 5 + audit_id where audit_id < 0`);
  expect(await verifyAudit(db)).toMatchObject({ sound: 1, fault: { auditId: 2 } });
});

test("the log takes no change and no deletion", async () => {
  for (const statement of [
    sql`update audit_log set act = 'x'`,
    sql`delete from audit_log`,
    sql`truncate audit_log`,
  ]) {
    await expect(statement.execute(db)).rejects.toThrow(/append-only/);
  }
});

test("who serves is taken over from the registry, each change once, also by two workers at once", async () => {
  const registry = await mkdtemp(join(tmpdir(), "audited-"));
  for (const model of ["m@1", "m@2"]) {
    await changeServing(registry, {
      ...{ actor: ann, act: "promote", role: "champion", reason: "better" },
      change: (now) => ({ ...now, champion: model }),
    });
  }
  const imported = await Promise.all([importServing(db, registry), importServing(db, registry)]);
  expect(imported.toSorted()).toEqual([0, 2]);
  expect(await importServing(db, join(registry, "nowhere"))).toBe(0);
  const acts = await db.selectFrom("audit_log").selectAll().where("act", "=", "serving.promote").execute();
  expect(acts.map(({ actor, detail }) => [actor, detail["reason"]])).toEqual([
    [ann, "better"],
    [ann, "better"],
  ]);
  expect(await verifyAudit(db)).toEqual({ sound: 7 });
  await writeFile(
    join(registry, "serving.json"),
    JSON.stringify({ champion: "m@9", challenger: null, shadows: [] }),
  );
  expect(await importServing(db, registry)).toBe(1);
  const edit = await db.selectFrom("audit_log").selectAll().where("act", "=", "serving.edit").execute();
  expect(edit).toMatchObject([{ actor: { id: "unknown" }, detail: { after: { champion: "m@9" } } }]);
  await rm(registry, { recursive: true });
});

test("a history of who serves that was cut off, or made anew, is found by its copy here", async () => {
  const registry = await mkdtemp(join(tmpdir(), "cut-"));
  const promote = (model: string): Promise<ServingChange | null> =>
    changeServing(registry, {
      ...{ actor: ann, act: "promote", role: "champion", reason: "better" },
      change: (now) => ({ ...now, champion: model }),
    });
  const compared = async () => compareServing(db, await readServingHistory(registry));
  for (const model of ["m@1", "m@2", "m@3"]) await promote(model);
  expect(await compared()).toEqual({ missing: 3 });
  await importServing(db, registry);
  expect(await compared()).toEqual({ missing: 0 });
  const path = join(registry, "serving.history.jsonl");
  const lines = (await readFile(path, "utf8")).split("\n");
  await writeFile(path, `${lines.slice(0, 2).join("\n")}\n`);
  expect(await compared()).toMatchObject({
    fault: expect.stringContaining("change 3 is in the audit log and"),
  });
  await promote("m@4");
  expect(await compared()).toMatchObject({
    fault: expect.stringContaining("change 3 of the history is not"),
  });
  await rm(registry, { recursive: true });
});
