import type { Kysely } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { recordDecisions } from "../record/record-decisions.ts";
import type { Database } from "../store/schema.ts";
import { decision, emptyLedger, risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { readCase } from "./case-page.ts";
import { listQueue } from "./queue.ts";

let store: TestStore;
let db: Kysely<Database>;

beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
});
afterAll(() => store?.close());
beforeEach(() => emptyLedger(db));

const none = { cardToken: null, merchantId: null };
const of = (id: string, entities: Record<string, string>) => decision(id, { entities, ...none });
const told = async (caseId: number) =>
  (await readCase(db, caseId)).neighbours.map(({ entity, id, decisions }) => [
    ...[entity, id],
    decisions.map((d) => d.transactionId),
  ]);

test("a case shows the latest other payments of each of its payment's entities, and of no other", async () => {
  await recordDecisions(
    db,
    [
      ...Array.from({ length: 7 }, (_, i) => of(`till-${i}`, { customer: `c-${i}`, terminal: "t-1" })),
      of("same-customer", { customer: "c-me", terminal: "t-2" }),
      // The id is another entity's here, and here only the beginning of one.
      of("another-kind", { customer: "t-1", terminal: "c-me" }),
      of("longer", { customer: "c-me-too", terminal: "t-11" }),
      decision("none"),
    ],
    SLA,
  );
  const entities = { terminal: "t-1", customer: "c-me", device: 'd"1' };
  const { cases } = await recordDecisions(db, [risky("flagged", { entities, ...none })], SLA);
  expect(await told(cases[0]!.caseId)).toEqual([
    ["customer", "c-me", ["same-customer"]],
    ["device", 'd"1', []],
    ["terminal", "t-1", Array.from({ length: 7 }, (_, i) => `till-${6 - i}`)],
  ]);
  // The queue tells a case by them, too.
  const [waiting] = (await listQueue(db)).items;
  expect(waiting?.entities).toEqual(entities);
});

test("a payment without entities of its own has those of its context: card and merchant", async () => {
  for (const [id, cardToken, merchantId] of [
    ["same-card", "tok_me", "m_other"],
    ["both", "tok_me", "m_me"],
    ["same-merchant", "tok_other", "m_me"],
  ] as const) {
    await recordDecisions(db, [decision(id, { cardToken, merchantId })], SLA);
  }
  const { cases } = await recordDecisions(
    db,
    [risky("flagged", { cardToken: "tok_me", merchantId: "m_me" }), risky("plain", none)],
    SLA,
  );
  expect(await told(cases[0]!.caseId)).toEqual([
    ["card", "tok_me", ["both", "same-card"]],
    ["merchant", "m_me", ["same-merchant", "both"]],
  ]);
  expect(await told(cases[1]!.caseId)).toEqual([]);
});

test("the last ones before the payment and the first ones of the day after it", async () => {
  const entities = { terminal: "busy" };
  const many = (kind: string, count: number) =>
    Array.from({ length: count }, (_, i) => decision(`${kind}-${String(i).padStart(2, "0")}`, { entities }));
  await recordDecisions(db, many("before", 40), SLA);
  const { cases } = await recordDecisions(db, [risky("flagged", { entities })], SLA);
  await recordDecisions(db, many("after", 40), SLA);
  const expected = [
    ...Array.from({ length: 6 }, (_, i) => `after-0${5 - i}`),
    ...Array.from({ length: 18 }, (_, i) => `before-${39 - i}`),
  ];
  expect(await told(cases[0]!.caseId)).toEqual([
    ["card", "tok_a", expected],
    ["terminal", "busy", expected],
    ["merchant", "m_1", expected],
  ]);
});
