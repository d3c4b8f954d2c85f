import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Actor } from "../../domain/actors.ts";
import { listProposals } from "../accounts/approvals.ts";
import { verifyAudit } from "../audit/verify.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { giveVerdict } from "../review/verdict.ts";
import { recordDeadLetters } from "../store/dead-letters.ts";
import { getDecision } from "../store/decision-list.ts";
import { foldCounters } from "../store/fold-counters.ts";
import { findDrift } from "../store/reconcile.ts";
import type { Database } from "../store/schema.ts";
import { readStats } from "../store/stats.ts";
import { ANN, decision, emptyLedger, risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { decideErasure, listErasures, proposeErasure, runErasures } from "./erasures.ts";
import { findSubject } from "./find.ts";
import { liftHold, listHolds, putHold } from "./holds.ts";
import { givenSubject } from "./subject.ts";
import { takeOut } from "./take-out.ts";

const BEN: Actor = { kind: "user", id: "2", name: "ben" };
const ABC = { entity: "customer", id: "ABC" };
let store: TestStore;
let db: Kysely<Database>;
beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
});
afterAll(() => store?.close());
beforeEach(async () => {
  await emptyLedger(db);
  await sql`truncate legal_holds, erasures, pending_approvals, policy_list_entries cascade`.execute(db);
});

const abc = { entities: { customer: "ABC" }, cardToken: "tok_abc", fields: { memo: "hello" } };
const other = { entities: { customer: "XYZ" }, cardToken: "tok_xyz" };

/** Three payments of ABC, one of them judged, and one of somebody else; dead letters and an imported payment. */
async function fill(): Promise<number> {
  const { cases } = await recordDecisions(
    db,
    [risky("a-1", abc), decision("a-2", abc), decision("a-3", abc), decision("x-1", other)],
    SLA,
  );
  await giveVerdict(db, {
    ...{ caseId: cases[0]!.caseId, actor: ANN, verdict: "fraud", note: "ABC did not know of it" },
  });
  const letter = { queue: "transactions", source: "bank", errorCode: "invalid_argument", error: "memo: ABC" };
  await recordDeadLetters(db, [
    {
      ...{ ...letter, jobId: "j-1", position: 0, transactionId: "d-1" },
      payload: { transactionId: "d-1", entities: { customer: "ABC" } },
    },
    {
      ...{ ...letter, jobId: "j-2", position: -1, transactionId: null },
      payload: {
        transactions: [
          { transactionId: "d-2", entities: { customer: "ABC" } },
          { transactionId: "d-3", entities: { customer: "XYZ" } },
        ],
      },
    },
  ]);
  await sql`
    insert into imported_transactions (transaction_id, content_hash, schema_name, event_time, fields, entities)
    values ('i-1', decode(md5('i-1'), 'hex'), 'own', '2018-01-01', '{"a": 1}', '{"customer": "ABC"}'),
      ('i-2', decode(md5('i-2'), 'hex'), 'own', '2018-01-01', '{"a": 1}', '{"customer": "XYZ"}')`.execute(db);
  await foldCounters(db, "test");
  return cases[0]!.caseId;
}

