import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askedFor } from "./asked.ts";

const SCHEMA = `schema: 1
name: bank
currency: EUR
fields: { amount: { type: number, min: 0 } }
entities: { customer: {} }
features:
  risk: { aggregate: fraud_share, by: customer, window: 30d, delay: 3d }
inputs: [amount, risk]
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-asked-"));
  await writeFile(join(folder, "bank.yaml"), SCHEMA);
  await writeFile(join(folder, "few.csv"), "id,when,client,sum\n1,2025-01-01T10:00:00Z,c,1\n");
});
afterAll(() => rm(folder, { recursive: true }));

/** What is asked for of the test's file, and what was said before it was there or refused. */
async function asked(...args: string[]) {
  let said = "";
  const say = (text: string): void => {
    said += `${text}\n`;
  };
  const all = [join(folder, "few.csv"), "--schema", join(folder, "bank.yaml"), ...args];
  const answer = await askedFor(all, say).catch((error: Error) => error);
  return { said, answer };
}

const COLUMNS = ["customer=client", "event_time=when", "amount=sum"].flatMap((one) => ["--column", one]);

test("what is missing is said, all at once, with what to say", async () => {
  const { said, answer } = await asked("--yes");
  expect(said).toContain(
    "few.csv, read by schema bank:\n  transaction_id <- id  e.g. 1\n  not read: when, client, sum\n",
  );
  expect(said).toContain(
    "amount: no column is known as it (looked for amount, fields.amount, tx_amount): say --column amount=COLUMN\n",
  );
  expect(said).toContain("event_time: no column is known as it");
  expect(answer).toMatchObject({
    code: "invalid_argument",
    message: "nothing was imported: say what is missing",
  });
});

test("a proposal is shown, and begun with when somebody has agreed", async () => {
  expect((await asked(...COLUMNS)).answer).toMatchObject({
    message: "nothing was imported: if that is right, say --yes",
  });
  const { said, answer } = await asked(...COLUMNS, "--yes");
  expect(said).toBe(`few.csv, read by schema bank:
  amount         <- sum     e.g. 1
  customer       <- client  e.g. c
  transaction_id <- id      e.g. 1
  event_time     <- when    e.g. 2025-01-01T10:00:00Z
  nothing says what was fraud: no labels
`);
  expect(answer).toMatchObject({
    mapping: {
      transactionId: "id",
      eventTime: "when",
      entities: { customer: "client" },
      fields: { amount: "sum" },
      labelDelayMs: 3 * 86_400_000,
    },
  });
});

test.each([
  [["--zone", "Mars"], "--zone Mars: is no time zone"],
  [["--decimal", "dot"], "--decimal dot: must be point or comma"],
  [["--label-delay", "soon"], "--label-delay soon: must be a whole number"],
  [["--column", "amount=x"], 'there is no column "x"'],
  [["--label-known", "x"], 'there is no column "x"'],
  [["--nothing"], "npm run import -- FILE --schema"],
  [["another.csv"], "npm run import -- FILE --schema"],
])("%j is refused", async (args, message) => {
  expect((await asked(...COLUMNS, "--yes", ...args)).answer).toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining(message),
  });
});
