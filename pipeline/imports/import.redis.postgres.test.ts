import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { FeatureEngine } from "../../features/engine/engine.ts";
import type { RecordedPayment } from "../../features/online/aggregates.ts";
import { completeness } from "../../features/online/marks.ts";
import { OnlineFeatures } from "../../features/online/online-features.ts";
import { StateStore } from "../../features/online/state-store.ts";
import { parseSchema } from "../../features/schema/read.ts";
import { difference, EVERY_AGGREGATE, MemoryStates, somePayments } from "../../features/testing/payments.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { projectRoot } from "../../platform/process/config.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { decision, emptyLedger, SLA } from "../store/testing.ts";
import { eventually } from "../testing/started-process.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";

const logger = createLogger("test", "silent");
const PREFIX = "{test}";
const SCHEMA = `schema: 1
name: bank
currency: EUR
fields:
  amount: { type: number, min: 0 }
  opened: { type: timestamp, default: "1970-01-01T00:00:00Z" }
  purpose: { type: text, default: none }
entities: { customer: {}, card: { required: false } }
features:
  total: { aggregate: sum, of: amount, by: customer, window: 7d }
  risk: { aggregate: fraud_share, by: customer, window: 30d, delay: 3d }
inputs: [amount, total, risk]
`;
const every = new FeatureEngine(parseSchema(EVERY_AGGREGATE));

let server: TestRedis;
let ledger: TestStore;
let redis: RedisConnection;
let store: StateStore;
let folder: string;
beforeAll(async () => {
  [server, ledger, folder] = await Promise.all([
    startTestRedis(),
    openTestStore(),
    mkdtemp(join(tmpdir(), "paysecure-import-")),
  ]);
  redis = connectRedis(server.url, "producer", logger);
  store = new StateStore(redis, PREFIX);
  await writeFile(at("bank.yaml"), SCHEMA);
  await writeFile(at("every.yaml"), EVERY_AGGREGATE);
});
afterAll(async () => {
  redis?.disconnect();
  await Promise.all([server?.stop(), ledger?.close()]);
  if (folder) await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await emptyLedger(ledger.db);
  await redis.flushall();
});

/** A file of the test's folder. */
const at = (name: string): string => join(folder, name);

