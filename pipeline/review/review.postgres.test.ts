import { type Kysely, sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Actor, userActor } from "../../domain/actors.ts";
import { MAX_NOTE, QUEUE_ORDERS, type QueueOrder } from "../../domain/review-cases.ts";
import type { Role } from "../../domain/rights.ts";
import { verifyAudit } from "../audit/verify.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { findDrift } from "../store/reconcile.ts";
import type { Database } from "../store/schema.ts";
import { readStats } from "../store/stats.ts";
import { decision, emptyLedger, risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { correctVerdict, undoVerdict } from "./amend.ts";
import { assignCase, listAssignees } from "./assign.ts";
import { readCase } from "./case-page.ts";
import { claimCase, claimNext, releaseCase, renewClaim, takeOverCase } from "./claim.ts";
import { escalateCase, listAwaitingTimer } from "./escalate.ts";
import { listLinkedCases } from "./linked.ts";
import { listQueue } from "./queue.ts";
import type { QueueCursor } from "./queue-order.ts";
import { referCase, snoozeCase } from "./set-aside.ts";
import { actTogether } from "./together.ts";
import { giveVerdict } from "./verdict.ts";
import { refreshPriorities } from "./worth.ts";

const person = (name: string): Actor => ({ kind: "user", id: `id of ${name}`, name });
const [ann, bob, cid, dan, lea] = ["ann", "bob", "cid", "dan", "lea"].map(person) as [
  Actor,
  Actor,
  Actor,
  Actor,
  Actor,
];
let store: TestStore;
let db: Kysely<Database>;
let cases: Record<string, number>;

beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
});
afterAll(() => store?.close());
beforeEach(async () => {
  await emptyLedger(db);
  const recorded = await recordDecisions(
    db,
    [
      risky("small", { amount: 0, fraudProbability: 1 }),
      risky("large", { amount: 900, fraudProbability: 0.5, riskTier: "high", action: "verify" }),
      risky("middle", { amount: 200, fraudProbability: 0.75 }),
    ],
    SLA,
  );
  cases = Object.fromEntries(recorded.cases.map((c) => [c.transactionId, c.caseId]));
});

const expire = async (caseId: number): Promise<void> => {
  await sql`update review_cases set claimed_until = now() - interval '1 second' where case_id = ${caseId}`.execute(
    db,
  );
};
const makeDue = async (caseId: number): Promise<void> => {
  await sql`update review_cases set due_at = now() - interval '1 second' where case_id = ${caseId}`.execute(
    db,
  );
};
const kinds = async (caseId: number): Promise<string[]> =>
  (await readCase(db, caseId)).events.map((e) => `${e.actor.name} ${e.kind}`);

