import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GraphBuilder } from "../../models/graph/graph-builder.ts";
import { hashKey } from "../../platform/credentials/api-key.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import { type ChangeRequest, promoteModel } from "../serving/promotion.ts";
import { readServingHistory } from "../serving/state.ts";
import { constantModel, fixtureCard, OWN_CARD, OWN_MODEL, V14_MODEL } from "../testing/onnx-fixture.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "../testing/scorer-fixture.ts";
import { openAdmin } from "./admin-client.ts";

let folder: string;
let scorer: ScorerFixture;
let admin: ReturnType<typeof openAdmin>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-admin-"));
  const keys = join(folder, "keys.json");
  await writeFile(
    keys,
    JSON.stringify([{ name: "operator", sha256: hashKey("k-admin"), scopes: ["score", "explain", "admin"] }]),
  );
  scorer = await startScorerFixture({ SCORER_API_KEYS_FILE: keys }, { apiKey: "k-admin" });
  for (let version = 2; version <= 5; version++) {
    await scorer.registry.add("fixture", String(version), constantModel(version / 10));
  }
  admin = openAdmin(scorer.address, "k-admin");
});
afterAll(async () => {
  admin.close();
  await scorer.stop();
  await rm(folder, { recursive: true, force: true });
});

const probabilityOf = (version: string): number => Number(version) / 10;

