import { execFile } from "node:child_process";
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readAliases, readModel } from "../../scorer/serving/registry.ts";
import { loadCsv } from "../data/csv.ts";
import { syntheticCsv } from "../data/synthetic.ts";
import { GraphBuilder } from "../graph/graph-builder.ts";
import { randomForest } from "../learners/forest.ts";
import { promote } from "../promotion.ts";
import { recipes } from "../protocol/recipes.ts";
import { trainHonest, trainOriginal } from "../protocol/train.ts";
import { writeVersion } from "../registry.ts";

// Every case starts processes of its own, which a busy machine makes wait.
vi.setConfig({ testTimeout: 240_000 });

const script = fileURLToPath(new URL("./models.ts", import.meta.url));
let folder: string;
let registry: string;
let csv: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "models-"));
  registry = join(folder, "registry");
  csv = join(folder, "data.csv");
  await writeFile(csv, syntheticCsv(2_000, 100, { weight: true }));
  const data = await loadCsv(csv);
  const learner = randomForest({ trees: 5 });
  const recipe = { ...recipes.forest(), learner };
  for (const [name, train] of [
    ["good", trainHonest],
    ["original", trainOriginal],
  ] as const) {
    const trained = await train(data, { name, recipe, seed: 1, threads: 1, libraries: {} });
    await writeVersion(registry, trained.card, trained.bytes);
  }
  await promote(registry, "good@1", { role: "champion", reason: "the first" });
});
afterAll(() => rm(folder, { recursive: true }));

function models(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const all = ["--import", "tsx", script, ...args];
    execFile(
      process.execPath,
      args.includes("--registry") ? all : [...all, "--registry", registry],
      (error, out, err) => {
        resolve({ code: error ? Number(error.code) : 0, out, err });
      },
    );
  });
}

test("list shows every version with its alias and protocol", async () => {
  const { out } = await models("list");
  expect(out).toMatch(/good@1 +champion +random-forest +0\.\d+ \(0\.\d+–\d\.\d+\) .* \d+ +\d+ +honest/);
  expect(out).toMatch(/original@1 .*original: SMOTE/);
});

test("compare warns of different protocols; with data it judges both files on the same rows", async () => {
  const { out } = await models("compare", "champion", "original", "--data", csv);
  expect(out).toContain("must not be compared");
  expect(out).toMatch(/difference {2}-?\d\.\d+ \(-?\d\.\d+–-?\d\.\d+\): (more than|within) chance/);
  // Both figures were seen: it counts as a look, as the next one does.
  const looks = (text: string): number => Number(/looked at (\d+) times? by now/.exec(text)?.[1]);
  const again = await models("compare", "champion", "original", "--data", csv);
  expect(looks(again.out)).toBe(looks(out) + 1);
});

test("promote moves an alias, not to what is missing, and not to an uncalibrated model unless forced", async () => {
  expect((await models("promote", "shadow", "original")).out).toContain("shadow is now original@1");
  const refused = await models("promote", "champion", "original");
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("not calibrated") });
  expect((await models("promote", "champion", "none@1")).code).toBe(2);
  expect(await readAliases(registry)).toEqual({ champion: "good@1", shadow: "original@1" });

  const forced = await models("promote", "champion", "original", "--force", "--reason", "to compare");
  expect(forced.out).toMatch(/champion is now original@1, it was good@1 \(forced: .*not calibrated/);
  expect((await models("rollback")).out).toBe("champion is now good@1, it was original@1\n");
  expect(await models("rollback")).toMatchObject({
    code: 2,
    err: expect.stringContaining("knows none before"),
  });
  const { out } = await models("history", "champion");
  expect(out).toMatch(/promote +champion good@1 → original@1 \(forced: .* to compare\n/);
  expect(out).toMatch(/roll_back +champion original@1 → good@1/);
});