describe("queue", () => {
  test("is in the order of expected loss, overdue first", async () => {
    const order = async (): Promise<string[]> => (await listQueue(db)).items.map((i) => i.transactionId);
    expect(await order()).toEqual(["large", "middle", "small"]);
    await makeDue(cases["small"]!);
    await escalateCase(db, cases["small"]!);
    expect(await order()).toEqual(["small", "large", "middle"]);
    expect((await listQueue(db)).items[0]).toMatchObject({ overdue: true, expectedLoss: 0 });
  });

  test("never compares amounts of different currencies as numbers", async () => {
    const order = async (...ids: string[]): Promise<string[]> =>
      (await listQueue(db)).items.map((i) => i.transactionId).filter((id) => ids.includes(id));
    // The first of their currencies: nothing is known yet of what is usual in them.
    await recordDecisions(
      db,
      [
        risky("yen small", { amount: 1_235, currency: "JPY" }),
        risky("euro", { amount: 672.92 }),
        risky("yen large", { amount: 500_000, currency: "JPY" }),
        risky("dinar", { amount: 67.292, currency: "KWD" }),
        risky("rupiah", { amount: 400_000, currency: "IDR" }),
      ],
      SLA,
    );
    expect(await order("yen small", "euro")).toEqual(["euro", "yen small"]);
    expect(await order("yen small", "yen large")).toEqual(["yen large", "yen small"]);
    expect(await order("yen small", "dinar")).toEqual(["dinar", "yen small"]);
    // Many payments later what is usual is known: rupees have the minor digits of euros and are worth far less. Of
    // rupiah there is still one payment, which takes it no higher than six usual ones.
    await recordDecisions(
      db,
      Array.from({ length: 200 }, (_, i) =>
        decision(`r${i}`, i % 2 ? { amount: 3_000, currency: "INR" } : { amount: 30 }),
      ),
      SLA,
    );
    expect(await refreshPriorities(db)).toBeGreaterThan(0);
    expect(await refreshPriorities(db)).toBe(0);
    expect(await order("rupiah", "euro")).toEqual(["euro", "rupiah"]);
    await recordDecisions(db, [risky("rupees", { amount: 3_000, currency: "INR" })], SLA);
    expect(await order("rupees", "euro")).toEqual(["euro", "rupees"]);
    expect((await listQueue(db)).items.find((i) => i.transactionId === "yen large")).toMatchObject({
      currency: "JPY",
      expectedLoss: 437_500,
    });
  });

  test("is walked page by page, nothing twice and nothing left out while cases come and go", async () => {
    await recordDecisions(
      db,
      Array.from({ length: 7 }, (_, i) => risky(`more-${i}`, { amount: 100 + (i % 3) })),
      SLA,
    );
    await makeDue(cases["small"]!);
    await escalateCase(db, cases["small"]!);
    const all = (await listQueue(db)).items.map((item) => item.caseId);
    const walked: number[] = [];
    for (
      let page = await listQueue(db, { limit: 3 });
      ;
      page = await listQueue(db, { limit: 3, after: page.next! })
    ) {
      walked.push(...page.items.map((item) => item.caseId));
      if (walked.length === 3)
        await giveVerdict(db, { caseId: walked[0]!, actor: ann, verdict: "fraud", note: "" });
      if (page.next === null) break;
    }
    expect(walked).toEqual(all);
    for (const caseId of walked.slice(1, 4)) {
      await giveVerdict(db, { caseId, actor: ann, verdict: "legitimate", note: "" });
    }
    const first = await listQueue(db, { status: "decided", limit: 2 });
    const second = await listQueue(db, { status: "decided", limit: 2, after: first.next! });
    expect([...first.items, ...second.items].map((item) => item.caseId)).toEqual(
      walked.slice(0, 4).reverse(),
    );
    expect(second.next).toBeNull();
  });

  test("compares currencies by the rates that an operator set, and without one by usual payments", async () => {
    await recordDecisions(
      db,
      Array.from({ length: 100 }, (_, i) =>
        decision(`u${i}`, { amount: i % 2 ? 10 : 50_000, currency: i % 2 ? "EUR" : "JPY" }),
      ),
      SLA,
    );
    const order = async (): Promise<string[]> =>
      (await listQueue(db)).items.map((i) => i.transactionId).filter((id) => /^[ab]-/.test(id));
    await recordDecisions(
      db,
      [risky("a-yen", { amount: 40_000, currency: "JPY" }), risky("a-euro", { amount: 100 })],
      SLA,
    );
    expect(await order()).toEqual(["a-euro", "a-yen"]);
    const set = {
      base: "EUR",
      currency: "JPY",
      valid_from: "2020-01-01",
      rate: "0.006",
      set_by: JSON.stringify(ann),
    };
    await db.insertInto("exchange_rates").values(set).execute();
    await recordDecisions(
      db,
      [risky("b-yen", { amount: 40_000, currency: "JPY" }), risky("b-euro", { amount: 100 })],
      SLA,
    );
    expect((await order()).filter((id) => id.startsWith("b"))).toEqual(["b-yen", "b-euro"]);
    await db.deleteFrom("exchange_rates").execute();
  });

  test("filters by tier, by holder and by nobody, and counts what matches", async () => {
    await claimCase(db, cases["middle"]!, ann);
    expect(await listQueue(db, { tier: "high" })).toMatchObject({
      total: 1,
      items: [{ transactionId: "large" }],
    });
    expect(await listQueue(db, { claimedBy: "ann" })).toMatchObject({
      total: 1,
      items: [{ claimedBy: ann }],
    });
    expect((await listQueue(db, { unclaimed: true })).total).toBe(2);
    expect(await listQueue(db, { limit: 1, offset: 1 })).toMatchObject({
      total: 3,
      items: [{ transactionId: "middle" }],
    });
    await claimCase(db, cases["large"]!, { ...ann, id: "another" });
    const renamed: Actor = { ...ann, name: "ann as she is called now" };
    expect((await listQueue(db, { claimedBy: "ann" })).total).toBe(2);
    expect(await listQueue(db, { holder: renamed })).toMatchObject({
      total: 1,
      items: [{ transactionId: "middle" }],
    });
    expect((await listQueue(db, { holder: { ...ann, kind: "api_key" } })).total).toBe(0);
    await Promise.all([expire(cases["middle"]!), expire(cases["large"]!)]);
    expect((await listQueue(db, { claimedBy: "ann" })).total).toBe(0);
    expect((await listQueue(db, { holder: ann })).total).toBe(0);
    expect((await listQueue(db, { unclaimed: true })).total).toBe(3);
  });

  test("is in another order when one is asked for", async () => {
    await sql`update review_cases set due_at = now() + interval '1 minute' where case_id = ${cases["middle"]!}`.execute(
      db,
    );
    const inOrder = async (order: QueueOrder) =>
      (await listQueue(db, { order })).items.map((item) => item.transactionId);
    expect((await inOrder("due"))[0]).toBe("middle");
    expect(await inOrder("score")).toEqual(["small", "middle", "large"]);
    expect(await inOrder("oldest")).toEqual(Object.keys(cases).sort((a, b) => cases[a]! - cases[b]!));
  });

  test("a page far back is the same whichever end it is read from", async () => {
    const all = Array.from({ length: 450 }, (_, n) => risky(`far-${n}`, { amount: 10 + ((n * 7) % 90) }));
    const { cases: opened } = await recordDecisions(db, all, SLA);
    for (const { caseId } of opened.slice(0, 240))
      await giveVerdict(db, { caseId, actor: ann, verdict: "legitimate", note: "" });
    await escalateCase(db, opened.at(-1)!.caseId);
    for (const status of ["open", "decided"] as const) {
      const others = QUEUE_ORDERS.map((order) => ({ status, order }));
      const tier = "critical" as const;
      for (const filter of [{ status }, { status, tier }, { status, unclaimed: true }, ...others]) {
        if (status === "decided" && ("unclaimed" in filter || "order" in filter)) continue;
        const whole = [];
        for (let after: QueueCursor | undefined, more = true; more; ) {
          const page = await listQueue(db, { ...filter, limit: 100, ...(after ? { after } : {}) });
          whole.push(...page.items.map(({ caseId }) => caseId));
          more = page.next !== null;
          if (page.next) after = page.next;
        }
        expect(whole.length).toBeGreaterThan(200);
        for (const offset of [0, 100, 199, 200, 205, 209, 210, 211, 212, 213, 230, 239, 240, 300]) {
          const { items, total, next } = await listQueue(db, { ...filter, limit: 7, offset });
          expect(items.map(({ caseId }) => caseId)).toEqual(whole.slice(offset, offset + 7));
          expect([total, next === null]).toEqual([whole.length, offset + 7 >= whole.length]);
        }
      }
    }
  });
});

