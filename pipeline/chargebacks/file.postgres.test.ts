import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { projectRoot } from "../../platform/process/config.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { decision, emptyLedger, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { CHARGEBACKS_AT_ONCE } from "./take.ts";

let store: TestStore;
let folder: string;

beforeAll(async () => {
  [store, folder] = await Promise.all([openTestStore(), mkdtemp(join(tmpdir(), "chargebacks-"))]);
});
afterAll(async () => {
  await store?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await emptyLedger(store.db);
  await recordDecisions(store.db, [decision("a"), decision("b"), decision("c")], SLA);
});

const at = (name: string): string => join(folder, name);

async function run(...args: string[]) {
  const child = spawn(process.execPath, ["--import", "tsx", "pipeline/chargebacks/cli.ts", ...args], {
    cwd: projectRoot,
    env: { PATH: "/usr/bin:/bin", HOME: folder, DATA_DIR: folder, DATABASE_URL: store.url },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  await once(child, "close");
  return { code: child.exitCode, stdout, stderr };
}

async function runOn(name: string, text: string, ...args: string[]) {
  await writeFile(at(name), text);
  return await run(at(name), ...args);
}

const labels = async () =>
  (await store.db.selectFrom("labels").selectAll().orderBy("transaction_id").execute()).map(
    (row) => `${row.transaction_id} ${row.label} ${row.labelled_at.toISOString()}`,
  );

test("a CSV file with columns and clocks of its own: looked at first, taken, and taken again", async () => {
  const text = [
    "ARN;when;Reason;is fraud",
    "a;2026-11-23 10:00;10.4;",
    "b;2026-11-23 11:00;13.1;0",
    "nobody's;2026-11-23 10:00;;1",
    "c;yesterday;;1",
    "c;2099-01-01 10:00;;1",
    "c;2026-11-01 10:00;;yes",
    "c;2026-11-23 10:00;;perhaps",
    "",
  ].join("\n");
  const args = ["--column", "transaction_id=ARN", "--column", "reported_at=when", "--zone", "Europe/Prague"];
  const named = `  line 4: no payment of this id was decided or imported
  line 5: when must be a date and a time as ISO 8601 writes them, e.g. 2018-04-01T00:00:31Z
  line 6: when lies in the future
  line 7: was reported before the payment, which is of 2026-11-22T10:00:00.000Z
  line 8: is fraud must be fraud or legitimate
`;
  expect(await runOn("own.csv", text, ...args, "--dry-run")).toEqual({
    code: 0,
    stderr: "own.csv: transaction_id <- ARN, reported_at <- when, label <- is fraud, reason_code <- Reason\n",
    stdout: `2 would be accepted, 0 were there, 0 superseded by later ones, 1 of unknown payments, 4 refused; nothing was written\n${named}`,
  });
  expect(await labels()).toEqual([]);
  expect((await run(at("own.csv"), ...args)).stdout).toBe(
    `2 accepted, 0 were there, 0 superseded by later ones, 1 of unknown payments, 4 refused\n${named}`,
  );
  const taken = ["a fraud 2026-11-23T09:00:00.000Z", "b legitimate 2026-11-23T10:00:00.000Z"];
  expect(await labels()).toEqual(taken);
  expect((await run(at("own.csv"), ...args)).stdout).toContain("0 accepted, 2 were there");
  expect(await labels()).toEqual(taken);
  const acts = await store.db
    .selectFrom("audit_log")
    .selectAll()
    .where("act", "=", "labels.chargebacks")
    .execute();
  expect(acts.map(({ actor, detail }) => [actor.kind, detail["file"], detail["accepted"]])).toEqual([
    ["operator", "own.csv", 2],
    ["operator", "own.csv", 0],
  ]);
});

test("JSON lines: a reversal that the first line knows nothing of is one all the same", async () => {
  const lines = [
    '{"transaction_id":"a","reported_at":"2026-11-23T10:00:00Z"}',
    "{broken",
    '{"transaction_id":"b","reported_at":"2026-11-23T10:00:00+01:00","label":"legitimate"}',
  ];
  const { code, stdout } = await runOn("lines.jsonl", lines.join("\n"));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^2 accepted, .* 1 refused\n {2}line 2: is no JSON/);
  expect(await labels()).toEqual([
    "a fraud 2026-11-23T10:00:00.000Z",
    "b legitimate 2026-11-23T09:00:00.000Z",
  ]);
});

test("Parquet, with moments and flags of its own types", async () => {
  const when = new Date("2026-11-23T10:00:00Z");
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: "transaction_id", data: ["a", "b"], type: "STRING" },
      { name: "reported_at", data: [when, when], type: "TIMESTAMP" },
      { name: "fraud", data: [true, false], type: "BOOLEAN" },
    ],
  });
  await writeFile(at("own.parquet"), Buffer.from(bytes));
  const { stdout, stderr } = await run(at("own.parquet"));
  expect(stderr).toContain("label <- fraud");
  expect(stdout).toContain("2 accepted");
  expect(await labels()).toEqual([
    "a fraud 2026-11-23T10:00:00.000Z",
    "b legitimate 2026-11-23T10:00:00.000Z",
  ]);
});

test("a file that leaves something open changes nothing, and says what to say", async () => {
  const without = await runOn("other.csv", "payment,when\na,2026-11-23T10:00:00Z\n");
  expect(without).toMatchObject({ code: 2, stdout: "" });
  expect(without.stderr).toContain(
    "no column is known as transaction_id (looked for transaction_id, tx_id, id): say --column transaction_id=COLUMN; the file has payment, when",
  );
  // Far down, where a first look does not reach.
  const rows = Array.from({ length: CHARGEBACKS_AT_ONCE + 1 }, () => "a,2026-11-23T10:00:00Z\n").join("");
  const clock = await runOn("clock.csv", `id,reported_at\n${rows}b,2026-11-23T10:00:00\n`);
  expect(clock).toMatchObject({ code: 2, stdout: "" });
  expect(clock.stderr).toContain(
    `clock.csv: line ${CHARGEBACKS_AT_ONCE + 3}: reported_at "2026-11-23T10:00:00" does not say where its clock is: say --zone`,
  );
  expect((await runOn("empty.csv", "")).code).toBe(2);
  expect((await run(at("none.csv"))).stderr).toContain("there is no such file");
  expect((await run(at("clock.csv"), "--column", "amount=id")).stderr).toContain('there is no "amount"');
  expect((await run(at("clock.csv"), "--column", "label=nothing")).stderr).toContain('no column "nothing"');
  expect((await run()).stderr).toContain("npm run chargebacks -- FILE");
  expect(await labels()).toEqual([]);
});