test("import measures a foreign classifier and writes its card; a broken one is refused and leaves nothing", async () => {
  const graph = new GraphBuilder("foreign");
  const [, v] = graph.nodes("Split", [graph.input("x", ["n", 30]), graph.int64s("widths", [1, 4, 25])], 3, {
    axis: { int: 1 },
  }) as [string, string, string];
  const sum = graph.node("ReduceSum", [v, graph.int64s("axes", [1])]);
  graph.node("Sigmoid", [graph.node("Sub", [sum, graph.floats("offset", [6])])], {}, { output: "p" });
  graph.output("p", ["n", 1]);
  await writeFile(join(folder, "foreign.onnx"), graph.finish());
  const good = await models("import", join(folder, "foreign.onnx"), "--data", csv, "--name", "foreign");
  expect(good.err).toBe("");
  expect(good.out).toContain("imported foreign@1; probability: its output p");
  const { card } = await readModel(registry, { name: "foreign", version: "1" });
  expect(card.metrics.find((m) => m.name === "auc")!.value).toBeGreaterThan(0.9);
  expect(card.metrics[0]!.note).toContain("not known");
  expect(good.out).toContain("they are taken as Time, V1 to V28, Amount");
  await expect(promote(registry, "foreign", { role: "champion", reason: "" })).rejects.toThrow(
    "import it again with a sample of rows and the scores that they should have, --expected SAMPLE",
  );
  const sample = join(folder, "sample.csv");
  const rows = (await readFile(csv, "utf8")).trim().split("\n");
  await writeFile(
    sample,
    rows
      .slice(0, 200)
      .map((line, r) => {
        const margin = line
          .split(",")
          .slice(1, 5)
          .map(Number)
          .reduce((a, b) => a + b, -6);
        return `${line},${r === 0 ? "Expected" : 1 / (1 + Math.exp(-margin))}`;
      })
      .join("\n"),
  );
  const proven = await models(
    ...["import", join(folder, "foreign.onnx"), "--data", csv, "--name", "foreign", "--expected", sample],
  );
  expect(proven.out).toContain("scores as sample.csv says (column Expected, 199 rows)");
  expect(await promote(registry, "foreign", { role: "challenger", reason: "" })).toMatchObject({
    to: "foreign@2",
  });

  await writeFile(join(folder, "broken.onnx"), "no model");
  const bad = await models("import", join(folder, "broken.onnx"), "--data", csv, "--name", "broken");
  expect(bad).toMatchObject({
    code: 2,
    err: expect.stringContaining("broken.onnx is refused: not an ONNX model"),
  });
  await expect(readModel(registry, { name: "broken", version: "1" })).rejects.toMatchObject({
    code: "not_found",
  });
});

test("verify computes the card's figures again, and finds a changed file and a changed card", async () => {
  const copy = join(folder, "copy");
  await cp(registry, copy, { recursive: true });
  const whole = await models("verify", "good", "--data", csv, "--registry", copy);
  expect(whole).toMatchObject({ code: 0, err: "" });
  expect(whole.out).toMatch(/good@1: \d+ figures of its card computed again from the file: the same/);

  const original = await models("verify", "original", "--registry", copy);
  expect(original.out).toContain(
    "original@1: fit for a shadow only: it was trained by the original protocol",
  );

  const cardPath = join(copy, "good", "1", "card.json");
  const card = JSON.parse(await readFile(cardPath, "utf8"));
  card.metrics[0].value += 0.01;
  await writeFile(cardPath, JSON.stringify(card));
  await appendFile(join(copy, "original", "1", "model.onnx"), "x");
  const broken = await models("verify", "--data", csv, "--registry", copy);
  expect(broken.code).toBe(1);
  expect(broken.err).toContain("good@1: BROKEN: its card states auprc value");
  expect(broken.err).toContain("original@1: BROKEN: model.onnx of original@1 does not match its card");
});

