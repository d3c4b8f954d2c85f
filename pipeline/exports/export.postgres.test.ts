import { parquetReadObjects } from "hyparquet";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { recordDecisions } from "../record/record-decisions.ts";
import { giveVerdict } from "../review/verdict.ts";
import { createPartitions } from "../store/partitions.ts";
import type { Database } from "../store/schema.ts";
import { ANN, decision, emptyLedger, risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { readCursor } from "./cursor.ts";
import { DATASETS, datasetNamed } from "./datasets.ts";
import { type Asked, beginExport } from "./export.ts";
import { follow, settledUntil, walk } from "./walk.ts";

let store: TestStore;
let db: Kysely<Database>;
beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
});
afterAll(() => store?.close());
beforeEach(() => emptyLedger(db));

const named = (name: string) => datasetNamed(name)!;
async function exported(asked: Partial<Asked> & { name?: string } = {}): Promise<Buffer> {
  const { name = "decisions", ...rest } = asked;
  const { bytes } = await beginExport(db, { dataset: named(name), format: "jsonl", ...rest }, ANN);
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}
const lines = async (asked: Parameters<typeof exported>[0] = {}): Promise<Record<string, unknown>[]> =>
  (await exported(asked))
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const ids = (rows: readonly Record<string, unknown>[]) => rows.map((row) => row["transaction_id"]);
const acts = async () =>
  (
    await db
      .selectFrom("audit_log")
      .select(["act", "subject", "detail"])
      .orderBy("audit_id", "desc")
      .limit(2)
      .execute()
  ).toReversed();
/** Decisions of other times, as the months have them. */
async function decidedAt(...moments: string[]): Promise<void> {
  await createPartitions(db, new Date(moments[0]!), new Date(moments.at(-1)!));
  for (const [i, at] of moments.entries()) {
    await recordDecisions(db, [decision(`at-${i}`)], SLA);
    await sql`update decisions set decided_at = ${at}::timestamptz where transaction_id = ${`at-${i}`}`.execute(
      db,
    );
  }
}

