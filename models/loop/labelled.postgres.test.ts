import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { SYSTEM } from "../../domain/actors.ts";
import { CONTRACT_INPUTS } from "../../domain/transaction.ts";
import { takeChargebacks } from "../../pipeline/chargebacks/take.ts";
import { recordDecisions } from "../../pipeline/record/record-decisions.ts";
import { giveVerdict } from "../../pipeline/review/verdict.ts";
import { keepModelInputs } from "../../pipeline/store/model-inputs.ts";
import { decision, emptyLedger, risky, SLA } from "../../pipeline/store/testing.ts";
import { openTestStore, type TestStore } from "../../pipeline/testing/test-store.ts";
import { holdsFor, type LabelledSpan, readLabelled } from "./labelled.ts";
import { ANALYST } from "./testing/house.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store?.close());
beforeEach(() => emptyLedger(store.db));

const DAY_MS = 86_400_000;
const read = (more: Partial<LabelledSpan> = {}) =>
  readLabelled(store.db, {
    ...{ from: new Date(Date.now() - DAY_MS), until: new Date(Date.now() + DAY_MS) },
    ...{ inputs: CONTRACT_INPUTS, currency: "EUR", ...more },
  });

/** Records decisions whose truth nobody knows, of which a share is drawn, and judges the cases. */
async function recorded(decisions: Parameters<typeof recordDecisions>[1], share = 0) {
  const { db } = store;
  const unknown = decisions.map((one) => ({ ...one, truth: null }));
  const { cases } = await recordDecisions(db, unknown, SLA, { share, slaMs: 60_000 });
  for (const { caseId, transactionId } of cases) {
    const verdict = transactionId.startsWith("fraud") ? "fraud" : "legitimate";
    await giveVerdict(db, { caseId, actor: ANALYST, verdict, note: "" });
  }
  return cases;
}

test("a label stands for as many payments as its chance says, by how it came about", async () => {
  await recorded([risky("fraud-1"), risky("false alarm")]);
  const all = Array.from({ length: 400 }, (_, i) => decision(`quiet-${i}`));
  const drawn = await recorded(all, 0.25);
  expect(drawn.length).toBeGreaterThan(60);
  expect(drawn.length).toBeLessThan(140);
  // A chargeback of a payment that nobody looked at, and one of the control group.
  const missed = all.find(({ transactionId }) => !drawn.some((one) => one.transactionId === transactionId))!;
  const reportedAt = new Date().toISOString();
  const said = [missed, drawn[0]!].map(
    ({ transactionId }) => ({ transactionId, label: "fraud", reportedAt }) as const,
  );
  await takeChargebacks(store.db, SYSTEM, said);

  const found = await read();
  const of = (id: string) => {
    const row = found.ids.indexOf(id);
    return { label: found.labels[row], way: found.ways[row], weight: found.weights[row] };
  };
  expect(of("fraud-1")).toEqual({ label: 1, way: "sent_to_people", weight: 1 });
  expect(of("false alarm")).toEqual({ label: 0, way: "sent_to_people", weight: 1 });
  expect(of(drawn[1]!.transactionId)).toEqual({ label: 0, way: "control_group", weight: 4 });
  expect(of(drawn[0]!.transactionId)).toEqual({ label: 1, way: "control_group", weight: 4 });
  expect(of(missed.transactionId)).toEqual({ label: 1, way: "reported_later", weight: 0 });
  expect(found.data).toMatchObject({
    ...{ rows: drawn.length + 3, frauds: 3, leftOut: {} },
    ways: { sent_to_people: 2, control_group: drawn.length, reported_later: 1 },
  });
  // The weights of the drawn add up to those that there were, within what a draw moves.
  const sum = found.weights.reduce((a, b) => a + b, 0);
  expect(sum).toBeCloseTo(2 + 4 * drawn.length, 3);
  expect(holdsFor(found.ways)).toContain("control group");
  const cases = await store.db
    .selectFrom("review_cases")
    .select(["selected_by", "chance"])
    .distinct()
    .execute();
  expect(cases).toHaveLength(2);
});

