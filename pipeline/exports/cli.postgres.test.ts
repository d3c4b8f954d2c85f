import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../platform/process/config.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { decision, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";

const LIMIT = { timeout: 60_000 };

let store: TestStore;
let folder: string;
beforeAll(async () => {
  [store, folder] = await Promise.all([openTestStore(), mkdtemp(join(tmpdir(), "export-"))]);
  await recordDecisions(store.db, [decision("a"), decision("b")], SLA);
});
afterAll(async () => {
  await store?.close();
  await rm(folder, { recursive: true, force: true });
});

function started(...args: string[]): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", "pipeline/exports/cli.ts", ...args], {
    cwd: projectRoot,
    env: { ...process.env, DATABASE_URL: store.url },
    stdio: ["ignore", "pipe", "pipe"],
  });
}
async function ran(...args: string[]): Promise<{ code: number | null; out: string; said: string }> {
  const child = started(...args);
  const [out, said] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, "exit")]);
  return { code: child.exitCode, out, said };
}

test("a file is made once, says how it is gone on with, and its last row does too", LIMIT, async () => {
  const file = join(folder, "decisions.csv");
  const first = await ran("decisions", "--out", file);
  expect(first).toMatchObject({ code: 0, out: "" });
  expect(first.said).toMatch(/^2 rows of decisions, up to \S+,\d+\nthe next begins with --since \S+Z\n$/);
  const rows = (await readFile(file, "utf8")).trim().split("\r\n");
  expect(rows).toHaveLength(3);
  expect(await ran("decisions", "--out", file)).toMatchObject({
    code: 1,
    said: expect.stringContaining("is there already"),
  });
  const cursor = rows[1]!.split(",").slice(0, 2).join(",");
  const rest = await ran("transaction-log", "--after", cursor);
  expect(
    rest.out
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { transaction_id: string }).transaction_id),
  ).toEqual(["b"]);
});

test.each([
  [[], "npm run export -- DATASET"],
  [["users"], "there is no users: decisions, cases, labels, transaction-log, features"],
  [["decisions", "--format", "xlsx"], "no format xlsx: jsonl, csv, parquet"],
  [["decisions", "--out", "/nowhere/at/all"], "say --format, or call the file *.jsonl or *.csv or *.parquet"],
])("%j is refused with what to do", LIMIT, async (args, message) => {
  expect(await ran(...args)).toMatchObject({ code: 2, out: "", said: expect.stringContaining(message) });
  expect(await readdir(folder)).not.toContain("all");
});

test("the log is followed as it grows, until it is stopped", LIMIT, async () => {
  const child = started("transaction-log", "--follow");
  const seen: string[] = [];
  child.stdout!.setEncoding("utf8").on("data", (chunk: string) => seen.push(chunk));
  const exited = once(child, "exit");
  let sent = 0;
  await expect
    .poll(
      async () => {
        await recordDecisions(store.db, [decision(`live-${sent++}`)], SLA);
        return seen.join("").split("\n").length;
      },
      { timeout: 30_000, interval: 500 },
    )
    .toBeGreaterThan(2);
  child.kill("SIGTERM");
  await exited;
  expect(child.exitCode).toBe(0);
  const lines = seen
    .join("")
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { transaction_id: string }).transaction_id);
  expect(new Set(lines).size).toBe(lines.length);
  expect(lines.every((id) => id.startsWith("live-"))).toBe(true);
});