test("decisions leave with exact money, moments in UTC, and nothing of what the simulator knows", async () => {
  await recordDecisions(
    db,
    [
      decision("a", { amount: 0.1, fields: { device: "=cmd" }, entities: { customer: "c1" } }),
      decision("b", { amount: 999_999_999_999.99, currency: "USD" }),
      risky("c", { amount: 1.005, currency: "KWD", truth: true }),
    ],
    SLA,
  );
  const rows = await lines();
  expect(rows).toMatchObject([
    {
      ...{
        transaction_id: "a",
        amount: "0.10",
        amount_minor: 10,
        currency: "EUR",
        event_time: "2026-11-22T10:00:00.000000Z",
      },
      ...{
        fields: { device: "=cmd" },
        entities: { customer: "c1" },
        risk_tier: "low",
        action: "approve",
        country: "FR",
      },
    },
    { transaction_id: "b", amount: "999999999999.99", amount_minor: 99_999_999_999_999 },
    { transaction_id: "c", amount: "1.005", amount_minor: 1_005, review: true, fraud_probability: 0.875 },
  ]);
  expect(rows[0]?.["decided_at"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  const csv = (await exported({ format: "csv" })).toString();
  expect(csv.split("\r\n")).toHaveLength(5);
  expect(csv).toContain('"{""device"":""=cmd""}"');
  const file = new Uint8Array(await exported({ format: "parquet" })).buffer;
  expect(await parquetReadObjects({ file })).toMatchObject([
    { transaction_id: "a", amount: "0.10", amount_minor: 10n },
    { transaction_id: "b", amount_minor: 99_999_999_999_999n },
    { transaction_id: "c" },
  ]);
  for (const { name } of DATASETS) expect((await exported({ name })).toString()).not.toContain("truth");
});

test("the transaction log has the original's fields in its order; payments of a team's own have no V", async () => {
  await recordDecisions(db, [risky("a"), decision("own", { v: null, timeSeconds: null })], SLA);
  const [first, own] = await lines({ name: "transaction-log" });
  expect(Object.keys(first!).slice(0, 33)).toEqual([
    ...["Time", "Amount", ...Array.from({ length: 28 }, (_, i) => `V${i + 1}`)],
    ...["fraud_probability", "risk_category", "fraud_prediction"],
  ]);
  expect(first).toMatchObject({
    ...{ Time: 36_000, Amount: 100, V1: 0, V28: 6.75, fraud_probability: 0.875, risk_category: "Critical" },
    ...{ fraud_prediction: 1, transaction_id: "a", amount_minor: 10_000 },
  });
  expect(own).not.toHaveProperty("V1");
  expect(own).not.toHaveProperty("Time");
  expect(own).toMatchObject({ Amount: 12.5, risk_category: "Low", fraud_prediction: 0 });
});

test("cases as they stand, and labels that people gave", async () => {
  await recordDecisions(db, [risky("a"), risky("b")], SLA);
  const { case_id } = await db
    .selectFrom("review_cases")
    .select("case_id")
    .where("transaction_id", "=", "a")
    .executeTakeFirstOrThrow();
  await giveVerdict(db, { caseId: case_id, actor: ANN, verdict: "fraud", note: "=HYPERLINK(1)" });
  expect(await lines({ name: "cases" })).toMatchObject([
    { transaction_id: "a", status: "decided", verdict: "fraud", decided_by: "ann", amount: "100.00" },
    { transaction_id: "b", status: "open", verdict: null, decided_at: null },
  ]);
  expect((await exported({ name: "cases", format: "csv" })).toString()).toContain(",'=HYPERLINK(1),");
  expect(await lines({ name: "labels" })).toMatchObject([
    {
      transaction_id: "a",
      label: "fraud",
      source: "analyst",
      labelled_by: "ann",
      selected_by: "policy",
      chance: 1,
    },
  ]);
  // What nobody looked at, and what a bank said of it; what was drawn, and for how many it stands.
  const drawn = { share: 0.25, slaMs: 60_000, draw: () => 0.1 };
  await recordDecisions(db, [decision("quiet")], SLA);
  await recordDecisions(db, [decision("drawn")], SLA, drawn);
  const said = { label: "fraud", source: "chargeback", labelled_at: new Date() } as const;
  await db
    .insertInto("labels")
    .values(
      ["quiet", "drawn"].map((id) => ({ ...said, transaction_id: id, labelled_by: JSON.stringify(ANN) })),
    )
    .execute();
  expect((await lines({ name: "labels" })).slice(1)).toMatchObject([
    { transaction_id: "drawn", selected_by: "control", chance: 0.25, decided_at: expect.any(String) },
    { transaction_id: "quiet", selected_by: null, chance: null, decided_at: expect.any(String) },
  ]);
});

test("what a model read leaves by its names, or as it is where nobody told them", async () => {
  const model = { modelName: "own", modelVersion: "1" };
  await recordDecisions(
    db,
    [decision("a", { ...model, features: [1, null] }), decision("b", { features: [2] }), decision("c")],
    SLA,
  );
  await db
    .insertInto("model_inputs")
    .values({ model_name: "own", model_version: "1", columns: ["x", "y"], schema: null })
    .execute();
  expect((await lines({ name: "features" })).map((row) => row["features"])).toEqual([
    { x: 1, y: null },
    [2],
    null,
  ]);
});

test("a part by time, over months; what is left out of a torn file comes behind its last row, once", async () => {
  const moments = [
    ...["2026-08-31T23:59:59.999999Z", "2026-09-01T00:00:00.000000Z", "2026-09-15T10:00:00.000001Z"],
    ...["2026-09-15T10:00:00.000001Z", "2026-11-01T00:00:00.000000Z"],
  ];
  await decidedAt(...moments);
  const all = await lines();
  expect(ids(all)).toEqual(["at-0", "at-1", "at-2", "at-3", "at-4"]);
  expect(all.map((row) => row["decided_at"])).toEqual(moments);
  expect(ids(await lines({ since: "2026-09-01T00:00:00.000Z", until: "2026-11-01T00:00:00.000Z" }))).toEqual([
    "at-1",
    "at-2",
    "at-3",
  ]);
  expect(await lines({ since: "2030-01-01T00:00:00.000Z" })).toEqual([]);
  for (const [i, row] of all.entries()) {
    const after = readCursor(`${row["decided_at"]},${row["seq"]}`, named("decisions"));
    expect(ids(await lines({ after }))).toEqual(ids(all.slice(i + 1)));
  }
  const slices: unknown[] = [];
  for await (const rows of walk(db, named("decisions"), { until: await settledUntil(db) }, 2))
    slices.push(rows.length);
  expect(slices).toEqual([1, 2, 1, 1]);
  await expect(
    exported({ since: "2026-09-01T00:00:00.000Z", until: "2026-09-01T00:00:00.000Z" }),
  ).rejects.toMatchObject({ code: "invalid_argument" });
});

test("the audit log says who took what, how much left, and whether that was all", async () => {
  await recordDecisions(db, [decision("a"), decision("b")], SLA);
  const since = "2026-01-01T00:00:00.000Z";
  await exported({ since });
  const [began, ended] = await acts();
  expect(began).toMatchObject({
    ...{ act: "data.exported", subject: "export:decisions" },
    detail: { format: "jsonl", since, until: expect.any(String) },
  });
  expect(ended).toMatchObject({ act: "data.export_ended", detail: { rows: 2, whole: true } });
  const idOf = (act: typeof began): unknown => (act?.detail as { export?: string } | undefined)?.export;
  expect(idOf(ended)).toBe(idOf(began));

  const { bytes } = await beginExport(db, { dataset: named("decisions"), format: "csv" }, ANN);
  await bytes.next();
  await bytes.return(undefined);
  expect((await acts())[1]).toMatchObject({ act: "data.export_ended", detail: { rows: 0, whole: false } });
});

test("following goes on with what is decided from now on, each once, and ends at the signal", async () => {
  await recordDecisions(db, [decision("before")], SLA);
  const stop = new AbortController();
  const seen: unknown[] = [];
  const since = await settledUntil(db);
  const reading = (async () => {
    for await (const rows of follow(db, named("decisions"), { since }, stop.signal)) {
      seen.push(...ids(rows));
      if (seen.length === 3) stop.abort();
    }
  })();
  await recordDecisions(db, [decision("one")], SLA);
  await recordDecisions(db, [decision("two"), decision("three")], SLA);
  await reading;
  expect(seen[0]).toBe("one");
  expect(seen.toSorted()).toEqual(["one", "three", "two"]);
  await expect(exported({ format: "parquet", follow: { signal: stop.signal } })).rejects.toThrow(
    /follow with jsonl or csv/,
  );
});