test("without a control group figures hold for what was sent to people alone", async () => {
  await recorded([risky("fraud-1"), risky("no")]);
  expect(holdsFor((await read()).ways)).toContain("sent to people alone");
});

test("what the source knows is a label of every payment, and a person's word goes before it", async () => {
  const { cases } = await recordDecisions(
    store.db,
    [risky("a", { truth: true }), decision("b", { truth: false })],
    SLA,
  );
  await giveVerdict(store.db, { caseId: cases[0]!.caseId, actor: ANALYST, verdict: "legitimate", note: "" });
  const found = await read();
  expect(found.ids).toEqual(["a", "b"]);
  expect([...found.labels]).toEqual([0, 0]);
  expect(found.ways).toEqual(["known_by_source", "known_by_source"]);
  const peopleAlone = await read({ sources: ["analyst", "chargeback"] });
  expect(peopleAlone.ids).toEqual(["a"]);
  expect(peopleAlone.ways).toEqual(["sent_to_people"]);
});

test("features are those that were seen, in the order that is asked for; what lacks them is left out and counted", async () => {
  const ref = { modelName: "own", modelVersion: "1" };
  await keepModelInputs(store.db, { name: "own", version: "1" }, { columns: ["b", "a"], schema: null });
  await recordDecisions(
    store.db,
    [
      decision("whole", { ...ref, features: [2, 1], v: null, truth: true }),
      decision("gap", { ...ref, features: [2, null], v: null, truth: true }),
      decision("unknown columns", { ...ref, modelVersion: "2", features: [2, 1], v: null, truth: true }),
      decision("public", { truth: true }),
    ],
    SLA,
  );
  const found = await read({ inputs: ["a", "b"] });
  expect(found.ids).toEqual(["whole"]);
  expect([...found.features.values]).toEqual([1, 2]);
  expect(found.data.leftOut).toEqual({
    "a was missing": 1,
    "nobody knows which columns its model read": 1,
    "its model did not read a": 1,
  });
  const publicSet = await read({ inputs: ["Amount", "V2", "Time"] });
  expect(publicSet.ids).toEqual(["public"]);
  expect([...publicSet.features.values]).toEqual([12.5, 0.25, 36_000]);
  expect((await read({ currency: "JPY", inputs: ["Amount"] })).data.leftOut).toMatchObject({
    "its amount is not in JPY": 1,
  });
});

test("the hash changes with a label, a weight or what was read, and with nothing else", async () => {
  await recordDecisions(store.db, [risky("a", { truth: true }), decision("b", { truth: false })], SLA);
  const first = (await read()).data.sha256;
  expect((await read()).data.sha256).toBe(first);
  await sql`update decisions set fraud_probability = 0.5`.execute(store.db);
  expect((await read()).data.sha256).toBe(first);
  await sql`update decisions set truth = true where transaction_id = 'b'`.execute(store.db);
  expect((await read()).data.sha256).not.toBe(first);
  await sql`update decisions set truth = false, v[3] = 9 where transaction_id = 'b'`.execute(store.db);
  expect((await read()).data.sha256).not.toBe(first);
});

test("many pages are read whole, the newest when there are too many", async () => {
  for (let part = 0; part < 30; part++) {
    const some = Array.from({ length: 200 }, (_, i) => decision(`p${part}-${i}`, { truth: false }));
    await recordDecisions(store.db, some, SLA);
  }
  const found = await read();
  expect(new Set(found.ids).size).toBe(6_000);
  const newest = await read({ most: 10 });
  expect(newest.ids).toEqual(found.ids.slice(-10));
  expect(newest.data.rows).toBe(10);
  expect(Date.parse(newest.data.from)).toBeGreaterThan(Date.parse(found.data.from));
});
