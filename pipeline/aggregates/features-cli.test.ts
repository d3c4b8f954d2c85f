import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../platform/process/config.ts";

const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "features-"));
  await writeFile(
    join(folder, "schema.yaml"),
    `schema: 1
name: test
currency: EUR
fields: { amount: { type: number, min: 0 } }
entities: { customer: {} }
features:
  total: { aggregate: sum, of: amount, by: customer, window: 1d }
inputs: [amount, total]
`,
  );
  await writeFile(
    join(folder, "payments.csv"),
    `id,event_time,customer,sum,is_fraud
1,2018-04-01T00:00:00,a,1.5,0
2,2018-04-01T01:00:00,a,-1,0
"3,x",2018-04-01T02:00:00,a,2,1
4,2018-04-02T01:30:00,a,4,
`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function features(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const cli = join(projectRoot, "pipeline/aggregates/features-cli.ts");
  try {
    return { ...(await run(process.execPath, ["--import", "tsx", cli, ...args])), code: 0 };
  } catch (error) {
    return error as never;
  }
}

/** A file of the test's folder. */
const at = (name: string) => join(folder, name);
const payments = () => [at("payments.csv"), "--schema", at("schema.yaml")];
const asked = () => [...payments(), "--zone", "UTC", "--column", "amount=sum", "--out"];

test("a file of features, a row a payment, and what was refused", async () => {
  const { stdout, stderr, code } = await features(...asked(), at("out.csv"));
  expect([code, stderr]).toEqual([0, "row 3: amount: must be at least 0, got -1\n"]);
  expect(stdout).toContain("out.csv: 3 payments × 2 features, 1 refused");
  expect(await readFile(join(folder, "out.csv"), "utf8")).toBe(
    `transaction_id,amount,total,label
1,1.5,1.5,0
"3,x",2,3.5,1
4,4,6,
`,
  );
  expect((await features(...asked(), at("out.jsonl.gz"))).code).toBe(0);
  expect(gunzipSync(await readFile(join(folder, "out.jsonl.gz"))).toString()).toBe(
    `{"transaction_id":"1","amount":1.5,"total":1.5,"label":0}
{"transaction_id":"3,x","amount":2,"total":3.5,"label":1}
{"transaction_id":"4","amount":4,"total":6}
`,
  );
});

test("what cannot be is said, and writes nothing over", async () => {
  await writeFile(join(folder, "there.csv"), "precious");
  for (const [args, message] of [
    [[...asked(), at("there.csv")], "there.csv: cannot be made: is it there already?"],
    [[...asked(), at("out.parquet")], "out.parquet: must end with .csv or .jsonl"],
    [[...payments(), "--out", at("a.csv")], "no column is known as amount"],
    [[...asked(), at("a.csv"), "--zone", "Mars"], "--zone Mars: is no time zone"],
    [[...asked(), at("a.csv"), "--column", "sum"], "--column sum: must be e.g. amount=TX_AMOUNT"],
  ] as const) {
    const { stderr, code } = await features(...args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  }
  expect(await readFile(join(folder, "there.csv"), "utf8")).toBe("precious");
});

test("amounts in other currencies are converted by a file of rates, and refused with their line without one", async () => {
  await writeFile(
    at("mixed.csv"),
    `id,event_time,customer,amount,currency
1,2018-04-01T00:00:00,a,1.5,EUR
2,2018-04-01T01:00:00,a,200,JPY
3,2018-04-01T02:00:00,a,3,
`,
  );
  const mixed = [at("mixed.csv"), "--schema", at("schema.yaml"), "--zone", "UTC", "--out"];
  const without = await features(...mixed, at("without.csv"));
  expect(without.stderr).toBe(
    "row 3: currency: is JPY, the schema test reads amounts in EUR, and there is no rate for JPY on 2018-04-01: " +
      "name a file with it by --rates FILE (npm run rates -- export FILE); or send the amount in EUR\n",
  );
  await writeFile(at("rates.csv"), "base,currency,valid_from,rate\nEUR,JPY,2018-01-01,0.01\n");
  const { stderr } = await features(...mixed, at("with.csv"), "--rates", at("rates.csv"));
  expect(stderr).toBe("");
  expect((await readFile(at("with.csv"), "utf8")).split("\n").slice(1, 4)).toEqual([
    "1,1.5,1.5,",
    "2,2,3.5,",
    "3,3,6.5,",
  ]);
  await writeFile(at("wrong.csv"), "base,currency,valid_from,rate\nEUR,JPY,2018-01-01,-1\n");
  const wrong = await features(...mixed, at("wrong-out.csv"), "--rates", at("wrong.csv"));
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringMatching(/wrong\.csv: line 2: "-1": must be a positive decimal/),
  ]);
});
