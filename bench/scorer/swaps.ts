import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashKey } from "../../platform/credentials/api-key.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import { openAdmin } from "../../scorer/admin/admin-client.ts";
import { OnnxModel } from "../../scorer/scoring/model.ts";
import { readAliases, readModel, resolveModel } from "../../scorer/serving/registry.ts";
import { constantModel, fixtureCard, linearModel } from "../../scorer/testing/onnx-fixture.ts";
import type { Figure } from "../report.ts";
import { openRaw } from "./load.ts";
import { batchRows, seeded, transaction } from "./messages.ts";
import { startServer } from "./server-process.ts";

const { ScoreRequest, ScoreResponse } = contractTypes(loadContract()).paysecure.scoring.v1;
const REQUESTS = 1_000;
const SEED = 2;
const CONSTANT = 0.25;
const KEY = "k-bench";
const TOLERANCE = 1e-5;

/**
 * Swaps the champion back and forth between the real model and one that always answers 0.25, under 64 calls in flight:
 * no call may fail, and each answer's score must be that of the version it names.
 */
export async function swaps(root: string, count: number): Promise<Figure[]> {
  const champion = await resolveModel(root, "champion");
  const expected = await scores(root, champion);
  const constant = "constant@1";
  const bytes = linearModel(constantModel(CONSTANT));
  await mkdir(join(root, "constant", "1"), { recursive: true });
  await writeFile(join(root, "constant", "1", "model.onnx"), bytes);
  await writeFile(
    join(root, "constant", "1", "card.json"),
    JSON.stringify(fixtureCard("constant", "1", bytes)),
  );
  const keys = join(root, "keys.json");
  await writeFile(
    keys,
    JSON.stringify([{ name: "bench", sha256: hashKey(KEY), scopes: ["score", "admin"] }]),
  );
  const server = await startServer("scorer/main.ts", {
    MODEL_DIR: root,
    SCORER_API_KEYS_FILE: keys,
    // Nothing stays loaded: each swap loads, verifies and warms again.
    SCORER_EXTRA_MODELS: "1",
  });
  const client = openRaw(server.address, KEY);
  const admin = openAdmin(server.address, KEY);
  const random = seeded(SEED);
  const requests = Array.from({ length: REQUESTS }, (_, i) =>
    ScoreRequest.serialize({ transaction: transaction(random, `swap-${i}`) }),
  );
  let running = true;
  let answered = 0;
  let failed = 0;
  let mixed = 0;
  const versions = new Map<string, number>();
  const load = new Promise<void>((resolve) => {
    let open = 0;
    let next = 0;
    const send = (): void => {
      const i = next++ % REQUESTS;
      open++;
      client.call("Score", requests[i] as Buffer, (error, bytesBack) => {
        open--;
        if (error || !bytesBack) failed++;
        else {
          const { model, fraudProbability } = ScoreResponse.deserialize(bytesBack);
          const right = model?.name === "constant" ? CONSTANT : (expected[i] as number);
          if (Math.abs(fraudProbability - right) > TOLERANCE) mixed++;
          const name = model?.name ?? "";
          versions.set(name, (versions.get(name) ?? 0) + 1);
          answered++;
        }
        if (running) send();
        else if (open === 0) resolve();
      });
    };
    for (let i = 0; i < 64; i++) send();
  });
  const times: number[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      const model = i % 2 === 0 ? constant : `${champion.name}@${champion.version}`;
      await admin.call("PromoteModel", { model, reason: "bench" });
      times.push(performance.now() - start);
    }
  } finally {
    running = false;
    await load;
    client.close();
    admin.close();
    await server.stop();
  }
  const note = [...versions].map(([name, calls]) => `${name} ${calls}`).join(", ");
  times.sort((a, b) => a - b);
  return [
    { name: "model swaps under load", value: count, unit: "swaps", note: `answers: ${note}` },
    { name: "time of a swap, median", value: times[times.length >> 1] ?? Number.NaN, unit: "ms" },
    { name: "calls answered during the swaps", value: answered, unit: "calls", atLeast: 1 },
    { name: "calls failed during the swaps", value: failed, unit: "calls", atMost: 0 },
    { name: "answers whose score is another version's", value: mixed, unit: "answers", atMost: 0 },
  ];
}

async function scores(root: string, version: { name: string; version: string }): Promise<Float32Array> {
  const aliases = await readAliases(root);
  if (Object.keys(aliases).length === 0) throw new Error("the registry has no champion");
  const stored = await readModel(root, version);
  const model = await OnnxModel.load(stored.bytes);
  const answers = Float32Array.from(await model.score(batchRows(REQUESTS, SEED), REQUESTS));
  await model.release();
  return answers;
}
