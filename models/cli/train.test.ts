import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { readModel } from "../../scorer/serving/registry.ts";
import { syntheticCsv } from "../data/synthetic.ts";

// Every case starts processes of its own, which a busy machine makes wait.
vi.setConfig({ testTimeout: 60_000 });

const script = fileURLToPath(new URL("./train.ts", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "train-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the command as a shell would. */
function train(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", "tsx", script, ...args], (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

async function trainOn(name: string, csv: string, ...more: string[]) {
  const path = join(folder, `${name}.csv`);
  const registry = join(folder, name);
  await writeFile(path, csv);
  const result = await train(["--data", path, "--registry", registry, "--trees", "10", ...more]);
  const written = await readdir(registry).catch(() => []);
  return { ...result, registry, written };
}

test("writes a version with a card and points the alias at it; same seed, same hash; another seed, another", async () => {
  const csv = syntheticCsv(3_000, 150, { weight: true });
  const [one, again, other] = await Promise.all([
    trainOn("one", csv, "--promote", "champion"),
    trainOn("again", csv, "--threads", "1"),
    trainOn("other", csv, "--seed", "43"),
  ]);
  expect(one.code).toBe(0);
  // No terminal here: progress in lines, nothing else.
  expect(one.err).toMatch(/^(random-forest: \d+ of 10.*\n)+$/);
  expect(one.out).toContain("wrote fraud-forest@1");
  expect(one.out).toContain("champion is now fraud-forest@1, there was none");
  expect(JSON.parse(await readFile(join(one.registry, "serving.json"), "utf8"))).toEqual({
    champion: "fraud-forest@1",
    challenger: null,
    shadows: [],
  });
  const version = { name: "fraud-forest", version: "1" };
  const { card } = await readModel(one.registry, version);
  expect(card.parity.rows).toBe(3_000);
  expect(card.parity.max_abs_diff).toBeLessThan(1e-5);
  expect(card.metrics.find((m) => m.name === "auprc")).toMatchObject({
    protocol: expect.stringContaining("honest"),
  });
  expect((await readModel(again.registry, version)).card.sha256).toBe(card.sha256);
  expect((await readModel(other.registry, version)).card.sha256).not.toBe(card.sha256);
});

test("the original protocol names itself on every figure", async () => {
  const { code, registry } = await trainOn("original", syntheticCsv(2_000, 60), "--protocol", "original");
  expect(code).toBe(0);
  const { card } = await readModel(registry, { name: "fraud-forest-original", version: "1" });
  expect(card.features).toHaveLength(32);
  expect(card.metrics.every((m) => m.protocol.startsWith("original"))).toBe(true);
});

describe("what is wrong is said, with exit code 2, and nothing is written", () => {
  const good = syntheticCsv(50, 5);
  test.concurrent.each([
    ["a missing column", good.replace("V9,V10", "V10"), "column V9 missing"],
    [
      "text in a number",
      good.replace(/\n1?\d+,/, "\ntoday,"),
      'line 2, column Time: "today" is not a number',
    ],
    ["an empty file", "", "the file is empty"],
    ["no fraud at all", syntheticCsv(50, 0), "no fraud at all"],
    ["one class only", syntheticCsv(50, 50), "one class only"],
    ["no row to test on", syntheticCsv(50, 5, { lastTime: 90_000 }), "no row with 100000 ≤ Time < 145000"],
    [
      "no fraud to learn from",
      `${good.split("\n")[0]}\n${good
        .split("\n")
        .slice(1)
        .filter((l) => Number(l.split(",")[0]) >= 100_000 || l.endsWith(",0"))
        .join("\n")}`,
      "no fraud among the training rows",
    ],
  ])("%s", async (name, csv, message) => {
    const { code, err, written } = await trainOn(name.replaceAll(" ", "-"), csv);
    expect(err).toContain(message);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
    expect(written).toEqual([]);
  });

  test("a champion by the original protocol, before it is trained", async () => {
    const { code, err, written } = await trainOn(
      ...(["original-champion", good, "--protocol", "original", "--promote", "champion"] as const),
    );
    expect(err).toContain("--protocol original --promote champion: it was trained by the original protocol");
    expect([code, written]).toEqual([2, []]);
  });

  test("options", async () => {
    const [none, unknown, seed] = await Promise.all([
      train([]),
      train(["--data", "x.csv", "--what"]),
      train(["--data", "x.csv", "--seed", "-1.5"]),
    ]);
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining("--data is missing") });
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining("--what") });
    expect(seed.code).toBe(2);
  });
});
