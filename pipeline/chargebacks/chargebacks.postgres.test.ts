import { setTimeout as sleep } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Actor } from "../../domain/actors.ts";
import type { Label } from "../../domain/verdicts.ts";
import { verifyAudit } from "../audit/verify.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { dropAged } from "../retention/ages.ts";
import { correctVerdict, undoVerdict } from "../review/amend.ts";
import { readCase } from "../review/case-page.ts";
import { giveVerdict } from "../review/verdict.ts";
import { findDrift } from "../store/reconcile.ts";
import type { Database } from "../store/schema.ts";
import { ANN, decision, emptyLedger, risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import type { Chargeback } from "./chargeback.ts";
import { CHARGEBACKS_AT_ONCE, takeChargebacks } from "./take.ts";

/** Payments of tests are of then. */
const PAID = Date.parse("2026-11-22T10:00:00.000Z");
const BANK: Actor = { kind: "api_key", id: "bank", name: "the bank's" };

let store: TestStore;
let db: Kysely<Database>;
let caseId: number;
/** The audit log stays from test to test. */
let acted: number;

beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
});
afterAll(() => store?.close());
beforeEach(async () => {
  await emptyLedger(db);
  const { cases } = await recordDecisions(db, [decision("low"), risky("judged"), decision("other")], SLA);
  caseId = cases[0]!.caseId;
  acted = (await db.selectFrom("audit_head").select("audit_id").executeTakeFirstOrThrow()).audit_id;
});

/** Minutes after the payments. */
const at = (minutes: number): string => new Date(PAID + minutes * 60_000).toISOString();
const said = (transactionId: string, minutes: number, label?: Label): Chargeback => ({
  ...{ transactionId, label, reportedAt: at(minutes) },
});
const take = async (...items: Chargeback[]): Promise<string[]> =>
  (await takeChargebacks(db, BANK, items)).map(({ outcome }) => outcome);
const labels = async (): Promise<Record<string, string>> => {
  const rows = await db.selectFrom("labels").selectAll().execute();
  return Object.fromEntries(
    rows.map((row) => [
      row.transaction_id,
      `${row.label} by ${row.source} of ${row.labelled_by.name}, ${(row.labelled_at.getTime() - PAID) / 60_000}`,
    ]),
  );
};
const acts = async () =>
  await db
    .selectFrom("audit_log")
    .selectAll()
    .where("act", "=", "labels.chargebacks")
    .where("audit_id", ">", acted)
    .orderBy("audit_id", "desc")
    .execute();
const told = async (): Promise<string[]> =>
  (await db.selectFrom("outbox").selectAll().where("kind", "=", "label.given").execute()).map(
    ({ payload }) => (payload as unknown as { transactionId: string }).transactionId,
  );
const importPayments = async (...ids: string[]): Promise<void> => {
  await sql`
    insert into imported_transactions (transaction_id, content_hash, schema_name, event_time, is_fraud, label_known_at)
    select id, decode(md5(id), 'hex'), 'own', ${at(0)}::timestamptz, false, ${at(1)}::timestamptz
    from unnest(${ids}::text[]) as given (id)`.execute(db);
};
const imported = async () =>
  await db
    .selectFrom("imported_transactions")
    .select(["transaction_id as id", "is_fraud as fraud", "label_known_at as known"])
    .orderBy("transaction_id")
    .execute();