describe("claim", () => {
  test("is a lease: others are refused with the holder's name, the holder renews without a new event", async () => {
    const id = cases["large"]!;
    const first = await claimCase(db, id, ann, 1_000);
    await expect(claimCase(db, id, bob)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("claimed by ann"),
    });
    const second = await claimCase(db, id, ann, 60_000);
    expect(second.claimedUntil.getTime()).toBeGreaterThan(first.claimedUntil.getTime());
    expect(await kinds(id)).toEqual(["system opened", "ann claimed"]);
  });

  test("of two at once exactly one wins", async () => {
    const results = await Promise.allSettled([ann, bob].map((who) => claimCase(db, cases["large"]!, who)));
    expect(results.map((r) => r.status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("that ran out is taken over, and its former holder is told", async () => {
    const id = cases["large"]!;
    await claimCase(db, id, ann);
    await expire(id);
    await claimCase(db, id, bob);
    const last = (await readCase(db, id)).events.at(-1);
    expect(last).toMatchObject({ actor: bob, kind: "claimed", detail: { taken_over_from: "ann" } });
    await expect(
      giveVerdict(db, { caseId: id, actor: ann, verdict: "fraud", note: "" }),
    ).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("claimed by bob"),
    });
  });

  test("is released by its holder only", async () => {
    const id = cases["large"]!;
    await claimCase(db, id, ann);
    await expect(releaseCase(db, id, bob)).rejects.toMatchObject({ code: "conflict" });
    await releaseCase(db, id, ann);
    await releaseCase(db, id, ann);
    expect(await kinds(id)).toEqual(["system opened", "ann claimed", "ann released"]);
    expect((await readCase(db, id)).case.claimedBy).toBeNull();
  });

  test("is ended by whoever leads, and the trail says whose it was", async () => {
    const id = cases["large"]!;
    await claimCase(db, id, ann);
    await releaseCase(db, id, lea, { others: true });
    const page = await readCase(db, id);
    expect(page.case.claimedBy).toBeNull();
    expect(page.events.at(-1)).toMatchObject({
      actor: lea,
      kind: "released",
      detail: { held_by: "ann" },
    });
    await expect(renewClaim(db, id, ann)).rejects.toMatchObject({ code: "conflict" });
  });

  test("next gives two callers two cases, in the queue's order, then nothing", async () => {
    const [a, b] = await Promise.all([claimNext(db, ann), claimNext(db, bob)]);
    expect([a?.caseId, b?.caseId].sort()).toEqual([cases["large"], cases["middle"]].sort());
    expect((await claimNext(db, cid))?.caseId).toBe(cases["small"]);
    expect(await claimNext(db, dan)).toBeNull();
  });

  test("next gives back the case one holds, also when asked twice at once, until it is decided or released", async () => {
    const [a, b] = await Promise.all([claimNext(db, ann), claimNext(db, ann)]);
    expect(a?.caseId).toBe(b?.caseId);
    expect((await claimNext(db, ann))?.caseId).toBe(a?.caseId);
    expect((await listQueue(db, { claimedBy: "ann" })).total).toBe(1);
    await giveVerdict(db, { caseId: a!.caseId, actor: ann, verdict: "fraud", note: "" });
    expect((await claimNext(db, ann))?.caseId).not.toBe(a?.caseId);
  });

  test("next passes over what one has just released while there is anything else", async () => {
    const order = (await listQueue(db)).items.map((item) => item.caseId);
    const given: (number | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      const next = await claimNext(db, ann);
      given.push(next?.caseId);
      await releaseCase(db, next!.caseId, ann);
    }
    expect(given).toEqual(order);
    expect((await claimNext(db, ann))?.caseId).toBe(order[0]);
    // To others it is as good as any.
    await releaseCase(db, order[0]!, ann);
    expect((await claimNext(db, bob))?.caseId).toBe(order[0]);
  });

  test("next keeps to the tier asked for", async () => {
    expect((await claimNext(db, ann, { tier: "high" }))?.caseId).toBe(cases["large"]);
    expect((await claimNext(db, ann, { tier: "critical" }))?.caseId).toBe(cases["middle"]);
    expect(await claimNext(db, bob, { tier: "high" })).toBeNull();
  });

  test("is renewed by whoever holds it, also just after it ran out; never given anew", async () => {
    const id = cases["large"]!;
    await expect(renewClaim(db, id, ann)).rejects.toMatchObject({ code: "conflict" });
    const first = await claimCase(db, id, ann, 1_000);
    const renewed = await renewClaim(db, id, ann);
    expect(renewed.claimedUntil.getTime()).toBeGreaterThan(first.claimedUntil.getTime());
    await expire(id);
    expect((await readCase(db, id)).case).toMatchObject({ claimedBy: null, lapsedFrom: ann });
    await renewClaim(db, id, ann);
    expect((await readCase(db, id)).case).toMatchObject({ claimedBy: ann, lapsedFrom: null });
    await releaseCase(db, id, ann);
    await expect(renewClaim(db, id, ann)).rejects.toMatchObject({ code: "conflict" });
    expect((await readCase(db, id)).case).toMatchObject({ claimedBy: null, lapsedFrom: null });
    await claimCase(db, id, bob);
    await expect(renewClaim(db, id, ann)).rejects.toMatchObject({
      message: expect.stringContaining("bob"),
    });
  });

  test("of an unknown case is not found", async () => {
    await expect(claimCase(db, 999_999, ann)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("decide", () => {
  test("sets verdict, label and event, and moves the counts", async () => {
    const id = cases["large"]!;
    await claimCase(db, id, ann);
    const done = await giveVerdict(db, {
      caseId: id,
      actor: ann,
      verdict: "fraud",
      note: "  card holder called ",
    });
    expect(done).toMatchObject({ transactionId: "large", verdict: "fraud" });
    const page = await readCase(db, id);
    expect(page.case).toMatchObject({
      status: "decided",
      decidedBy: ann,
      note: "card holder called",
      claimedBy: null,
    });
    expect(page.events.at(-1)).toMatchObject({ kind: "decided", detail: { verdict: "fraud" } });
    expect(await db.selectFrom("labels").selectAll().execute()).toMatchObject([
      { transaction_id: "large", label: "fraud", source: "analyst", labelled_by: ann },
    ]);
    expect((await readStats(db)).reviews).toMatchObject({ open: 2, decided: 1, decidedFraud: 1, claimed: 0 });
    expect((await listQueue(db, { status: "decided" })).items).toMatchObject([{ transactionId: "large" }]);
  });

  test("of two analysts at once exactly one wins and the other learns who did it", async () => {
    const id = cases["middle"]!;
    const results = await Promise.allSettled([
      giveVerdict(db, { caseId: id, actor: ann, verdict: "fraud", note: "" }),
      giveVerdict(db, { caseId: id, actor: bob, verdict: "legitimate", note: "" }),
    ]);
    const winner = results[0]!.status === "fulfilled" ? "ann" : "bob";
    const lost = results.find((r) => r.status === "rejected")!;
    expect(lost.reason).toMatchObject({ code: "conflict", message: expect.stringContaining(`by ${winner}`) });
    expect((await readCase(db, id)).events.filter((e) => e.kind === "decided")).toHaveLength(1);
    expect(await db.selectFrom("labels").selectAll().execute()).toHaveLength(1);
  });

  test("sent again because the answer was lost is recorded once; another verdict or note is refused", async () => {
    const id = cases["large"]!;
    const verdict = { caseId: id, actor: ann, verdict: "fraud", note: "called\r\ntwice" } as const;
    const [one, two] = await Promise.all([giveVerdict(db, verdict), giveVerdict(db, verdict)]);
    expect([one.repeated, two.repeated].toSorted()).toEqual([false, true]);
    expect(two.decidedAt).toEqual(one.decidedAt);
    expect((await readCase(db, id)).events.filter((event) => event.kind === "decided")).toHaveLength(1);
    for (const other of [{ verdict: "legitimate" }, { note: "called" }, { actor: bob }] as const) {
      await expect(giveVerdict(db, { ...verdict, ...other })).rejects.toMatchObject({ code: "conflict" });
    }
    expect((await readCase(db, id)).case).toMatchObject({ verdict: "fraud", note: "called\ntwice" });
  });

  test("counts a line's end as one character, whichever way it is sent", async () => {
    const note = "x\r\n".repeat(MAX_NOTE / 2);
    await giveVerdict(db, { caseId: cases["large"]!, actor: ann, verdict: "fraud", note });
    expect((await readCase(db, cases["large"]!)).case.note).toHaveLength(MAX_NOTE - 1);
  });

  test.each([
    ["without end", "x".repeat(MAX_NOTE + 1)],
    ["with a card number", "card holder read out 4111 1111 1111 1111"],
    ["with half a surrogate pair", "ok \ud83d"],
    ["with a NUL", "a\0b"],
  ])("refuses a note %s and records nothing", async (_, note) => {
    const id = cases["large"]!;
    await expect(giveVerdict(db, { caseId: id, actor: ann, verdict: "fraud", note })).rejects.toMatchObject({
      code: "invalid_argument",
      violations: [{ field: "note" }],
    });
    expect((await readCase(db, id)).case).toMatchObject({ status: "open", note: null });
  });
});

describe("escalation", () => {
  test("happens once, only when due and still open", async () => {
    const id = cases["large"]!;
    expect(await escalateCase(db, id)).toBeNull();
    await makeDue(id);
    const results = await Promise.all([escalateCase(db, id), escalateCase(db, id)]);
    expect(results.filter(Boolean)).toMatchObject([
      { caseId: id, transactionId: "large", amountMinor: 90_000, currency: "EUR" },
    ]);
    expect(await kinds(id)).toEqual(["system opened", "system escalated"]);
    await makeDue(cases["small"]!);
    await giveVerdict(db, { caseId: cases["small"]!, actor: ann, verdict: "fraud", note: "" });
    expect(await escalateCase(db, cases["small"]!)).toBeNull();
    expect((await listAwaitingTimer(db, 0, 10)).map((c) => c.caseId)).toEqual([cases["middle"]]);
  });
});

/** What the payment of the case counts as. */
const labelOf = async (caseId: number) =>
  await db
    .selectFrom("labels as l")
    .innerJoin("review_cases as c", "c.transaction_id", "l.transaction_id")
    .select(["l.label", "l.source"])
    .where("c.case_id", "=", caseId)
    .executeTakeFirst();

describe("a verdict that was wrong", () => {
  test("is taken back within seconds by whoever gave it: open, theirs, its note kept, counted nowhere", async () => {
    const id = cases["large"]!;
    const before = await labelOf(id);
    await giveVerdict(db, { caseId: id, actor: ann, verdict: "fraud", note: "a slip" });
    await expect(undoVerdict(db, id, bob)).rejects.toThrow("decided by ann, not by you");
    await undoVerdict(db, id, ann);
    expect((await readCase(db, id)).case).toMatchObject({
      ...{ status: "open", verdict: null, note: "a slip", claimedBy: ann },
    });
    expect(await labelOf(id)).toEqual(before);
    expect(await kinds(id)).toEqual(["system opened", "ann decided", "ann reopened"]);
    expect(await findDrift(db)).toEqual([]);
    expect((await listQueue(db)).total).toBe(3);
    await expect(undoVerdict(db, id, ann)).rejects.toThrow("there is no verdict to take back");
    await giveVerdict(db, { caseId: id, actor: ann, verdict: "legitimate", note: "" });
    expect(await labelOf(id)).toEqual({ label: "legitimate", source: "analyst" });
  });

  test("gives what was known before it its place again when it is taken back", async () => {
    const id = cases["large"]!;
    await sql`insert into labels (transaction_id, label, source, labelled_by, labelled_at)
      values ('large', 'fraud', 'chargeback', ${JSON.stringify(lea)}::jsonb, now() - interval '1 day')`.execute(
      db,
    );
    await giveVerdict(db, { caseId: id, actor: ann, verdict: "legitimate", note: "" });
    await undoVerdict(db, id, ann);
    expect(await labelOf(id)).toEqual({ label: "fraud", source: "chargeback" });
  });

  test("is corrected later with a reason, by its giver or a lead; label and counts follow", async () => {
    const id = cases["large"]!;
    await giveVerdict(db, { caseId: id, actor: ann, verdict: "fraud", kind: "scam", note: "" });
    // In another minute than the correction, which is counted where it happens.
    await sql`update review_cases set decided_at = decided_at - interval '1 hour' where case_id = ${id}`.execute(
      db,
    );
    await sql`update counter_deltas set minute = minute - interval '1 hour' where verdicts_fraud = 1`.execute(
      db,
    );
    await expect(undoVerdict(db, id, ann)).rejects.toThrow("correct it, with a reason");
    const wrong = {
      caseId: id,
      verdict: "legitimate",
      kind: "useful_alert",
      reason: "they knew it",
    } as const;
    await expect(correctVerdict(db, { ...wrong, actor: bob })).rejects.toThrow(
      "they or a lead may correct it",
    );
    await expect(correctVerdict(db, { ...wrong, actor: ann, reason: " " })).rejects.toMatchObject({
      code: "invalid_argument",
    });
    await correctVerdict(db, { ...wrong, actor: lea, others: true });
    expect((await readCase(db, id)).case).toMatchObject({
      ...{ verdict: "legitimate", verdictKind: "useful_alert", decidedBy: lea },
    });
    expect(await labelOf(id)).toEqual({ label: "legitimate", source: "analyst" });
    expect(await findDrift(db)).toEqual([]);
    expect((await readCase(db, id)).events.at(-1)).toMatchObject({
      ...{ kind: "corrected", detail: { from: "fraud", from_kind: "scam", note: "they knew it" } },
    });
    await expect(correctVerdict(db, { ...wrong, actor: lea, others: true })).rejects.toThrow(
      "says so already",
    );
  });

  test("takes no kind of another verdict", async () => {
    const given = { caseId: cases["large"]!, actor: ann, verdict: "fraud", note: "" } as const;
    await expect(giveVerdict(db, { ...given, kind: "useful_alert" })).rejects.toMatchObject({
      code: "invalid_argument",
    });
  });
});

describe("a case that is not decided now", () => {
  test("is nobody's next while it is put off, then comes back by itself", async () => {
    const id = cases["large"]!;
    await claimCase(db, id, ann);
    await snoozeCase(db, { caseId: id, actor: ann, reason: "waits for the shop" }, 60);
    expect((await claimNext(db, bob))?.caseId).toBe(cases["middle"]);
    expect((await listQueue(db, { aside: "snoozed" })).items.map(({ caseId }) => caseId)).toEqual([id]);
    await sql`update review_cases set snoozed_until = now() - interval '1 second' where case_id = ${id}`.execute(
      db,
    );
    expect(await listQueue(db, { aside: "snoozed" })).toMatchObject({ items: [], total: 0 });
    expect((await claimNext(db, cid))?.caseId).toBe(id);
  });

  test("waits for a lead once it was escalated: nobody else claims, decides or is given it", async () => {
    const id = cases["small"]!;
    await expect(referCase(db, { caseId: id, actor: ann, reason: "" })).rejects.toMatchObject({
      code: "invalid_argument",
    });
    await referCase(db, { caseId: id, actor: ann, reason: "a colleague's card" });
    await expect(claimCase(db, id, bob)).rejects.toThrow("waits for a lead");
    const given = { caseId: id, actor: bob, verdict: "fraud", note: "" } as const;
    await expect(giveVerdict(db, given)).rejects.toThrow("waits for a lead");
    expect((await claimNext(db, bob))?.caseId).toBe(cases["large"]);
    expect((await listQueue(db, { aside: "referred" })).total).toBe(1);
    // Though it is worth the least.
    expect((await claimNext(db, lea, { leads: true }))?.caseId).toBe(id);
    await giveVerdict(db, { ...given, actor: lea, leads: true });
  });
});

describe("a case that is given to a person", () => {
  const member = async (name: string, role: Role, disabled = false): Promise<Actor> => {
    const { user_id } = await db
      .insertInto("users")
      .values({ name, role, disabled_at: disabled ? new Date() : null })
      .returning("user_id")
      .executeTakeFirstOrThrow();
    return userActor(user_id, name);
  };
  afterEach(async () => {
    await db.deleteFrom("users").where("name", "like", "team %").execute();
  });

  test("is their next before what is worth more, and nobody else's until its deadline has passed", async () => {
    const [amy, kit] = [await member("team amy", "analyst"), await member("team kit", "analyst")];
    const id = cases["small"]!;
    expect(await assignCase(db, { caseId: id, actor: lea, to: "team amy" })).toEqual(amy);
    await assignCase(db, { caseId: id, actor: lea, to: "team amy" });
    expect(await listQueue(db, { assignee: amy })).toMatchObject({
      total: 1,
      items: [{ transactionId: "small", assignedTo: amy }],
    });
    const [own, first, second] = [
      await claimNext(db, amy),
      await claimNext(db, kit),
      await claimNext(db, bob),
    ];
    expect([own, first, second].map((claim) => claim?.caseId)).toEqual([id, cases["large"], cases["middle"]]);
    await releaseCase(db, id, amy);
    expect(await claimNext(db, cid)).toBeNull();
    expect((await claimNext(db, amy))?.caseId).toBe(id);
    await releaseCase(db, id, amy);
    await makeDue(id);
    await escalateCase(db, id);
    expect((await claimNext(db, cid))?.caseId).toBe(id);
    expect((await kinds(id)).filter((each) => each.endsWith("assigned"))).toEqual(["lea assigned"]);
  });

  test("goes to another or back to nobody, and never from under the hands of who works on it", async () => {
    const [amy, kit] = [await member("team amy", "analyst"), await member("team kit", "lead")];
    const id = cases["large"]!;
    await claimCase(db, id, amy);
    await expect(assignCase(db, { caseId: id, actor: lea, to: "team kit" })).rejects.toThrow(
      `case ${id} is claimed by team amy`,
    );
    await assignCase(db, { caseId: id, actor: lea, to: "team amy" });
    await releaseCase(db, id, amy);
    await assignCase(db, { caseId: id, actor: lea, to: "team kit" });
    expect((await readCase(db, id)).events.at(-1)).toMatchObject({
      ...{ kind: "assigned", detail: { from: "team amy", to: "team kit" } },
    });
    expect((await claimNext(db, kit))?.caseId).toBe(id);
    await assignCase(db, { caseId: id, actor: lea, to: null });
    expect((await readCase(db, id)).case.assignedTo).toBeNull();
    await giveVerdict(db, { caseId: id, actor: kit, verdict: "fraud", note: "" });
    await expect(assignCase(db, { caseId: id, actor: lea, to: "team amy" })).rejects.toThrow("was decided");
  });

  test("goes to nobody who may not decide it", async () => {
    await member("team amy", "analyst");
    await member("team eve", "viewer");
    await member("team gus", "analyst", true);
    const id = cases["large"]!;
    for (const to of ["team eve", "team gus", "nobody at all"]) {
      await expect(assignCase(db, { caseId: id, actor: lea, to })).rejects.toMatchObject({
        code: "invalid_argument",
      });
    }
    await referCase(db, { caseId: id, actor: ann, reason: "a colleague's card" });
    await expect(assignCase(db, { caseId: id, actor: lea, to: "team amy" })).rejects.toThrow(
      "waits for a lead, and team amy is none",
    );
    expect((await listAssignees(db)).filter(({ name }) => name.startsWith("team "))).toEqual([
      { name: "team amy", displayName: null },
    ]);
  });
});

describe("the token of a case", () => {
  test("refuses what was sent from a page that somebody else has held the case since", async () => {
    const id = cases["large"]!;
    const { token: shown } = (await readCase(db, id)).case;
    const { token } = await claimCase(db, id, bob);
    expect((await renewClaim(db, id, bob, undefined, token)).token).toBe(token);
    await releaseCase(db, id, bob);
    const given = { caseId: id, actor: ann, verdict: "fraud", note: "" } as const;
    await expect(giveVerdict(db, { ...given, token: shown })).rejects.toThrow("has changed hands since");
    await giveVerdict(db, { ...given, token: (await readCase(db, id)).case.token });
  });

  test("is another after a lead took the case over, and its former holder is told", async () => {
    const id = cases["large"]!;
    const { token } = await claimCase(db, id, ann);
    const taken = await takeOverCase(db, id, lea);
    expect(taken.token).toBeGreaterThan(token);
    await expect(renewClaim(db, id, ann, undefined, token)).rejects.toThrow("claimed by lea");
    expect((await readCase(db, id)).events.at(-1)?.detail).toEqual({ taken_from: "ann" });
  });
});

test("open cases of one card are closed together, but for what somebody else holds", async () => {
  const recorded = await recordDecisions(
    db,
    ["c1", "c2", "c3"].map((id) => risky(id, { cardToken: "tok_cluster" })),
    SLA,
  );
  const ids = recorded.cases.map(({ caseId }) => caseId);
  const linked = async () =>
    (await listLinkedCases(db, { entity: "card", id: "tok_cluster" })).map(({ caseId }) => caseId);
  expect((await linked()).toSorted()).toEqual(ids.toSorted());
  await claimCase(db, ids[1]!, bob);
  const given = {
    actor: lea,
    verdict: "fraud",
    kind: "card_testing",
    note: "one spree",
    leads: true,
  } as const;
  const { done, refused } = await actTogether(ids, (caseId) => giveVerdict(db, { ...given, caseId }));
  expect(done.map(({ caseId }) => caseId)).toEqual([ids[0], ids[2]]);
  expect(refused).toEqual([{ caseId: ids[1], why: `case ${ids[1]} is claimed by bob` }]);
  expect(await linked()).toEqual([ids[1]]);
  expect(await findDrift(db)).toEqual([]);
});

test("every act of a person leaves an entry of the audit log and news, in the same transaction", async () => {
  const id = cases["large"]!;
  await claimCase(db, id, ann);
  await releaseCase(db, id, ann);
  await giveVerdict(db, { caseId: id, actor: bob, verdict: "fraud", note: "seen" });
  await expect(claimCase(db, id, ann)).rejects.toMatchObject({ code: "conflict" });
  const acts = await db
    .selectFrom("audit_log")
    .select(["act", "actor", "detail"])
    .where("subject", "=", `case:${id}`)
    .orderBy("audit_id")
    .execute();
  expect(acts).toEqual([
    { act: "review.claimed", actor: ann, detail: {} },
    { act: "review.released", actor: ann, detail: {} },
    {
      ...{ act: "review.decided", actor: bob },
      // `printf seen | sha256sum`: what is in the chain cannot be erased, so the note itself is not.
      detail: {
        verdict: "fraud",
        note_sha256: "7208794c984ea1c75d13877c7427336fe98722c41a056eeee4f37360ec367123",
      },
    },
  ]);
  const news = await db
    .selectFrom("outbox")
    .select("payload")
    .where("kind", "=", "review.changed")
    .where("key", "=", `case:${id}`)
    .orderBy("outbox_id")
    .execute();
  expect(news.map(({ payload }) => payload)).toMatchObject([
    { event: "claimed", actor: ann },
    { event: "released", actor: ann },
    { event: "decided", actor: bob },
  ]);
  expect(await verifyAudit(db)).not.toHaveProperty("fault");
});

test("a verdict and an escalation are counted in the minute that their rows say, also at its very end", async () => {
  // Each statement of the transaction asks the clock anew; a minute passes in between.
  const id = cases["large"]!;
  await makeDue(id);
  await sql`create function a_minute_passes() returns trigger language plpgsql as $$
    begin
      new.escalated_at := case when old.escalated_at is null and new.escalated_at is not null
        then date_trunc('minute', now()) - interval '1 millisecond' else new.escalated_at end;
      new.decided_at := case when old.decided_at is null and new.decided_at is not null
        then date_trunc('minute', now()) - interval '1 millisecond' else new.decided_at end;
      return new;
    end $$`.execute(db);
  await sql`create trigger a_minute_passes before update on review_cases
    for each row execute function a_minute_passes()`.execute(db);
  try {
    await escalateCase(db, id);
    await giveVerdict(db, { caseId: id, actor: ann, verdict: "fraud", note: "" });
    expect(await findDrift(db)).toEqual([]);
  } finally {
    await sql`drop trigger a_minute_passes on review_cases`.execute(db);
  }
});
