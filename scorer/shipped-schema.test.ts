import { copyFile, cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { publicSetSchema } from "../features/schema/public-set.ts";
import { SEED_DIR } from "./config.ts";
import { readServing } from "./serving/state.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "./testing/scorer-fixture.ts";

let scorer: ScorerFixture;
let shipped: string;
beforeAll(async () => {
  scorer = await startScorerFixture();
  shipped = (await readServing(SEED_DIR)).champion;
  const { root } = scorer.registry;
  const [name = "", version = ""] = shipped.split("@");
  await cp(join(SEED_DIR, name, version), join(root, name, version), { recursive: true });
  // As earlier releases shipped it.
  await mkdir(join(root, name, "bare"));
  for (const file of ["model.onnx", "card.json"]) {
    await copyFile(join(SEED_DIR, name, version, file), join(root, name, "bare", file));
  }
});
afterAll(() => scorer.stop());

test("the champion that is shipped has the schema that its training writes", async () => {
  const [name = "", version = ""] = shipped.split("@");
  expect(await readFile(join(SEED_DIR, name, version, "schema.yaml"), "utf8")).toBe(
    publicSetSchema(name, "EUR"),
  );
});

test("its schema changes no bit of what it answers", async () => {
  const [name = ""] = shipped.split("@");
  const list = Array.from({ length: 500 }, (_, i) => ({
    ...transaction(`g-${i}`),
    time: 137.5 * i,
    v: Array.from({ length: 28 }, (_, c) => 6 * Math.sin(i * (c + 1)) * Math.exp(-c / 20)),
    amount: i % 7 === 0 ? 0 : (1_000 * ((i * 7_919) % 500)) / 499,
    ...(i % 2 ? { currency: "EUR" } : {}),
  }));
  const answers = async (model: string) => {
    const results = await scorer.client.scoreBatch(list, { model, explainFrom: "high" });
    return results.map((result) => {
      if (!result.ok) throw result.error;
      const { fraudProbability, riskTier, reasons } = result.decision;
      return { fraudProbability, riskTier, reasons };
    });
  };
  const described = await answers(shipped);
  expect(described).toEqual(await answers(`${name}@bare`));
  expect(new Set(described.map(({ fraudProbability }) => fraudProbability)).size).toBeGreaterThan(50);
  const single = await scorer.client.score(list[1] as (typeof list)[number], { model: shipped });
  expect(single.fraudProbability).toBe(described[1]?.fraudProbability);
});

test("what it cannot convert it refuses", async () => {
  const dollars = transaction("usd", 0, { currency: "USD" });
  await expect(scorer.client.score(dollars, { model: shipped })).rejects.toThrow(
    `the model ${shipped} reads amounts in EUR`,
  );
});
