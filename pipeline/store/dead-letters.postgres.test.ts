import type { Kysely } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { listDeadLetters } from "../dead-letters/letters.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { recordDeadLetters } from "./dead-letters.ts";
import type { Database } from "./schema.ts";
import { readStats } from "./stats.ts";
import { emptyLedger } from "./testing.ts";

let store: TestStore;
let db: Kysely<Database>;

beforeAll(async () => {
  store = await openTestStore("embedded");
  db = store.db;
});
afterAll(() => store?.close());
beforeEach(() => emptyLedger(db));

test("dead letters are kept once, with card numbers masked", async () => {
  const letter = {
    queue: "transactions",
    jobId: "j",
    position: 3,
    transactionId: "4111 1111 1111 1111",
    source: "api",
    errorCode: "invalid_argument",
    error: "looks like 4111111111111111\u0000",
    payload: { cardToken: "4111-1111-1111-1111", amount: 3 },
  };
  expect(await recordDeadLetters(db, [letter, letter])).toBe(1);
  const row = await db.selectFrom("dead_letters").selectAll().executeTakeFirstOrThrow();
  expect(JSON.stringify(row)).not.toMatch(/4111/);
  expect(row.payload).toEqual({ cardToken: "[16 digits]", amount: 3 });
  expect((await listDeadLetters(db)).items).toHaveLength(1);
  expect((await readStats(db)).deadLetters).toBe(1);
});

test("nothing in a dead letter keeps it from being written, and ids stay as they were sent", async () => {
  let deep: unknown = "bottom";
  for (let i = 0; i < 5_000; i++) deep = [deep];
  const payload = {
    transactionId: "2026112212345678901",
    cardToken: "tok-1234-5678-9012-3456-7890",
    ["key \ud800\u0000"]: "half \udc00",
    number: 4_111_111_111_111_111,
    small: 1e-320,
    large: 1e308,
    deep,
  };
  const hostile = (
    jobId: string,
    overrides: object = {},
  ): Parameters<typeof recordDeadLetters>[1][number] => ({
    queue: "transactions",
    jobId,
    position: 0,
    transactionId: "2026112212345678901",
    source: "api",
    errorCode: "internal",
    error: `${"e".repeat(1_999)}\ud83d\ude00`,
    payload,
    ...overrides,
  });
  const letters = [
    hostile("a"),
    hostile("b\u0000\ud800", { source: "s\u0000".repeat(300), transactionId: "\udfff" }),
    hostile("c".repeat(10_000)),
    hostile(`${"c".repeat(9_999)}d`),
    hostile("e", { payload: { long: "x".repeat(5_000_000) } }),
    hostile("f", { payload: ["a list"] }),
  ];
  expect(await recordDeadLetters(db, letters)).toBe(letters.length);
  expect(await recordDeadLetters(db, letters)).toBe(0);
  const [first] = await db.selectFrom("dead_letters").selectAll().where("job_id", "=", "a").execute();
  expect(first?.transaction_id).toBe("2026112212345678901");
  expect(first?.payload).toMatchObject({
    transactionId: "2026112212345678901",
    cardToken: "tok-1234-5678-9012-3456-7890",
    "key \ufffd\ufffd": "half \ufffd",
    number: "[16 digits]",
    large: 1e308,
  });
});