describe("chargebacks", () => {
  test("are labels from when they were reported on; each is answered, and what was taken is told and audited", async () => {
    const taken = await takeChargebacks(db, BANK, [
      { transactionId: "low", reportedAt: "2026-11-22T12:10:00.000+02:00", reasonCode: "10.4" },
      said("nobody's", 10),
      said("other", -1),
      { ...said("other", 10), reportedAt: new Date(Date.now() + 60_000).toISOString() },
      said("low", 10),
      said("low", 5),
      said("low", 20, "legitimate"),
    ]);
    expect(taken).toEqual([
      { outcome: "accepted" },
      { outcome: "unknown", why: "no payment of this id was decided or imported" },
      { outcome: "refused", why: `was reported before the payment, which is of ${at(0)}` },
      { outcome: "refused", why: "was reported at a time that lies in the future" },
      { outcome: "duplicate" },
      { outcome: "superseded", why: `what was reported at ${at(10)} stands: fraud` },
      { outcome: "accepted" },
    ]);
    expect(await labels()).toEqual({ low: "legitimate by chargeback of the bank's, 20" });
    expect(await told()).toEqual(["low"]);
    const [entry, ...others] = await acts();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      ...{ actor: BANK, subject: "chargebacks" },
      detail: {
        ...{ accepted: 2, duplicate: 1, superseded: 1, unknown: 1, refused: 2 },
        labels: [
          { transaction_id: "low", label: "fraud", reported_at: at(10), reason_code: "10.4" },
          { transaction_id: "low", label: "legitimate", reported_at: at(20) },
        ],
        reasons: [{ code: "10.4", count: 1 }],
      },
    });
    expect(await verifyAudit(db)).toEqual({ sound: acted + 1 });
  });

  test("end in the same whatever their order, and however often they come", async () => {
    const all = [said("low", 10), said("low", 30, "legitimate"), said("low", 20), said("low", 30)];
    expect(await take(...all)).toEqual(["accepted", "accepted", "superseded", "superseded"]);
    const before = await labels();
    expect(await take(...all)).toEqual(["superseded", "duplicate", "superseded", "superseded"]);
    expect(await labels()).toEqual(before);
    expect(await told()).toEqual(["low"]);
    await db.deleteFrom("labels").execute();
    for (const each of all.toReversed()) await take(each);
    expect(await labels()).toEqual(before);
  });

  test("of racing callers are each taken once, and the latest stands", async () => {
    const payments = Array.from({ length: 40 }, (_, i) => decision(`p${i}`));
    await recordDecisions(db, payments, SLA);
    const ids = payments.map(({ transactionId }) => transactionId);
    const chunks = [
      ids.map((id) => said(id, 10)),
      ids.toReversed().map((id) => said(id, 10)),
      ids.map((id) => said(id, 20, "legitimate")),
    ];
    const outcomes = (await Promise.all(chunks.map((chunk) => take(...chunk)))).map(
      (chunk) => new Set(chunk),
    );
    expect(outcomes.map((set) => set.size)).toEqual([1, 1, 1]);
    expect([...outcomes[2]!]).toEqual(["accepted"]);
    expect(new Set(Object.values(await labels()))).toEqual(
      new Set(["legitimate by chargeback of the bank's, 20"]),
    );
    expect(Object.keys(await labels())).toHaveLength(40);
    expect(await acts()).toHaveLength(3);
  });

  test("of a caller who comes while another writes are judged by what that one says", async () => {
    const running: Promise<string[]>[] = [];
    // Whoever acts waits for the audit log at the end: the first has written, and has not committed yet.
    await db.transaction().execute(async (trx) => {
      await trx.selectFrom("audit_head").selectAll().forUpdate().execute();
      for (const minutes of [20, 10]) {
        running.push(take(said("low", minutes)));
        await sleep(200);
      }
    });
    expect(await Promise.all(running)).toEqual([["accepted"], ["superseded"]]);
    expect(await labels()).toEqual({ low: "fraud by chargeback of the bank's, 20" });
  });

  test("come in chunks, and an entry of the audit log names no more than a hundred", async () => {
    const many = Array.from({ length: CHARGEBACKS_AT_ONCE + 150 }, (_, i) => `p${i}`);
    await recordDecisions(
      db,
      many.map((id) => decision(id)),
      SLA,
    );
    expect(new Set(await take(...many.map((id) => said(id, 1))))).toEqual(new Set(["accepted"]));
    expect((await acts()).map(({ detail }) => detail)).toMatchObject([
      { accepted: 150, labels_left_out: 50 },
      { accepted: CHARGEBACKS_AT_ONCE, labels_left_out: CHARGEBACKS_AT_ONCE - 100 },
    ]);
    expect((await acts())[0]!.detail["labels"]).toHaveLength(100);
  });

  test("with a time that is none are refused before anything is written", async () => {
    const wrong = { transactionId: "other", reportedAt: "2026-11-23T10:00:00" };
    await expect(takeChargebacks(db, BANK, [said("low", 1), wrong])).rejects.toMatchObject({
      ...{ code: "invalid_argument", violations: [{ field: "[1].reportedAt" }] },
    });
    expect(await labels()).toEqual({});
  });

  test("can be looked at without being taken", async () => {
    const taken = await takeChargebacks(db, BANK, [said("low", 1), said("none", 1)], { dryRun: true });
    expect(taken.map(({ outcome }) => outcome)).toEqual(["accepted", "unknown"]);
    expect(await labels()).toEqual({});
    expect(await acts()).toEqual([]);
  });
});

