import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCsv } from "../data/csv.ts";
import type { Dataset } from "../data/dataset.ts";
import { syntheticCsv } from "../data/synthetic.ts";
import { scoreOnnx } from "../onnx/parity.ts";
import { expectedScore, foreignModels } from "./foreign-models.ts";
import { tryModel } from "./try-model.ts";

let folder: string;
let data: Dataset;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imports-"));
  const csv = join(folder, "data.csv");
  await writeFile(csv, syntheticCsv(600, 60));
  data = await loadCsv(csv);
});
afterAll(() => rm(folder, { recursive: true }));

describe("a model from elsewhere", () => {
  test.each(foreignModels.map((model) => [model.from, model.what, model] as const))(
    "%s: %s",
    async (...[, , model]) => {
      const outcome = await tryModel(model, data);
      if (model.refused) {
        expect(outcome).toEqual({ refused: expect.stringMatching(model.refused) });
        return;
      }
      if ("refused" in outcome) throw new Error(`refused: ${outcome.refused}`);
      expect(outcome.auc).toBeGreaterThan(0.9);
      if (model.own) return;
      const scores = await scoreOnnx(outcome.bytes, data.inputs);
      const { columns, values } = data.inputs;
      for (let r = 0; r < data.rows; r++) {
        expect(scores[r]).toBeCloseTo(expectedScore(values.subarray(r * columns, (r + 1) * columns)), 4);
      }
    },
  );
});
