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

const of = (id: string, entities: Record<string, string>) => decision(id, { entities });

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
  const { cases } = await recordDecisions(
    db,
    [risky("flagged", { entities: { customer: "c-me", terminal: "t-1", device: 'd"1' } })],
    SLA,
  );
  const { neighbours } = await readCase(db, cases[0]!.caseId);
  expect(
    neighbours.map(({ entity, id, decisions }) => [entity, id, decisions.map((d) => d.transactionId)]),
  ).toEqual(
    expect.arrayContaining([
      ["customer", "c-me", ["same-customer"]],
      ["terminal", "t-1", ["till-6", "till-5", "till-4", "till-3", "till-2"]],
      ["device", 'd"1', []],
    ]),
  );
  expect(neighbours).toHaveLength(3);
  // The queue tells a case by them, too.
  const [waiting] = (await listQueue(db)).items;
  expect(waiting?.entities).toEqual({ customer: "c-me", terminal: "t-1", device: 'd"1' });
});

test("a payment without entities has no neighbours to show", async () => {
  const { cases } = await recordDecisions(db, [risky("plain")], SLA);
  expect((await readCase(db, cases[0]!.caseId)).neighbours).toEqual([]);
});
