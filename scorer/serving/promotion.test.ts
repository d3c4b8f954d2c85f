import { createHash } from "node:crypto";
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ModelRole } from "./gate.ts";
import { type ChangeRequest, promoteModel, rollBackModel } from "./promotion.ts";
import { readAliases } from "./registry.ts";
import { readServingHistory } from "./state.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "promotion-"));
  for (const version of ["1", "2", "3"]) await write(version);
});
afterEach(() => rm(root, { recursive: true }));

const bytes = Buffer.from("a model");
const auc = (value: number, low: number, high: number) => ({
  name: "auc",
  protocol: "honest",
  value,
  low,
  high,
});

/** Writes model@version; no graph is run in these tests. */
async function write(version: string, more: Record<string, unknown> = {}): Promise<void> {
  const folder = join(root, "model", version);
  await mkdir(folder, { recursive: true });
  const card = {
    ...{ schema: 1, name: "model", version, created_at: "2026-11-22T12:00:00.000Z", algorithm: "test" },
    sha256: createHash("sha256").update(bytes).digest("hex"),
    inputs: Array.from({ length: 30 }, (_, i) => `input ${i}`),
    thresholds: { medium: 0.1, high: 0.3, critical: 0.7, fraud: 0.5 },
    ...{ features: [], parameters: {}, data: { sha256: "none", rows: 0 }, split: { protocol: "honest" } },
    ...{ seed: 0, libraries: {}, metrics: [auc(0.95, 0.9, 0.97)], parity: { rows: 0, max_abs_diff: 0 } },
    limits: [],
    ...more,
  };
  await writeFile(join(folder, "model.onnx"), bytes);
  await writeFile(join(folder, "card.json"), JSON.stringify(card));
}

const OPERATOR = { kind: "operator", id: "7", name: "test" } as const;
const request = (more: Partial<ChangeRequest> = {}): ChangeRequest => ({
  role: "champion",
  actor: OPERATOR,
  reason: "because",
  score: async (_, __, count) => new Float32Array(count).fill(0.5),
  ...more,
});
const promote = (version: string, more: Partial<ChangeRequest> = {}) =>
  promoteModel(root, `model@${version}`, request(more));

describe("an alias", () => {
  test("moves to a version that is there, with a line of history", async () => {
    expect(await promote("1")).toMatchObject({ from: "", to: "model@1" });
    expect(await promote("2", { role: "shadow" })).toMatchObject({ role: "shadow", to: "model@2" });
    expect(await readAliases(root)).toEqual({ champion: "model@1", shadow: "model@2" });
    await expect(promote("9")).rejects.toMatchObject({ code: "not_found" });
    expect(await readServingHistory(root)).toEqual([
      expect.objectContaining({
        seq: 1,
        role: "champion",
        act: "promote",
        actor: OPERATOR,
        reason: "because",
      }),
      expect.objectContaining({ seq: 2, role: "shadow", despite: "" }),
    ]);
  });

  test("that points there already is left alone", async () => {
    await promote("1");
    expect(await promote("1")).toMatchObject({ from: "model@1", to: "model@1" });
    expect(await readServingHistory(root)).toHaveLength(1);
  });

  test("goes back step by step, and forward from there", async () => {
    for (const version of ["1", "2", "3"]) await promote(version);
    await promote("3", { role: "challenger" });
    expect(await rollBackModel(root, request())).toMatchObject({ from: "model@3", to: "model@2" });
    expect(await rollBackModel(root, request())).toMatchObject({ from: "model@2", to: "model@1" });
    await expect(rollBackModel(root, request())).rejects.toMatchObject({ code: "conflict" });
    await promote("3");
    expect(await rollBackModel(root, request())).toMatchObject({ to: "model@1" });
    // The challenger that was crowned is challenger no more.
    expect(await readAliases(root)).toEqual({ champion: "model@1" });
  });

  test("goes back from where somebody else has pointed it by hand", async () => {
    await promote("1");
    await writeFile(
      join(root, "serving.json"),
      JSON.stringify({ champion: "model@3", challenger: null, shadows: [] }),
    );
    expect(await promote("2")).toMatchObject({ from: "model@3" });
    expect(await rollBackModel(root, request())).toMatchObject({ to: "model@3" });
  });

  test("stays where it is when the registry cannot be written, and no path is told", async () => {
    await promote("1");
    await rm(join(root, "serving.history.jsonl"));
    await mkdir(join(root, "serving.history.jsonl"));
    await expect(promote("2")).rejects.toMatchObject({
      code: "not_found",
      message: "the registry cannot be read (EISDIR)",
    });
    expect(await readAliases(root)).toEqual({ champion: "model@1" });
  });

  test("says which line of its history is wrong", async () => {
    await promote("1");
    await appendFile(join(root, "serving.history.jsonl"), "{}\n");
    await expect(rollBackModel(root, request())).rejects.toThrow(
      "serving.history.jsonl, line 2, of the registry",
    );
  });
});