test("retune writes a version whose tiers fit the capacity, measured anew; what cannot be met is refused", async () => {
  const before = await readModel(registry, { name: "good", version: "1" });
  const per = (card: typeof before.card, name: string) => card.metrics.find((m) => m.name === name)!.value;
  const wanted = Math.ceil(per(before.card, "reviews_per_day"));
  const { code, out, err } = await models(
    ...["retune", "good@1", "--data", csv, "--reviews-per-day", String(wanted)],
    ...["--alerts-per-day", String(2 * wanted)],
  );
  expect(err).toBe("");
  expect(code).toBe(0);
  const version = /good@(\d+)/.exec(out)![1]!;
  const { card, bytes } = await readModel(registry, { name: "good", version });
  expect(bytes.equals(before.bytes)).toBe(true);
  expect(per(card, "reviews_per_day")).toBeLessThanOrEqual(wanted);
  expect(per(card, "alerts_per_day")).toBeLessThanOrEqual(2 * wanted);
  expect(per(card, "reviews_per_day")).toBeGreaterThan(0);
  expect(card.thresholds).not.toEqual(before.card.thresholds);
  expect((await models("verify", `good@${version}`, "--data", csv)).code).toBe(0);
  const refused = await models(
    "retune",
    "good@1",
    "--data",
    csv,
    "--reviews-per-day",
    "9",
    "--alerts-per-day",
    "2",
  );
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("cannot hold 9 reviews")]);
});

test("figures are checked against the data they were measured on, not what the model was trained on", async () => {
  const other = join(folder, "other.csv");
  await writeFile(other, syntheticCsv(2_000, 60, { weight: true, seed: 2 }));
  const { out } = await models("retune", "good@1", "--data", other, "--reviews-per-day", "2000");
  const reference = /good@\d+/.exec(out)![0];
  expect(out).toMatch(/measured on \d+ rows of other.csv, \d+ of them frauds: by chance alone/);
  expect((await models("verify", reference, "--data", other)).out).toContain("the same");
  expect((await models("verify", reference, "--data", csv)).out).toContain("figures not checked");
});

test("a version that cannot be run on several rows gets no role, in words and not the runtime's", async () => {
  const graph = new GraphBuilder("fixed");
  const row = graph.node("Reshape", [graph.input("x", ["n", 30]), graph.int64s("one", [1, 30])]);
  graph.node("Sigmoid", [graph.node("ReduceSum", [row, graph.int64s("axes", [1])])], {}, { output: "p" });
  graph.output("p", ["n", 1]);
  const { card } = await readModel(registry, { name: "good", version: "1" });
  const { version: _version, created_at: _created, sha256: _sha256, schema: _schema, ...draft } = card;
  await writeVersion(registry, { ...draft, name: "fixed" }, graph.finish());
  await expect(promote(registry, "fixed", { role: "champion", reason: "" })).rejects.toThrow(
    "fixed@1 cannot be champion: it scores one row at a time only",
  );
});

test("a version that reads a team's own fields is tried on rows of its own width", async () => {
  const inputs = ["amount", "items", "distance_km"];
  const graph = new GraphBuilder("own");
  const row = graph.input("input", ["n", 3]);
  graph.node("Sigmoid", [graph.node("ReduceSum", [row, graph.int64s("axes", [1])])], {}, { output: "p" });
  graph.output("p", ["n", 1]);
  const { card } = await readModel(registry, { name: "good", version: "1" });
  const { version: _version, created_at: _created, sha256: _sha256, schema: _schema, ...draft } = card;
  await writeVersion(registry, { ...draft, name: "own", inputs, features: [] }, graph.finish());
  expect(await promote(registry, "own", { role: "shadow", reason: "" })).toMatchObject({ to: "own@1" });
  expect((await models("verify", "own", "--data", csv)).out).toMatch(
    /a probability for \d+ rows[\s\S]*it reads other inputs/,
  );
  await writeVersion(registry, { ...draft, name: "own" }, graph.finish());
  await expect(promote(registry, "own@2", { role: "shadow", reason: "" })).rejects.toThrow("own@2 cannot be");
});
