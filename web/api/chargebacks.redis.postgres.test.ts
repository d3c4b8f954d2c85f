import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { recordDecisions } from "../../pipeline/record/record-decisions.ts";
import { decision, emptyLedger, risky, SLA } from "../../pipeline/store/testing.ts";
import { startTestConsole, type TestConsole } from "../testing/console.ts";

const KEY = "a-test-key-of-enough-length";
let it: TestConsole;

beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY });
});
afterAll(() => it.stop());
beforeEach(async () => {
  await emptyLedger(it.db);
  await recordDecisions(it.db, [decision("a"), risky("b")], SLA);
});

async function send(body: unknown): Promise<{ readonly status: number; readonly answer: unknown }> {
  const response = await it.app.request("/api/v1/chargebacks", {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: await response.json() };
}

const labels = async () =>
  await it.db
    .selectFrom("labels")
    .select(["transaction_id as id", "label", "source", "labelled_at as at"])
    .orderBy("transaction_id")
    .execute();

const AT = "2026-11-24T10:00:00+02:00";

test("a list is answered one by one, in its order", async () => {
  const { status, answer } = await send([
    { transaction_id: "b", reported_at: AT, reason_code: "10.4" },
    { transaction_id: "nobody's", reported_at: AT },
    { transaction_id: "a", label: "legitimate", reported_at: AT },
    { transaction_id: "a", reported_at: "2026-11-23T08:00:00Z" },
    { transaction_id: "b", label: "fraud", reported_at: "2026-11-24T08:00:00.000Z" },
    { transaction_id: "b", reported_at: "2020-01-01T00:00:00Z" },
  ]);
  expect(status).toBe(200);
  expect(answer).toEqual({
    ...{ accepted: 2, duplicates: 1, superseded: 1, unknown: 1, refused: 1 },
    results: [
      { index: 0, transaction_id: "b", outcome: "accepted" },
      {
        ...{ index: 1, transaction_id: "nobody's", outcome: "unknown" },
        why: "no payment of this id was decided or imported",
      },
      { index: 2, transaction_id: "a", outcome: "accepted" },
      {
        ...{ index: 3, transaction_id: "a", outcome: "superseded" },
        why: "what was reported at 2026-11-24T08:00:00.000Z stands: legitimate",
      },
      { index: 4, transaction_id: "b", outcome: "duplicate" },
      {
        ...{ index: 5, transaction_id: "b", outcome: "refused" },
        why: "was reported before the payment, which is of 2026-11-22T10:00:00.000Z",
      },
    ],
  });
  const at = new Date(AT);
  expect(await labels()).toEqual([
    { id: "a", label: "legitimate", source: "chargeback", at },
    { id: "b", label: "fraud", source: "chargeback", at },
  ]);
});

test("one is answered as a list of one", async () => {
  expect(await send({ transaction_id: "a", reported_at: AT })).toMatchObject({
    ...{ status: 200, answer: { accepted: 1, results: [{ index: 0, outcome: "accepted" }] } },
  });
});

test("a body that is wrong anywhere is refused whole, by field and in words", async () => {
  const right = { transaction_id: "a", reported_at: AT };
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const wrong: [unknown, string, string][] = [
    [{ ...right, transaction_id: "" }, "transaction_id", "must have 1 to 128 characters"],
    [{ reported_at: AT }, "transaction_id", "must be a string"],
    [{ ...right, label: "chargeback" }, "label", "must be fraud or legitimate"],
    [{ ...right, reported_at: "2026-11-24T10:00:00" }, "reported_at", "with a zone"],
    [{ ...right, reported_at: later }, "reported_at", "lies in the future"],
    [{ ...right, reason_code: "x".repeat(65) }, "reason_code", "at most 64 characters"],
    [{ ...right, amount: 3 }, "amount", "unknown field"],
    [[right, { ...right, reported_at: later }], "[1].reported_at", "lies in the future"],
    [[], "body", "must have at least one chargeback"],
    [Array(1_001).fill(right), "body", "at most 1,000 chargebacks"],
    ["a", "body", "must be an object"],
  ];
  for (const [body, field, message] of wrong) {
    const { status, answer } = await send(body);
    expect(status, message).toBe(400);
    expect(answer).toMatchObject({ errors: [{ field, message: expect.stringContaining(message) }] });
  }
  expect(await labels()).toEqual([]);
});
