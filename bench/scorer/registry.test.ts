import { expect, test } from "vitest";
import { registryRoot } from "../../models/registry.ts";
import { readServing } from "../../scorer/serving/state.ts";
import { copyRegistry } from "./registry.ts";

test("the registry that benches serve from has the champion that came with the product", async () => {
  const registry = await copyRegistry();
  try {
    const { champion } = await readServing(registry.root);
    expect(champion).toMatch(/@/);
    expect(champion).toBe((await readServing(registryRoot)).champion);
  } finally {
    await registry.remove();
  }
});
