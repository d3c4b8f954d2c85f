import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mappingFor } from "../../features/offline/mapping.ts";
import { openTable } from "../../features/offline/open-table.ts";
import { readPayments } from "../../features/offline/payments.ts";
import { UTC } from "../../features/offline/zone.ts";
import { parseSchema } from "../../features/schema/read.ts";
import { type ImportedRow, importedRow } from "../../pipeline/imports/imported-row.ts";
import { writeBatch } from "../../pipeline/imports/write-batch.ts";
import { openTestStore, type TestStore } from "../../pipeline/testing/test-store.ts";
import { projectRoot } from "../../platform/process/config.ts";
import { readModel } from "../../scorer/serving/registry.ts";
import { madeUpPayments } from "../handbook/made-up.ts";

const run = promisify(execFile);
const SCHEMA = join(projectRoot, "models/handbook/published.yaml");

let folder: string;
let file: string;
let store: TestStore;
beforeAll(async () => {
  [store, folder] = await Promise.all([openTestStore(), mkdtemp(join(tmpdir(), "train-store-"))]);
  file = join(folder, "payments.csv");
  await writeFile(file, madeUpPayments(60));
});
afterAll(async () => {
  await store?.close();
  if (folder) await rm(folder, { recursive: true });
});

const train = (...args: string[]) =>
  run(
    process.execPath,
    [
      ...[
        "--import",
        "tsx",
        join(projectRoot, "models/cli/train.ts"),
        "--schema",
        SCHEMA,
        "--learner",
        "forest",
      ],
      ...["--trees", "10", "--registry", join(folder, "registry"), ...args],
    ],
    { env: { PATH: "/usr/bin:/bin", HOME: folder, DATA_DIR: folder, DATABASE_URL: store.url } },
  );

test("a model trained on the store is the one trained on the file that was imported", async () => {
  const schema = parseSchema(await readFile(SCHEMA, "utf8"));
  const table = await openTable(file);
  const mapping = mappingFor(schema, await table.columns(), {}, UTC);
  const rows: ImportedRow[] = [];
  for await (const some of readPayments(table, mapping, schema)) {
    for (const row of some) if ("payment" in row) rows.push(importedRow(row, schema.currency) as ImportedRow);
  }
  for (let from = 0; from < rows.length; from += 5_000) {
    await writeBatch(store.db, schema.name, rows.slice(from, from + 5_000), async () => {});
  }
  const { stdout } = await train("--store", "--name", "stored");
  expect(stdout).toContain("store\n  18,000 labelled payments × 15 columns");
  await train("--data", file, "--zone", "UTC", "--name", "filed");
  const [stored, filed] = await Promise.all(
    ["stored", "filed"].map((name) => readModel(join(folder, "registry"), { name, version: "1" })),
  );
  expect(stored?.card.metrics).toEqual(filed?.card.metrics);
});

test("of the store's payments a model is chosen forward in time as of the file's; a look at the stretch is the store's", async () => {
  const walk = (registry: string, ...args: string[]) =>
    run(
      process.execPath,
      [
        ...["--import", "tsx", join(projectRoot, "models/walk-forward/cli.ts"), "--schema", SCHEMA],
        ...["--candidates", "logistic", "--seeds", "1", "--registry", join(folder, registry), ...args],
      ],
      { env: { PATH: "/usr/bin:/bin", HOME: folder, DATA_DIR: folder, DATABASE_URL: store.url } },
    );
  const windows = (stdout: string) =>
    stdout.split("\n").filter((line) => /^( {2}window|logistic)/.test(line));
  const [stored, filed] = [
    await walk("walked", "--store", "--claim", "own"),
    await walk("walked", file, "--zone", "UTC"),
  ];
  expect(windows(stored.stdout).length).toBeGreaterThan(3);
  expect(windows(stored.stdout)).toEqual(windows(filed.stdout));
  expect(JSON.parse(await readFile(join(folder, "walked/looks.json"), "utf8"))).toMatchObject([
    { data: "store", test_end: expect.any(Number) },
  ]);
  await expect(walk("walked", "--store", "--claim", "own")).rejects.toMatchObject({
    stderr: expect.stringContaining("--look-again"),
  });
});

test("--store reads no file and needs a schema", async () => {
  await expect(train("--store", "--data", file)).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      "--store reads no file: leave --data, --column, --zone and --decimal out",
    ),
  });
});
