import { afterEach, beforeEach, expect, it } from "vitest";
import { readModel } from "../../../platform/model-registry.ts";
import { createFixtureRegistry, type FixtureRegistry } from "../../testing/onnx-fixture.ts";
import { InferenceHost } from "./inference-host.ts";

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
  const run = async (name: string, urgent: boolean): Promise<void> => {
    const slab = host.takeSlab();
    await model.score(slab, urgent ? 1 : 1_024, urgent);
    order.push(name);
    host.giveBack(slab);
  };
  const slices = ["a", "b", "c", "d", "e", "f"].map((name) => run(name, false));
  await Promise.all([...slices, run("urgent", true)]);
  // One slice may have begun before the urgent row was there; the rest keep their order behind it.
  expect(order.indexOf("urgent")).toBeLessThanOrEqual(1);
  expect(order.filter((name) => name !== "urgent")).toEqual(["a", "b", "c", "d", "e", "f"]);
  await model.release();
});
