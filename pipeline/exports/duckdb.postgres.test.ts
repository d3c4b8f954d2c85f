import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Kysely } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordDecisions } from "../record/record-decisions.ts";
import type { Database } from "../store/schema.ts";
import { readStats } from "../store/stats.ts";
import { ANN, decision, risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { datasetNamed } from "./datasets.ts";
import { beginExport } from "./export.ts";

/** DuckDB is a program of its own for each platform; where there is none, this is skipped, and says so. */
const duckdb = await import("@duckdb/node-api").catch(() => undefined);

let store: TestStore;
let db: Kysely<Database>;
let folder: string;
beforeAll(async () => {
  [store, folder] = await Promise.all([openTestStore(), mkdtemp(join(tmpdir(), "export-"))]);
  db = store.db;
});
afterAll(async () => {
  await store?.close();
  await rm(folder, { recursive: true, force: true });
});

test.skipIf(!duckdb)(
  "DuckDB reads the Parquet and counts what the counters count",
  { timeout: 60_000 },
  async () => {
    const many = Array.from({ length: 20_000 }, (_, i) =>
      i % 50 === 0
        ? risky(`t-${i}`, { amount: i / 100 })
        : decision(`t-${i}`, { amount: (i % 1_000) / 10, currency: i % 3 === 0 ? "JPY" : "EUR" }),
    );
    for (let i = 0; i < many.length; i += 4_000) await recordDecisions(db, many.slice(i, i + 4_000), SLA);
    const file = join(folder, "decisions.parquet");
    const { bytes } = await beginExport(db, { dataset: datasetNamed("decisions")!, format: "parquet" }, ANN);
    await pipeline(Readable.from(bytes), createWriteStream(file));
    const instance = await duckdb!.DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    try {
      const reader = await connection.runAndReadAll(`
      select risk_tier, currency, count(*)::varchar, sum(amount_minor)::varchar, sum(amount::decimal(18, 2))::varchar
      from read_parquet('${file}') group by all order by 1, 2`);
      const { totals } = await readStats(db);
      const counted = Object.entries(totals.byTier).flatMap(([tier, { amounts }]) =>
        amounts.map(({ currency, transactions, amount }) => [tier, currency, transactions, amount]),
      );
      const read = reader
        .getRows()
        .map(([tier, currency, count, , amount]) => [tier, currency, Number(count), Number(amount)]);
      expect(read).toEqual(counted.toSorted((a, b) => String(a).localeCompare(String(b))));
      expect(read).toHaveLength(3);
      const types = await connection.runAndReadAll(`
      select typeof(decided_at), typeof(seq), typeof(amount), typeof(review), count(distinct seq)::varchar
      from read_parquet('${file}') group by all`);
      expect(types.getRows()).toEqual([
        ["TIMESTAMP WITH TIME ZONE", "BIGINT", "VARCHAR", "BOOLEAN", "20000"],
      ]);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  },
);