/** Everything in the store, as text. */
async function everything(except: readonly string[] = []): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = current_schema()`.execute(db);
  const texts = await Promise.all(
    rows
      .filter(({ name }) => !except.includes(name))
      .map(({ name }) => sql<{ t: string }>`select t::text from ${sql.table(name)} t`.execute(db)),
  );
  return texts.flatMap(({ rows: found }) => found.map(({ t }) => t)).join("\n");
}

async function agree(approve = true): Promise<void> {
  const [waiting] = await listProposals(db, "data.erase");
  await decideErasure(db, waiting!.id, approve, BEN);
}

const nothing = async () => 0;

test("what is held about somebody leaves as one JSON document, others' data stays in", async () => {
  const caseId = await fill();
  let text = "";
  for await (const piece of takeOut(db, ABC, ANN)) text += piece;
  const document = JSON.parse(text);
  expect(document).toMatchObject({
    entity: "customer",
    id: "ABC",
    decisions: [
      {
        ...{ transaction_id: "a-1", amount: 100, currency: "EUR", fields: { memo: "hello" } },
        case: { case_id: caseId, verdict: "fraud", note: "ABC did not know of it" },
        label: { label: "fraud", source: "analyst" },
        audit: [{ act: "review.decided" }],
      },
      { transaction_id: "a-2", case: null, label: null, audit: [] },
      { transaction_id: "a-3" },
    ],
    imported_payments: [{ transaction_id: "i-1" }],
    dead_letters: [{ job_id: "j-1" }, { payload: { transactions: [{ transactionId: "d-2" }] } }],
    policy_list_entries: [],
  });
  expect(document.decisions[0].timeline.at(-1)).toMatchObject({ kind: "decided", actor: { name: "ann" } });
  expect(text).not.toContain("XYZ");
  expect(text).not.toContain('"truth"');
  const acts = await db.selectFrom("audit_log").select(["act", "detail"]).execute();
  expect(acts.at(-1)).toMatchObject({ act: "privacy.exported", detail: { entity: "customer" } });
  expect(JSON.stringify(acts)).not.toContain("ABC");
});

test("a card is found by its token", async () => {
  await fill();
  expect(await findSubject(db, { entity: "card", id: "tok_abc" })).toMatchObject({ decisions: 3, cases: 1 });
});

test("an erasure that two people agreed to leaves counts, labels and the audit log, and no trace of whose it was", async () => {
  await fill();
  const before = await readStats(db);
  const [labels, keys] = [
    await db.selectFrom("labels").selectAll().execute(),
    await db.selectFrom("transaction_keys").selectAll().orderBy("transaction_id").execute(),
  ];
  const id = await proposeErasure(db, ABC, "request 12", ANN);
  await expect(proposeErasure(db, ABC, "request 12", ANN)).rejects.toThrow(/already/);
  const [waiting] = await listProposals(db, "data.erase");
  await expect(decideErasure(db, waiting!.id, true, ANN)).rejects.toThrow(/second person/);
  expect(await runErasures(db, nothing)).toBe(0);
  await agree();

  const forgotten: unknown[] = [];
  const forget = async (subject: unknown) => forgotten.push(subject);
  expect(await runErasures(db, forget)).toBe(1);
  expect(forgotten).toEqual([ABC]);

  const text = await everything();
  for (const trace of ["ABC", "tok_abc", "hello"]) expect(text, trace).not.toContain(trace);
  expect(text).toContain("XYZ");
  const [erasure] = await listErasures(db);
  expect(erasure).toMatchObject({ id, state: "done", result: { decisions: 3, imported: 1, aggregates: 1 } });
  // Still one somebody's, so that they can be counted together.
  const erased = { entity: "customer", id: erasure!.pseudonym };
  expect(await findSubject(db, erased)).toMatchObject({ decisions: 3, imported: 1, cases: 1, labels: 1 });
  expect(await readStats(db)).toEqual({ ...before, deadLetters: 1, ratePerSecond: expect.any(Number) });
  expect(await findDrift(db)).toEqual([]);
  expect(await db.selectFrom("labels").selectAll().execute()).toEqual(labels);
  expect(await db.selectFrom("transaction_keys").selectAll().orderBy("transaction_id").execute()).toEqual(
    keys,
  );
  expect(await verifyAudit(db)).not.toHaveProperty("fault");
  const letters = await db
    .selectFrom("dead_letters")
    .select(["job_id", "state", "payload", "altered"])
    .orderBy("job_id")
    .execute();
  expect(letters).toMatchObject([
    { job_id: "j-1", state: "discarded", payload: {}, altered: true },
    { job_id: "j-2", state: "waiting", payload: { transactions: [{ transactionId: "d-3" }] }, altered: true },
  ]);
  // The payment sent again is a repeat; another one of the same customer begins anew.
  expect(await recordDecisions(db, [decision("a-2", abc)], SLA)).toMatchObject({
    inserted: 0,
    duplicates: 1,
  });
  expect((await getDecision(db, "a-2")).entities).toEqual({ customer: erasure!.pseudonym });
  await recordDecisions(db, [decision("a-9", abc)], SLA);
  expect(await findSubject(db, ABC)).toMatchObject({ decisions: 1 });
});

test("an erasure goes on where a process died, and what was refused or left waiting forgets whose it was", async () => {
  await fill();
  await proposeErasure(db, ABC, "request 13", ANN);
  await agree();
  const dies = async () => {
    throw new Error("Redis is away");
  };
  await expect(runErasures(db, dies)).rejects.toThrow("Redis is away");
  expect((await listErasures(db))[0]?.state).toBe("agreed");
  expect(await runErasures(db, nothing)).toBe(1);

  await proposeErasure(db, { entity: "customer", id: "XYZ" }, "request 14", ANN);
  await agree(false);
  expect((await getDecision(db, "x-1")).redactedAt).toBeNull();
  await proposeErasure(db, { entity: "customer", id: "XYZ" }, "request 15", ANN);
  await sql`update erasures set asked_at = now() - interval '8 days' where state = 'proposed'`.execute(db);
  await runErasures(db, nothing);
  const states = await db
    .selectFrom("erasures")
    .select(["state", "entity_id"])
    .orderBy("erasure_id")
    .execute();
  expect(states).toEqual([
    { state: "done", entity_id: null },
    { state: "refused", entity_id: null },
    { state: "expired", entity_id: null },
  ]);
});

test("what a hold keeps, or whose case is open, an erasure leaves and says so", async () => {
  const { cases } = await recordDecisions(
    db,
    [risky("a-1", abc), risky("a-2", abc), decision("a-3", abc)],
    SLA,
  );
  const hold = await putHold(db, { kind: "case", caseId: cases[0]!.caseId }, "the court's request 3", ANN);
  expect(await findSubject(db, ABC)).toMatchObject({ decisions: 3, held: 1, open: 1 });
  await proposeErasure(db, ABC, "request 16", ANN);
  await agree();
  await runErasures(db, nothing);
  expect((await listErasures(db))[0]?.result).toMatchObject({
    ...{ decisions: 1, decisions_held: 1, decisions_with_open_case: 1 },
  });
  await expect(liftHold(db, 999, "x", ANN)).rejects.toThrow(/no hold/);
  await liftHold(db, hold, "the court is done", ANN);
  await putHold(
    db,
    { kind: "time", since: new Date(Date.now() - 60_000), until: new Date(Date.now() + 60_000) },
    "an inspection",
    ANN,
  );
  expect(await findSubject(db, ABC)).toMatchObject({ held: 2, open: 0 });
  expect((await listHolds(db)).map(({ kind, liftedAt }) => [kind, liftedAt === null])).toEqual([
    ["time", true],
    ["case", false],
  ]);
});

test("a card number is nobody's name here, and a reason does not say whose data it is about", async () => {
  expect(() => givenSubject("card", "4111111111111111")).toThrow(/card number/);
  await expect(proposeErasure(db, ABC, "ABC asked for it", ANN)).rejects.toThrow(/names the id/);
  await expect(proposeErasure(db, ABC, " ", ANN)).rejects.toThrow(/1 to 500/);
});
