import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { Database } from "../pipeline/store/schema.ts";
import { readStats } from "../pipeline/store/stats.ts";
import { projectRoot } from "../platform/process/config.ts";
import { openDatabase } from "../platform/process/database.ts";
import { createLogger } from "../platform/process/logger.ts";
import { startNeighbours } from "./pages/house.ts";
import { filledStore } from "./pages/store.ts";
import { type Figure, meets, print } from "./report.ts";
import { startBenchPostgres } from "./servers/postgres.ts";

/**
 * `npm run bench -- export [-- --quick | --rows N] [--keep DIR]`: `npm run export` of ten million decisions as Parquet and
 * as JSON lines from a real PostgreSQL: how fast, in how much memory, and whether DuckDB counts in the Parquet what the
 * counters count. `--quick` has 300,000; `--keep` is the folder that `npm run bench -- pages` keeps. JSON lines of ten
 * million take about 8 GB of disk for a while.
 */
const { values } = parseArgs({
  options: { quick: { type: "boolean" }, rows: { type: "string" }, keep: { type: "string" } },
});
const ROWS = z.coerce
  .number()
  .int()
  .min(10_000)
  .parse(values.rows ?? (values.quick ? 300_000 : 10_000_000));
/** How often memory is looked at, milliseconds. */
const LOOK_EVERY_MS = 200;
/** What the last half may need beside the first, warm-up left out. */
const MOST_GROWTH = 1.2;
/** Fewer are out before the process has warmed up. */
const LEAST_ROWS = 1_000_000;

const figures: Figure[] = [];
const show = (figure: Figure): void => {
  figures.push(figure);
  print(figure);
};

const folder = mkdtempSync(join(tmpdir(), "paysecure-export-"));
const postgres = await startBenchPostgres(values.keep);
try {
  // The model's name is part of what a kept store was filled with.
  const { champion, stop } = await startNeighbours();
  await stop();
  const { url } = await filledStore(postgres, { rows: ROWS, model: champion }, values.keep);
  for (const format of ["parquet", "jsonl"] as const) {
    const file = join(folder, `decisions.${format}`);
    const { seconds, resident } = await exported(url, file);
    const megabytes = statSync(file).size / 1e6;
    const half = resident.length >> 1;
    // The first tenth fills buffers and compiles.
    const [before, after] = [Math.max(...resident.slice(half / 5, half)), Math.max(...resident.slice(half))];
    show({
      name: `${format}, written`,
      value: megabytes / seconds,
      unit: "MB/s",
      note: `${Math.round(megabytes)} MB`,
    });
    show({ name: `${format}, rows`, value: ROWS / seconds, unit: "rows/s", note: `${seconds.toFixed(1)} s` });
    show({ name: `${format}, memory`, value: after, unit: "MB" });
    show({
      name: "  … second half by the first",
      value: after / before,
      unit: "×",
      ...(ROWS >= LEAST_ROWS ? { atMost: MOST_GROWTH } : {}),
    });
    if (format === "parquet") show(await agreement(url, file));
    rmSync(file);
  }
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
const missed = figures.filter((figure) => !meets(figure));
console.log(`\n${figures.length - missed.length} of ${figures.length} figures met`);
process.exitCode = missed.length > 0 ? 1 : 0;

/** Runs the command. @returns its time, and its resident memory as it went, megabytes */
async function exported(url: string, file: string): Promise<{ seconds: number; resident: number[] }> {
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "pipeline/exports/cli.ts", "decisions", "--out", file],
    {
      cwd: projectRoot,
      // biome-ignore lint/style/noProcessEnv: passed on to the child as it is
      env: { ...process.env, DATABASE_URL: url },
      stdio: ["ignore", "inherit", "ignore"],
    },
  );
  const ended = once(child, "exit");
  const resident: number[] = [];
  while (child.exitCode === null && child.signalCode === null) {
    const status = (() => {
      try {
        return readFileSync(`/proc/${child.pid}/status`, "utf8");
      } catch {
        return "";
      }
    })();
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(status)?.[1];
    if (kilobytes !== undefined) resident.push(Number(kilobytes) / 1_000);
    await Promise.race([sleep(LOOK_EVERY_MS), ended]);
  }
  if (child.exitCode !== 0) throw new Error(`the export ended with ${child.exitCode ?? child.signalCode}`);
  return { seconds: (performance.now() - begun) / 1_000, resident };
}

/** How many of the sums by tier and currency DuckDB finds in the file as the counters have them. */
async function agreement(url: string, file: string): Promise<Figure> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const db = openDatabase<Database>(url, createLogger("bench", "silent"), 1);
  try {
    const begun = performance.now();
    const reader = await connection.runAndReadAll(`
      select concat_ws(' ', risk_tier, currency, count(*), sum(amount::decimal(18, 4))::double)
      from read_parquet('${file}') group by risk_tier, currency`);
    const seconds = (performance.now() - begun) / 1_000;
    const read = new Set(reader.getRows().map(([line]) => String(line)));
    const { totals } = await readStats(db);
    const counted = Object.entries(totals.byTier).flatMap(([tier, { amounts }]) =>
      amounts.map(({ currency, transactions, amount }) => ({ tier, currency, transactions, amount })),
    );
    const lines = [...read].map((line) => line.split(" "));
    const agree = counted.filter(({ tier, currency, transactions, amount }) =>
      lines.some(
        ([t, c, n, sum]) =>
          t === tier &&
          c === currency &&
          Number(n) === transactions &&
          Math.abs(Number(sum) - amount) < 0.001,
      ),
    );
    return {
      name: "DuckDB agrees with the counters",
      value: agree.length / Math.max(counted.length, lines.length),
      ...{
        unit: "of tiers and currencies",
        atLeast: 1,
        note: `${lines.length} sums read in ${seconds.toFixed(2)} s`,
      },
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
    await db.destroy();
  }
}