describe("a chargeback and an analyst", () => {
  const verdict = async (is: Label): Promise<void> => {
    await giveVerdict(db, { caseId, actor: ANN, verdict: is, note: "" });
  };
  const CHARGED = { judged: "fraud by chargeback of the bank's, 10" };

  test("it takes the place of the verdict's label; the case and what is counted stay", async () => {
    await verdict("legitimate");
    expect(await labels()).toMatchObject({ judged: expect.stringContaining("legitimate by analyst") });
    // The verdict is of now, the chargeback was reported before it.
    expect(await take(said("judged", 10))).toEqual(["accepted"]);
    expect(await labels()).toEqual(CHARGED);
    expect((await readCase(db, caseId)).case).toMatchObject({ verdict: "legitimate", decidedBy: ANN });
    expect(await findDrift(db)).toEqual([]);
  });

  test("no undo, no correction and no later verdict takes it back, and the case says so", async () => {
    await verdict("legitimate");
    await take(said("judged", 10));
    await undoVerdict(db, caseId, ANN);
    expect(await labels()).toEqual(CHARGED);
    await verdict("legitimate");
    expect(await labels()).toEqual(CHARGED);
    await correctVerdict(db, { caseId, actor: ANN, verdict: "fraud", reason: "the bank is right" });
    await correctVerdict(db, { caseId, actor: ANN, verdict: "legitimate", reason: "it is not" });
    expect(await labels()).toEqual(CHARGED);
    const { events } = await readCase(db, caseId);
    expect(events.map(({ kind, detail }) => [kind, detail["label_stays"]])).toEqual([
      ["opened", undefined],
      ["decided", undefined],
      ["reopened", undefined],
      ["decided", "chargeback"],
      ["corrected", "chargeback"],
      ["corrected", "chargeback"],
    ]);
    expect(await findDrift(db)).toEqual([]);
  });

  test("at the same time: the chargeback stands, whoever is first", async () => {
    for (let round = 0; round < 10; round++) {
      await Promise.all([verdict("legitimate"), take(said("judged", 10 + round))]);
      expect(await labels()).toEqual({ judged: `fraud by chargeback of the bank's, ${10 + round}` });
      await Promise.all([undoVerdict(db, caseId, ANN), take(said("judged", 10.5 + round))]);
      expect(await labels()).toEqual({ judged: `fraud by chargeback of the bank's, ${10.5 + round}` });
      if (round % 2) await db.deleteFrom("labels").execute();
    }
  });
});

describe("a chargeback of an imported payment", () => {
  test("is what is learned from, unless the payment was decided as well", async () => {
    await importPayments("past", "low");
    expect(await take(said("past", 10), said("low", 10))).toEqual(["accepted", "accepted"]);
    expect(await imported()).toEqual([
      { id: "low", fraud: false, known: new Date(at(1)) },
      { id: "past", fraud: true, known: new Date(at(10)) },
    ]);
    expect(await take(said("past", 20, "legitimate"), said("past", 5))).toEqual(["accepted", "superseded"]);
    expect(await imported()).toContainEqual({ id: "past", fraud: false, known: new Date(at(20)) });
    expect(Object.keys(await labels()).sort()).toEqual(["low", "past"]);
  });

  test("goes with it when it is too old; that of a decision stays", async () => {
    await importPayments("past", "low");
    await take(said("past", 10), said("low", 10));
    await sql`update imported_transactions set imported_at = now() - interval '3 days'`.execute(db);
    expect(await dropAged(db, 2)).toMatchObject([{ name: "imported_transactions", rows: 2 }]);
    expect(Object.keys(await labels())).toEqual(["low"]);
  });
});