describe("the gate", () => {
  const objections: [string, Record<string, unknown>, string][] = [
    [
      "upside down",
      { metrics: [auc(0.04, 0.02, 0.08)] },
      "ranks legitimate above fraud (AUC 0.040, 95 %: 0.020",
    ],
    ["chance", { metrics: [auc(0.55, 0.45, 0.66)] }, "does not credibly rank fraud above the rest"],
    ["no figure", { metrics: [] }, "its card has no AUC"],
    [
      "from elsewhere and compared with nothing",
      { parameters: { imported_from: "f.onnx" } },
      "nothing shows that it scores here as where it was trained",
    ],
    ["the original's protocol", { split: { protocol: "original: SMOTE" } }, "is not calibrated"],
    [
      "the original's figures",
      { metrics: [{ ...auc(0.99, 0.99, 1), protocol: "original: SMOTE" }] },
      "is not calibrated",
    ],
  ];

  test.each(objections)("keeps out by its figures: %s", async (_, more, why) => {
    await write("2", more);
    for (const role of ["champion", "challenger"] as const satisfies readonly ModelRole[]) {
      await expect(promote("2", { role })).rejects.toThrow(`model@2 cannot be ${role}: `);
      await expect(promote("2", { role })).rejects.toThrow(why);
    }
    await promote("2", { role: "shadow" });
    expect(await readAliases(root)).toEqual({ shadow: "model@2" });
    expect((await promote("2", { force: true })).despite).toContain(why);
    expect((await readServingHistory(root)).at(-1)!.despite).toContain(why);
  });

  test("stands before a roll-back too", async () => {
    await write("1", { metrics: [] });
    await promote("1", { force: true });
    await promote("2");
    await expect(rollBackModel(root, request())).rejects.toThrow("its card has no AUC");
    expect(await rollBackModel(root, request({ force: true }))).toMatchObject({ to: "model@1" });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1.01, -0.01])(
    "keeps out of every role, forced or not, what answers %s somewhere",
    async (wrong) => {
      const score: ChangeRequest["score"] = async (_, __, count) => {
        const answers = new Float32Array(count).fill(0.5);
        answers[count - 1] = wrong;
        return answers;
      };
      for (const role of ["champion", "challenger", "shadow"] as const) {
        await expect(promote("1", { role, score, force: true })).rejects.toMatchObject({
          code: "invalid_argument",
          message: expect.stringMatching(/cannot be .*: it gives no probability/),
        });
      }
      expect(await readAliases(root)).toEqual({});
    },
  );

  test("keeps out a changed file and a version without a card, and says no path", async () => {
    await appendFile(join(root, "model", "1", "model.onnx"), "x");
    await expect(promote("1", { force: true })).rejects.toThrow("does not match its card");
    await rm(join(root, "model", "2", "card.json"));
    const refused = await promote("2", { force: true }).catch((error: Error) => error.message);
    expect(refused).toBe("the files of model@2 cannot be read (ENOENT)");
    await expect(readFile(join(root, "serving.json"))).rejects.toThrow();
  });
});