function start(script: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", join(projectRoot, script), ...args], {
    env: {
      ...{ PATH: "/usr/bin:/bin", HOME: folder, DATA_DIR: folder, MODEL_DIR: at("registry") },
      ...{ DATABASE_URL: ledger.url, REDIS_URL: server.url, REDIS_PREFIX: PREFIX },
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function run(script: string, args: readonly string[]) {
  const child = start(script, args);
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (data) => {
    stdout += data;
  });
  child.stderr?.on("data", (data) => {
    stderr += data;
  });
  await once(child, "close");
  return { code: child.exitCode, stdout, stderr };
}

const bringIn = (name: string, ...args: string[]) => run("pipeline/imports/cli.ts", [at(name), ...args]);
const BANK = (): string[] => ["--schema", at("bank.yaml"), "--zone", "Europe/Prague", "--decimal", "comma"];

const rowsOf = async () =>
  (
    await sql<Record<string, unknown>>`
      select transaction_id, event_time, amount_minor::int8, currency, fields, entities, is_fraud, label_known_at
      from imported_transactions order by seq`.execute(ledger.db)
  ).rows;
const count = async (table: string): Promise<number> =>
  Number(
    (await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(ledger.db)).rows[0]?.n,
  );

const BANK_FILE = `\ufeffTransaction ID;Event Time;Customer-ID;Card Token;Amount;Purpose;Opened;Is Fraud;Learned
a1;2025-03-30 01:30:00;c1;tok;12,50;"Müller; Söhne ""1""";2024-01-31 00:00:00;0;
a2;2025-03-30 02:30:00;c1;tok;1;x;;0;
a3;2025-03-31 12:00:00;c1;tok;1.234,50;x;;0;
a4;2025-03-31 13:00:00;c2;;100;x;2024-01-31 00:00:00;1;2025-04-20 10:00:00
a5;2025-03-31 13:00:00;c2;x
a6;2025-03-31 14:00:00;;tok;-5,00;pay 4111111111111111;;;
a7;2025-03-31 14:00:00;c2;tok;7,5;pay 4111 1111 1111 1111;;;
a8;2125-03-31 14:00:00;c2;tok;7,5;;;;
`;

test("a bank's file: what it leaves open is asked for, what is agreed to is brought in, the rest is told", async () => {
  await writeFile(at("bank.csv"), BANK_FILE);
  const open = await bringIn("bank.csv", "--schema", at("bank.yaml"), "--label-known", "learned", "--yes");
  expect([open.code, open.stdout]).toEqual([2, ""]);
  expect(open.stderr).toContain("Amount");
  expect(open.stderr).toContain('"12,50" may mean two things: say --decimal point or --decimal comma');
  expect(open.stderr).toContain('"2025-03-30 01:30:00" does not say where its clock is: say --zone');
  const asked = [...BANK(), "--label-known", "learned"];
  const unsure = await bringIn("bank.csv", ...asked);
  expect(unsure.code).toBe(2);
  expect(unsure.stderr).toMatch(/event_time +<- Event Time +e\.g\. 2025-03-30 01:30:00\n/);
  expect(unsure.stderr).toMatch(/card +<- Card Token +e\.g\. tok\n/);
  expect(unsure.stderr).toContain(
    "labels are known as Learned says; where it is empty, 3 days after the payment",
  );
  expect(unsure.stderr).toContain("if that is right, say --yes");
  expect(await count("imported_transactions")).toBe(0);

  const done = await bringIn("bank.csv", ...asked, "--yes");
  expect(done.stderr).not.toContain("rror");
  expect(done.stdout).toContain("2 payments brought in, 0 were there, 6 refused");
  expect(done.stdout).toContain("aggregates: made anew out of 2 payments");
  expect(done.code).toBe(0);
  expect(await rowsOf()).toEqual([
    {
      transaction_id: "a1",
      event_time: new Date("2025-03-30T00:30:00Z"),
      ...{ amount_minor: 1_250, currency: "EUR" },
      fields: { purpose: 'Müller; Söhne "1"', opened: "2024-01-30T23:00:00.000Z" },
      entities: { customer: "c1", card: "tok" },
      ...{ is_fraud: false, label_known_at: new Date("2025-04-02T00:30:00Z") },
    },
    {
      transaction_id: "a4",
      event_time: new Date("2025-03-31T11:00:00Z"),
      ...{ amount_minor: 10_000, currency: "EUR" },
      fields: { purpose: "x", opened: "2024-01-30T23:00:00.000Z" },
      entities: { customer: "c2" },
      ...{ is_fraud: true, label_known_at: new Date("2025-04-20T08:00:00Z") },
    },
  ]);
  expect(await readFile(at("bank.csv.refused.csv"), "utf8")).toBe(`line,column,reason,row
3,Event Time,was skipped when the clocks went forward,a2;2025-03-30 02:30:00;c1;tok;1;x;;0;
4,Amount,"""1.234,50"" is not a number: leave out what parts thousands","a3;2025-03-31 12:00:00;c1;tok;1.234,50;x;;0;"
6,,"has 4 fields, the header has 9",a5;2025-03-31 13:00:00;c2;x
7,Customer-ID,"is missing: the model needs it; Amount: must be at least 0, got -5","a6;2025-03-31 14:00:00;;tok;-5,00;pay 4111111111111111;;;"
8,Purpose,looks like a card number (PAN); send a token that stands for the card instead,"a7;2025-03-31 14:00:00;c2;tok;7,5;pay 4111 1111 1111 1111;;;"
9,Event Time,lies in the future: is the zone right?,"a8;2125-03-31 14:00:00;c2;tok;7,5;;;;"
`);
  for (const table of [
    "decisions",
    "transaction_keys",
    "review_cases",
    "counter_deltas",
    "outbox",
    "labels",
  ]) {
    expect(await count(table), table).toBe(0);
  }
  const acts = await ledger.db.selectFrom("audit_log").selectAll().orderBy("audit_id").execute();
  expect(acts.map(({ act, subject, detail, actor }) => [act, subject, detail, actor.kind])).toEqual([
    ["import.begun", "file:bank.csv", { schema: "bank" }, "operator"],
    [
      "import.done",
      "file:bank.csv",
      { schema: "bank", taken: 2, repeated: 0, labelled: 0, refused: 6 },
      "operator",
    ],
  ]);
});

const HEADER = "transaction_id,event_time,customer,amount,is_fraud\n";
const lines = (...rows: string[]): string => `${HEADER}${rows.join("\n")}\n`;
const PLAIN = (): string[] => ["--schema", at("bank.yaml"), "--yes"];

test("once more it finds repeats; another content, another label and what was decided live are refused", async () => {
  const a = "a,2025-01-01T10:00:00Z,c1,10,";
  await recordDecisions(ledger.db, [decision("live")], SLA);
  await writeFile(
    at("once.csv"),
    lines(a, "b,2025-01-02T10:00:00Z,c1,5,1", a, "a,2025-01-01T10:00:00Z,c1,11,"),
  );
  const once = await bringIn("once.csv", ...PLAIN());
  expect(once.stdout).toContain("2 payments brought in, 1 were there, 1 refused");
  await writeFile(
    at("more.csv"),
    lines(
      `${a}0`,
      "b,2025-01-02T10:00:00Z,c1,5,0",
      "live,2025-01-01T10:00:00Z,c1,10,0",
      "c,2025-01-03T10:00:00Z,c1,5,",
    ),
  );
  const more = await bringIn("more.csv", ...PLAIN());
  expect(more.stdout).toContain(
    "1 payments brought in, 0 were there, 1 were there and got a label, 2 refused",
  );
  expect(await readFile(at("more.csv.refused.csv"), "utf8")).toBe(`line,column,reason,row
3,transaction_id,b is there already with the other label,"b,2025-01-02T10:00:00Z,c1,5,0"
4,transaction_id,live was decided live: the decision stands,"live,2025-01-01T10:00:00Z,c1,10,0"
`);
  expect((await rowsOf()).map((row) => [row["transaction_id"], row["is_fraud"]])).toEqual([
    ["a", false],
    ["b", true],
    ["c", null],
  ]);
  await writeFile(at("more.csv"), lines(`${a}0`));
  const again = await bringIn("more.csv", ...PLAIN());
  expect(again.stdout).toMatch(
    /0 payments brought in, 1 were there, 0 refused; [\s\S]*aggregates: nothing was missing/,
  );
  await expect(readFile(at("more.csv.refused.csv"), "utf8")).rejects.toThrow("ENOENT");
});

/** A file of payments with every kind of field, in the order of their recording. */
function csvOf(payments: readonly RecordedPayment[]): string {
  const columns = ["amount", "channel", "shop_kind", "km"] as const;
  const rows = payments.map(({ payment, word }) => [
    payment.transactionId,
    new Date(payment.eventTimeMs).toISOString(),
    payment.entities["customer"] ?? "",
    payment.entities["terminal"] ?? "",
    ...columns.map((name) => String(payment.fields[name] ?? "")),
    word ? String(Number(word.fraud)) : "",
    word ? new Date(word.knownAtMs).toISOString() : "",
  ]);
  const header = ["id", "event_time", "customer", "terminal", ...columns, "is_fraud", "label_time"];
  return `${[header, ...rows].map((row) => row.join(",")).join("\n")}\n`;
}

const EVERY = (): string[] => ["--schema", at("every.yaml"), "--yes"];
const inOrder = (payments: readonly RecordedPayment[]) =>
  payments.toSorted((a, b) => a.payment.eventTimeMs - b.payment.eventTimeMs);

async function expectFeatures(memory: MemoryStates, next: readonly RecordedPayment[]): Promise<void> {
  const requests = next.map(({ payment }) => ({
    ...{ engine: every, reading: memory.read(payment), offset: 0 },
    into: new Float64Array(every.columns.length),
  }));
  const online = new OnlineFeatures(store, { budgetMs: 5_000, logger });
  expect(await online.rows(requests)).toBe(true);
  for (const [i, { payment }] of next.entries()) {
    expect(difference(requests[i]!.into, memory.features(payment)), `row ${i}`).toBeLessThan(1e-9);
  }
}

test("aggregates know what was imported and what was decided; the store is a source like the file", async () => {
  const all = somePayments(900, { customers: 20, terminals: 30, kinds: 5 });
  await writeFile(at("every.csv"), csvOf(inOrder(all.slice(0, 800))));
  const { stdout, stderr } = await bringIn("every.csv", ...EVERY());
  expect([stdout, stderr]).toEqual([expect.stringContaining("800 payments brought in"), expect.anything()]);
  expect(await completeness(store, every.identities)).toEqual(every.identities.map(() => "complete"));
  const memory = new MemoryStates(every);
  for (const one of inOrder(all.slice(0, 800))) memory.record(one);
  await expectFeatures(memory, all.slice(800));

  const [file, stored] = await Promise.all(
    [[at("every.csv")], ["--store"]].map((source, i) =>
      run("pipeline/aggregates/features-cli.ts", [
        ...source,
        ...["--schema", at("every.yaml"), "--out", at(`features-${i}.csv`)],
      ]),
    ),
  );
  expect([file?.code, stored?.code, stored?.stderr]).toEqual([0, 0, ""]);
  expect(await readFile(at("features-1.csv"), "utf8")).toBe(await readFile(at("features-0.csv"), "utf8"));

  // A decision of now comes behind them.
  const row = {
    eventTime: "2026-01-30T10:00:00.000Z",
    fields: null,
    entities: { customer: "c1", terminal: "t1" },
  };
  await recordDecisions(ledger.db, [decision("live", { ...row, cardToken: null })], SLA);
  const last = await run("pipeline/aggregates/features-cli.ts", [
    ...["--store", "--schema", at("every.yaml"), "--out", at("features-2.csv")],
  ]);
  expect(last.stdout).toContain("801 payments");
  expect((await readFile(at("features-2.csv"), "utf8")).trimEnd().split("\n").at(-1)).toMatch(/^live,12\.5,/);
});

test("killed in the middle, it is run again: nothing twice, nothing missing, and until then aggregates are incomplete", {
  // Three imports, and the lease of the one that was killed runs out.
  timeout: 300_000,
}, async () => {
  const all = inOrder(somePayments(20_000, { customers: 500, terminals: 300, kinds: 5, paceMs: 1_000 }));
  await writeFile(at("first.csv"), csvOf(all.slice(0, 100)));
  await writeFile(at("killed.csv"), csvOf(all.slice(0, 19_900)));
  await bringIn("first.csv", ...EVERY());
  expect(await completeness(store, every.identities)).toEqual(every.identities.map(() => "complete"));
  const child = start("pipeline/imports/cli.ts", [at("killed.csv"), ...EVERY()]);
  child.stdout?.resume();
  child.stderr?.resume();
  await eventually(async () => (await count("imported_transactions")) > 100);
  child.kill("SIGKILL");
  await once(child, "close");
  const there = await count("imported_transactions");
  expect(there).toBeLessThan(19_900);
  expect(await completeness(store, every.identities)).toEqual(every.identities.map(() => "unknown"));
  const again = await bringIn("killed.csv", ...EVERY());
  expect(again.stderr).toMatch(/import: \d+ of 100 % · [\d,]+ payments/);
  const words = (n: number): string => n.toLocaleString("en");
  expect(again.stdout).toContain(
    `${words(19_900 - there)} payments brought in, ${words(there)} were there, 0 refused`,
  );
  expect(await count("imported_transactions")).toBe(19_900);
  expect(await completeness(store, every.identities)).toEqual(every.identities.map(() => "complete"));
  const memory = new MemoryStates(every);
  for (const one of all.slice(0, 19_900)) memory.record(one);
  await expectFeatures(memory, all.slice(19_900));
});
