import { afterEach, beforeEach, expect, it } from "vitest";
import { readModel } from "../../serving/registry.ts";
import { createFixtureRegistry, type FixtureRegistry } from "../../testing/onnx-fixture.ts";
import { CONTRACT_WIDTH } from "../transaction-input.ts";
import { InferenceHost, type Slab } from "./inference-host.ts";

const LONG_ROWS = 20_000;

let registry: FixtureRegistry;
let host: InferenceHost;
beforeEach(async () => {
  registry = await createFixtureRegistry();
  host = new InferenceHost({ onnxThreads: 1 }, (error) => {
    throw error;
  });
});
afterEach(async () => {
  await host.close();
  await registry.remove();
});

it("runs an urgent row before the slices that already wait", async () => {
  const stored = await readModel(registry.root, { name: "fixture", version: "1" });
  const model = await host.load(stored.bytes, stored.card);
  const order: string[] = [];
  const slabs = Array.from({ length: 7 }, () => host.takeSlab(CONTRACT_WIDTH));
  // Holds the thread up until everything else has been sent.
  const first = model.explain(new Float32Array(LONG_ROWS * CONTRACT_WIDTH), 1);
  const slices = slabs
    .slice(1)
    .map((slab, i) => model.score(slab, 64, false).then(() => order.push(`slice ${i}`)));
  const urgent = model.score(slabs[0] as Slab, 1, true).then(() => order.push("urgent"));
  await Promise.all([first, ...slices, urgent]);
  expect(order).toEqual(["urgent", ...slices.map((_, i) => `slice ${i}`)]);
  await model.release();
});
