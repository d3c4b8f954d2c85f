import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../platform/process/config.ts";
import { readDay } from "./calendar.ts";
import { computeFeatures } from "./features-task.ts";
import { madeUpPayments } from "./made-up.ts";
import { publishedSplit } from "./protocol.ts";
import { handbookSchema, readHandbookRows } from "./rows.ts";
import { type HandbookReport, runHandbook } from "./run.ts";

const run = promisify(execFile);
const DAYS = 60;

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handbook-"));
  file = join(folder, "made-up.csv");
  await writeFile(file, madeUpPayments(DAYS));
});
afterAll(() => rm(folder, { recursive: true }));

/** The command as it is called. */
async function command(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const cli = join(projectRoot, "models/handbook/cli.ts");
  try {
    return { ...(await run(process.execPath, ["--import", "tsx", cli, ...args])), code: 0 };
  } catch (error) {
    return error as never;
  }
}

test("the command prints one line of JSON with every model", async () => {
  const { stdout, stderr, code } = await command(file, "--start", "2018-05-10");
  expect([code, stdout.trimEnd().split("\n").length], stderr).toEqual([0, 1]);
  const report = JSON.parse(stdout) as HandbookReport;
  const split = publishedSplit(await readHandbookRows(file), readDay("2018-05-10"));
  expect(report).toMatchObject({
    start: "2018-05-10",
    train_rows: split.train.length,
    test_rows: split.test.length,
  });
  expect(Object.keys(report.models)).toEqual(["logistic", "forest", "boosting", "best"]);
  for (const figures of Object.values(report.models)) {
    expect(figures.auc).toBeGreaterThan(0.6);
    expect(figures.auc).toBeLessThan(1);
    expect(figures.ap).toBeGreaterThan(0.2);
    expect(figures.cp100).toBeGreaterThan(0);
  }
}, 300_000);

test("what cannot be is one line, and nothing on stdout", async () => {
  for (const [args, message] of [
    [[], "one file is wanted"],
    [[file, "--start", "2018-06-10"], "a start can be 2018-04-01 to 2018-05-10"],
    [[file, "--models", "guess"], "--models guess: must be one of logistic, forest, boosting, best"],
  ] as const) {
    const { stdout, stderr, code } = await command(...args);
    expect(stderr).toContain(message);
    expect([stdout, stderr.trimEnd().split("\n").length, code]).toEqual(["", 1, 2]);
  }
});

test("a day that is none and a broken file are told with the place", async () => {
  const broken = join(folder, "broken.csv");
  await writeFile(broken, madeUpPayments(22).replace(/\n500,[^\n]*/, "\n500,2018-04-02T00:00:00,1,1,-5,0,0"));
  const unlabelled = join(folder, "unlabelled.csv");
  await writeFile(unlabelled, madeUpPayments(1).replace("is_fraud", "known"));
  for (const [path, start, message] of [
    [file, "tomorrow", "--start tomorrow: must be a day"],
    [join(folder, "none.csv"), "2018-04-01", "none.csv: cannot be read: there is no such file"],
    [unlabelled, "2018-04-01", "unlabelled.csv: no column says what was fraud"],
    [broken, "2018-04-01", "broken.csv: line 502, amount: must be at least 0, got -5"],
  ] as const) {
    const run = runHandbook(path, { start, models: ["logistic"], threads: 1, seed: 1 });
    await expect(run).rejects.toThrow(message);
  }
});

test("both schemas have the published features, and the same values of them", async () => {
  const rows = await readHandbookRows(file);
  const range = { path: file, from: 9_000, to: 9_500 };
  const published = await computeFeatures({ ...range, schema: "published" });
  const best = await computeFeatures({ ...range, schema: "best" });
  expect(rows.times.length).toBe(DAYS * 300);
  expect(published.names).toEqual((await handbookSchema("published")).inputs);
  for (const [c, name] of published.names.entries()) {
    const other = best.names.indexOf(name);
    for (let r = 0; r < published.rows; r++) {
      expect(best.values[r * best.columns + other], name).toBe(published.values[r * published.columns + c]);
    }
  }
  expect(best.values.every(Number.isFinite)).toBe(true);
});

test("nothing that is known later moves anything: rows behind the test days, labels of the test days", async () => {
  const options = { start: "2018-05-01", models: ["boosting", "best"], threads: 2, seed: 1 } as const;
  const before = await runHandbook(file, options);
  const lines = (await readFile(file, "utf8")).split("\n");
  const testStart = Date.UTC(2018, 4, 15);
  const testEnd = Date.UTC(2018, 4, 22);
  const other = lines.map((line, i) => {
    const cells = line.split(",");
    const time = Date.parse(`${cells[1]}Z`);
    if (i === 0 || Number.isNaN(time)) return line;
    // Another amount, terminal and label after the test days.
    if (time >= testEnd) return [...cells.slice(0, 3), "1", "999.00", "1", "1"].join(",");
    return line;
  });
  await writeFile(join(folder, "other.csv"), other.join("\n"));
  expect(await runHandbook(join(folder, "other.csv"), options)).toEqual(before);

  // Labels of the test days are not known in them: features of their rows do not move with them.
  const rows = await readHandbookRows(file);
  const split = publishedSplit(rows, readDay(options.start));
  const unlearned = lines.map((line, i) => {
    const cells = line.split(",");
    const time = Date.parse(`${cells[1]}Z`);
    if (i === 0 || !(time >= testStart)) return line;
    return [...cells.slice(0, 5), cells[5] === "1" ? "0" : "1", cells[6]].join(",");
  });
  const path = join(folder, "unlearned.csv");
  await writeFile(path, unlearned.join("\n"));
  const last = split.test.at(-1)! + 1;
  const range = { schema: "best", from: split.test[0]!, to: last } as const;
  const there = await computeFeatures({ ...range, path: file });
  const here = await computeFeatures({ ...range, path });
  expect(here.values).toEqual(there.values);
}, 300_000);