describe("models", () => {
  it("are used by name and version", async () => {
    const decision = await scorer.client.score(transaction("a"), { model: "fixture@3" });
    expect(decision.model.version).toBe("3");
    expect(decision.fraudProbability).toBeCloseTo(0.3, 6);
    expect((await scorer.client.score(transaction("a"), { model: "fixture" })).model.version).toBe("5");
    expect((await scorer.client.getModel("fixture@2")).model.version).toBe("2");
  });

  it("are swapped under load: every answer's version fits its score, no call fails", async () => {
    let running = true;
    let answers = 0;
    const load = Array.from({ length: 8 }, async (_, worker) => {
      for (let i = 0; running; i++) {
        const { model, fraudProbability } = await scorer.client.score(transaction(`s-${worker}-${i}`));
        if (model.version !== "1") expect(fraudProbability).toBeCloseTo(probabilityOf(model.version), 5);
        answers++;
      }
    });
    for (const version of ["2", "3", "4", "5", "2", "1"]) {
      const answer = await admin.call("PromoteModel", { model: `fixture@${version}`, reason: "test" });
      expect(answer).toMatchObject({ champion: { id: `fixture@${version}`, champion: true } });
    }
    running = false;
    await Promise.all(load);
    expect(answers).toBeGreaterThan(0);
    expect((await scorer.client.score(transaction("a"))).model.version).toBe("1");
  });

  it("are rolled back, and every change is audited", async () => {
    await admin.call("PromoteModel", { model: "fixture@4", reason: "better" });
    const answer = await admin.call("RollBack", { reason: "worse" });
    expect(answer).toMatchObject({ previous: "fixture@4", champion: { id: "fixture@1" } });
    expect((await readServingHistory(scorer.registry.root)).at(-1)).toMatchObject({
      actor: { kind: "api_key", name: "operator" },
      act: "roll_back",
      before: { champion: "fixture@4" },
      after: { champion: "fixture@1" },
      reason: "worse",
    });
  });

  it("that are broken leave the champion serving and say why", async () => {
    await scorer.registry.add("fixture", "6", { ...V14_MODEL, weights: [1, 2] });
    await expect(admin.call("PromoteModel", { model: "fixture@6" })).rejects.toMatchObject({
      details: expect.stringContaining("[n,30]"),
    });
    await scorer.registry.add("fixture", "7", constantModel(0.7));
    await writeFile(join(scorer.registry.root, "fixture/7/model.onnx"), "no model");
    await expect(admin.call("LoadModel", { model: "fixture@7" })).rejects.toMatchObject({
      details: expect.stringContaining("does not match its card"),
    });
    await expect(admin.call("LoadModel", { model: "nobody" })).rejects.toMatchObject({ code: 5 });
    expect((await scorer.client.score(transaction("a"))).model.version).toBe("1");
  });

  it("pass one gate into every role: figures for those that answer, a probability everywhere for all", async () => {
    const { registry } = scorer;
    await registry.add("fixture", "8", V14_MODEL, { metrics: [] });
    await expect(admin.call("PromoteModel", { model: "fixture@8" })).rejects.toMatchObject({
      code: 3,
      details: expect.stringContaining("fixture@8 cannot be champion: its card has no AUC"),
    });
    await expect(admin.call("SetChallenger", { model: "fixture@8", share: 0.1 })).rejects.toMatchObject({
      details: expect.stringContaining("cannot be challenger"),
    });
    await admin.call("SetShadows", { models: ["fixture@8"] });
    await admin.call("SetShadows", { models: [] });
    await addRoot(registry.root, "9");
    for (const [method, request] of [
      ["PromoteModel", { model: "fixture@9" }],
      ["SetChallenger", { model: "fixture@9", share: 0.1 }],
      ["SetShadows", { models: ["fixture@9"] }],
      ["LoadModel", { model: "fixture@9" }],
    ] as const) {
      await expect(admin.call(method, request), method).rejects.toMatchObject({
        code: 3,
        details: expect.stringMatching(/it gives no probability from 0 to 1 .* NaN for .* Amount/),
      });
    }
    expect((await scorer.client.score(transaction("a"))).model.version).toBe("1");
  });

  it("of a team's own, of another width, pass the same gate", async () => {
    const { registry } = scorer;
    await registry.add("own", "1", OWN_MODEL, OWN_CARD);
    await admin.call("LoadModel", { model: "own@1" });
    await admin.call("SetChallenger", { model: "own@1", share: 0 });
    await admin.call("SetChallenger", { model: "" });
    await registry.add("own", "2", { weights: [0, 0, 0, 0, 0.01], bias: 0.5, link: "Identity" }, OWN_CARD);
    await expect(admin.call("SetShadows", { models: ["own@2"] })).rejects.toMatchObject({
      details: expect.stringMatching(/no probability .* for the one with amount 50 and items 120/),
    });
    await registry.add("own", "3", OWN_MODEL, { ...OWN_CARD, inputs: ["amount", "V29", "a", "b", "c"] });
    await expect(admin.call("LoadModel", { model: "own@3" })).rejects.toMatchObject({
      details: expect.stringContaining('input "V29" is none of'),
    });
  });

  it("are rolled back to what the command line promoted", async () => {
    const request: ChangeRequest = {
      ...{ role: "champion", actor: { kind: "operator", id: "1", name: "command line" }, reason: "" },
      score: async (_, __, count) => new Float32Array(count),
    };
    await promoteModel(scorer.registry.root, "fixture@2", request);
    const answer = await admin.call("RollBack", {});
    expect(answer).toMatchObject({ previous: "fixture@2", champion: { id: "fixture@1" } });
  });

  it("follow the registry when somebody else changes it", async () => {
    await scorer.registry.setAliases({ champion: "fixture@3" });
    await expect
      .poll(async () => (await scorer.client.score(transaction("a"))).model.version, { timeout: 10_000 })
      .toBe("3");
    await scorer.registry.setAliases({ champion: "fixture@1" });
    await expect
      .poll(async () => (await scorer.client.score(transaction("a"))).model.version, { timeout: 10_000 })
      .toBe("1");
  });

  it("share traffic by card: stable, in the share asked for, batches and single requests alike", async () => {
    await admin.call("SetChallenger", { model: "fixture@2", share: 0.3 });
    const cards = Array.from({ length: 1_000 }, (_, i) =>
      transaction(`c-${i}`, 0, { cardToken: `tok_${i}` }),
    );
    const results = await scorer.client.scoreBatch(cards);
    const versions = results.map((result) => (result.ok ? result.decision.model.version : ""));
    for (const [i, result] of results.entries()) {
      if (result.ok && versions[i] === "2") expect(result.decision.fraudProbability).toBeCloseTo(0.2, 5);
      expect(result.transactionId).toBe(`c-${i}`);
    }
    const share = versions.filter((version) => version === "2").length / versions.length;
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.35);
    for (let i = 0; i < 50; i++) {
      const again = transaction(`again-${i}`, 0, { cardToken: `tok_${i}` });
      expect((await scorer.client.score(again)).model.version).toBe(versions[i]);
    }
    const explicit = await scorer.client.scoreBatch(cards.slice(0, 50), { model: "champion" });
    expect(explicit.every((result) => result.ok && result.decision.model.version === "1")).toBe(true);
    await admin.call("SetChallenger", { model: "" });
    const after = await scorer.client.scoreBatch(cards.slice(0, 100));
    expect(after.every((result) => result.ok && result.decision.model.version === "1")).toBe(true);
  });

  it("score along as shadows and are compared", async () => {
    await admin.call("SetShadows", { models: ["fixture@5"] });
    await scorer.client.scoreBatch(Array.from({ length: 100 }, (_, i) => transaction(`sh-${i}`)));
    const compared = async (): Promise<string | undefined> =>
      /shadow_other_tier_total\{model="fixture@5"\} (\d+)/.exec(await scorer.metrics.metrics())?.[1];
    await expect.poll(compared, { timeout: 10_000 }).toBe("100");
    const { models } = (await admin.call("ListModels", {})) as { models: { id: string; shadow: boolean }[] };
    expect(models.find((model) => model.id === "fixture@5")).toMatchObject({ shadow: true, loaded: true });
    await admin.call("SetShadows", { models: [] });
  });
});

/** Adds a version that gives the square root of 0.25 − Amount ÷ 1000: no number beyond 250. */
async function addRoot(root: string, version: string): Promise<void> {
  const graph = new GraphBuilder("root");
  const input = graph.input("input", ["n", 30]);
  const amount = graph.node("Gather", [input, graph.int64s("amount", [29])], { axis: { int: 1 } });
  const thousandths = graph.node("Div", [amount, graph.floats("thousand", [1_000])]);
  const left = graph.node("Sub", [graph.floats("quarter", [0.25]), thousandths]);
  graph.node("Sqrt", [left], {}, { output: "probability" });
  graph.output("probability", ["n", 1]);
  const bytes = graph.finish();
  const folder = join(root, "fixture", version);
  await mkdir(folder);
  await writeFile(join(folder, "model.onnx"), bytes);
  await writeFile(join(folder, "card.json"), JSON.stringify(fixtureCard("fixture", version, bytes)));
}

it("knows the admin contract", () => {
  const { AdminService } = contractTypes(loadContract()).paysecure.admin.v1;
  const client = new AdminService(scorer.address, credentials.createInsecure());
  expect(typeof client.promoteModel).toBe("function");
  client.close();
});
