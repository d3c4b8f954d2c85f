import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { timeBlocks } from "../calibration/cross-fit.ts";
import { loadCsv } from "../data/csv.ts";
import { describeQuality } from "../data/dataset.ts";
import { syntheticCsv } from "../data/synthetic.ts";
import { HONEST, honestProtocol, isHonest, prepareHonest } from "./honest.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "honest-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(csv: string) {
  const path = join(folder, "given.csv");
  await writeFile(path, csv);
  return await loadCsv(path);
}

describe("the name of the protocol", () => {
  test("says true base rate where weights or a stream's rate of fraud say so", async () => {
    expect(honestProtocol(await load(syntheticCsv(2_000, 4)))).toBe(HONEST);
    expect(honestProtocol(await load(syntheticCsv(500, 45, { weight: true })))).toBe(HONEST);
  });

  test("gives the rate of a file without weights that holds more fraud than a stream does", async () => {
    const data = await load(syntheticCsv(500, 45));
    expect(honestProtocol(data)).toBe("honest: time-ordered, unweighted file with 9.0 % fraud");
    expect(isHonest(honestProtocol(data))).toBe(true);
    expect(describeQuality(data.quality).at(-1)).toContain("not for the true one");
    expect(isHonest("original: SMOTE")).toBe(false);
  });
});

describe("what does not fit the protocol's spans of time", () => {
  test("rows later than its test are counted and said, with their frauds", async () => {
    const month = await load(syntheticCsv(3_000, 30, { lastTime: 30 * 86_400 }));
    expect(month.quality.laterRows).toBe(month.times.filter((time) => time >= 145_000).length);
    expect(month.quality.laterFrauds).toBeGreaterThan(20);
    expect(describeQuality(month.quality).join("\n")).toContain(
      `${month.quality.laterRows.toLocaleString("en")} rows with ${month.quality.laterFrauds} frauds from 145,000 s on`,
    );
    const twoDays = await load(syntheticCsv(300, 30));
    expect(describeQuality(twoDays.quality).join("\n")).not.toContain("145,000");
  });

  test("a span shorter than the training part raises the question of the unit", async () => {
    const minutes = await load(syntheticCsv(90, 9, { lastTime: 2_880 }));
    expect(() => prepareHonest(minutes)).toThrow(
      "no row with 100000 ≤ Time < 145000 for the test part of the honest protocol; Time runs from 0 to 2880: is it in hours or minutes? Time is the seconds since the first transaction",
    );
  });

  test("fewer frauds than the calibration needs are said in a sentence", async () => {
    const few = await load(syntheticCsv(3_000, 60, { lastTime: 30 * 86_400 }));
    const { trainSet } = prepareHonest(few);
    expect(() => timeBlocks(trainSet, 5)).toThrow(
      expect.objectContaining({
        code: "invalid_argument",
        message: expect.stringContaining("the training part needs at least 5 frauds"),
      }),
    );
  });
});
