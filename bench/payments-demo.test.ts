import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { FeatureEngine } from "../features/engine/engine.ts";
import { OfflineRun } from "../features/offline/run.ts";
import { rocAuc } from "../models/evaluate/ranking.ts";
import { newMatrix } from "../models/features/matrix.ts";
import { scoreOnnx } from "../models/onnx/parity.ts";
import { registryRoot } from "../models/registry.ts";
import { PaymentsWorld, worldOf } from "../pipeline/simulator/payments/world.ts";
import { readModel, resolveModel } from "../scorer/serving/registry.ts";
import { DEMO_CHAMPIONS } from "../scorer/serving/seed.ts";

const WARM_UP_DAYS = 40;
const DAYS = 70;

test("the demo's model finds the frauds of a world that it has never seen", async () => {
  const stored = await readModel(registryRoot, await resolveModel(registryRoot, DEMO_CHAMPIONS.payments));
  const source = new URL("../models/payments-demo/schema.yaml", import.meta.url);
  const beside = `${registryRoot}/${stored.name}/${stored.version}/schema.yaml`;
  expect(await readFile(beside, "utf8")).toBe(await readFile(source, "utf8"));
  const engine = new FeatureEngine(stored.schema!);
  const run = new OfflineRun(engine);
  // Another seed than the one it was trained on: other people, other terminals.
  const world = new PaymentsWorld(worldOf(300, 99, Date.UTC(2026, 5, 1)));
  const rows: Float64Array[] = [];
  const labels: number[] = [];
  for (let day = 0; day < DAYS; day++) {
    for (const [i, payment] of world.nextDay().entries()) {
      const { at, customer, terminal, device, amount, pattern } = payment;
      const row = new Float64Array(engine.columns.length);
      const fraud = pattern !== "none";
      const refused = run.next(
        {
          ...{ transactionId: `${day}-${i}`, eventTimeMs: at, entities: { customer, terminal, device } },
          fields: { amount, currency: "EUR", event_time: new Date(at) },
        },
        { fraud, knownAtMs: at },
        row,
      );
      expect(refused).toBeUndefined();
      if (day < WARM_UP_DAYS) continue;
      rows.push(row);
      labels.push(fraud ? 1 : 0);
    }
  }
  const inputs = newMatrix(rows.length, engine.columns);
  for (const [r, row] of rows.entries()) inputs.values.set(row, r * row.length);
  const scores = Float64Array.from(await scoreOnnx(stored.bytes, inputs));
  expect(rocAuc({ scores, labels: Uint8Array.from(labels) })).toBeGreaterThan(0.8);
  const flagged = labels.filter((_, r) => scores[r]! >= 0.3);
  const caught = flagged.reduce((sum, label) => sum + label, 0);
  expect(caught / flagged.length).toBeGreaterThan(0.6);
  expect(caught / labels.reduce((sum, label) => sum + label, 0)).toBeGreaterThan(0.4);
}, 60_000);
