import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Queue } from "bullmq";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { projectRoot } from "../../platform/process/config.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { openTransactionsQueue, type QueuedTransaction } from "../queues.ts";
import { dueTimes, givenBound, givenPace } from "./pace.ts";

const PREFIX = "{replay}";
const SCHEMA = `schema: 1
name: bank
currency: CZK
fields:
  amount: { type: number, min: 0 }
  note: { type: text, default: none }
entities: { customer: {}, card: { required: false } }
inputs: [amount]
`;

let folder: string;
let server: TestRedis;
let redis: RedisConnection;
let queue: Queue;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-replay-"));
  await writeFile(join(folder, "bank.yaml"), SCHEMA);
  server = await startTestRedis();
  redis = connectRedis(server.url, "producer", createLogger("test", "silent"));
  queue = openTransactionsQueue(redis, PREFIX);
});
afterAll(async () => {
  await queue.close();
  redis.disconnect();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => queue.obliterate({ force: true }));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly said: string;
}

/** `npm run replay`, stopped as Ctrl-C does once so many payments are in the queue; nobody decides them. */
async function replay(file: string, args: readonly string[], stopAt: number): Promise<Run> {
  const child = spawn(
    process.execPath,
    [
      ...["--import", "tsx", "pipeline/replay/cli.ts", join(folder, file)],
      ...["--schema", join(folder, "bank.yaml"), "--yes", ...args],
    ],
    {
      cwd: projectRoot,
      env: { ...process.env, REDIS_URL: server.url, REDIS_PREFIX: PREFIX },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let [out, said] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    said += String(chunk);
  });
  const ended = once(child, "exit");
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over && (await queued()).length < stopAt) await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill("SIGINT");
  await ended;
  return { code: child.exitCode, out, said };
}

async function queued(): Promise<QueuedTransaction[]> {
  const jobs = await queue.getJobs(["waiting", "prioritized"], 0, -1, true);
  return jobs
    .flatMap((job) => (job.data as { transactions: QueuedTransaction[] }).transactions)
    .sort((a, b) => Number(a.transactionId.slice(2)) - Number(b.transactionId.slice(2)));
}

test("CSV, JSON lines and Parquet come through the queue as the same payments, and what is wrong stands in a file", async () => {
  const at = (i: number): string => `2025-01-0${i}T10:00:00.000Z`;
  const rows = [1, 2, 3].map((i) => ({
    ...{
      id: `p-${i}`,
      event_time: at(i),
      customer: "c-1",
      card: "tok",
      amount: i + 0.5,
      note: "ok",
      fraud: i % 2,
    },
  }));
  const csv = rows.map(({ amount, ...row }) =>
    [...Object.values(row), String(amount).replace(".", ",")].join(";"),
  );
  await writeFile(
    join(folder, "a.csv"),
    `\ufeffid;event_time;customer;card;note;fraud;amount\n${csv.join("\n")}\np-9;${at(4)};c-1;;4111111111111111;0;x\n`,
  );
  await writeFile(
    join(folder, "a.jsonl.gz"),
    gzipSync(rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
  );
  const column = <T>(name: keyof (typeof rows)[number]): T[] => rows.map((row) => row[name] as T);
  await writeFile(
    join(folder, "a.parquet"),
    Buffer.from(
      parquetWriteBuffer({
        columnData: [
          ...(["id", "event_time", "customer", "card", "note"] as const).map((name) => ({
            ...{ name, data: column<string>(name), type: "STRING" as const },
          })),
          { name: "amount", data: column<number>("amount"), type: "DOUBLE" },
          { name: "fraud", data: column<number>("fraud"), type: "INT32" },
        ],
      }),
    ),
  );
  const expected = [1, 2, 3].map((i) => ({
    ...{ transactionId: `p-${i}`, amount: i + 0.5, currency: "CZK", eventTime: at(i), cardToken: "tok" },
    ...{ fields: { note: "ok" }, entities: { customer: "c-1" }, truth: i % 2 === 1 },
  }));
  for (const [file, args] of [
    ["a.csv", ["--decimal", "comma"]],
    ["a.jsonl.gz", []],
    ["a.parquet", []],
  ] as const) {
    const { out, said } = await replay(file, args, 3);
    expect(await queued(), `${file}: ${said}`).toEqual(expected);
    expect(out, said).toContain("3 payments handed in");
    await queue.obliterate({ force: true });
  }
  expect(await readFile(join(folder, "a.csv.refused.csv"), "utf8")).toMatch(/^line,column,reason,row\n5,/);
}, 240_000);

test("it goes at its pace, stops when told to, says where to go on, and goes on there", async () => {
  const rows = Array.from({ length: 2_000 }, (_, i) => {
    return `p-${i},${new Date(Date.UTC(2025, 0, 1) + i * 1_000).toISOString()},c-1,5`;
  });
  await writeFile(join(folder, "b.csv"), `id,event_time,customer,amount\n${rows.join("\n")}\n`);
  const first = await replay("b.csv", ["--rate", "200"], 100);
  expect(first.code, first.said).toBe(130);
  const { length } = await queued();
  expect(length).toBeLessThan(1_500);
  const from = /go on with --from (\S+)/.exec(first.out)?.[1] ?? "";
  expect(Date.parse(from)).toBe(Date.UTC(2025, 0, 1) + (length - 1) * 1_000);
  await queue.obliterate({ force: true });
  await replay("b.csv", ["--from", from], 2_000 - length + 1);
  const rest = await queued();
  expect([rest.length, rest[0]?.eventTime, rest.at(-1)?.transactionId]).toEqual([
    2_000 - length + 1,
    from,
    "p-1999",
  ]);
}, 240_000);

test("paces and bounds are read, or refused with what to say", () => {
  const due = dueTimes(givenPace("10x", undefined), 1_000);
  expect([50_000, 60_000, 55_000].map(due)).toEqual([1_000, 2_000, 1_500]);
  expect([7, 7, 7].map(dueTimes(givenPace(undefined, "2"), 0))).toEqual([0, 500, 1_000]);
  expect([0, 9e12].map(dueTimes(givenPace(undefined, undefined), 5))).toEqual([5, 5]);
  for (const [speed, rate] of [["0x"], ["fast"], ["-1"], ["1", "1"], [undefined, "0"]]) {
    expect(() => givenPace(speed, rate)).toThrow(/--(speed|rate)/);
  }
  expect(givenBound("--from", "2025-01-01")).toBe(Date.UTC(2025, 0, 1));
  expect(givenBound("--from", "2025-01-01T01:00:00+01:00")).toBe(Date.UTC(2025, 0, 1));
  for (const text of ["yesterday", "2025-01-01T01:00:00", "2025-13-01"]) {
    expect(() => givenBound("--to", text)).toThrow("--to");
  }
});
