import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hashKey } from "../../platform/credentials/api-key.ts";
import type { BatchResult } from "../client/types.ts";
import { createScorerClient } from "../client.ts";
import { startScorerFixture, transaction } from "../testing/scorer-fixture.ts";

it("an error in a stream names its own transaction, never somebody else's, whatever refused it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "paysecure-stream-"));
  const file = join(folder, "keys.json");
  const key = (name: string, more: object): object => ({
    name,
    sha256: hashKey(name),
    scopes: ["score"],
    ...more,
  });
  await writeFile(file, JSON.stringify([key("free", {}), key("slow", { rate_per_second: 0.001, burst: 3 })]));
  const scorer = await startScorerFixture({ SCORER_API_KEYS_FILE: file }, { apiKey: "free" });
  const slow = createScorerClient({ address: scorer.address, apiKey: "slow" });
  try {
    const others = Array.from({ length: 50 }, (_, i) => scorer.client.score(transaction(`secret-${i}`)));
    const sent = Array.from({ length: 20 }, (_, i) => transaction(`mine-${i}`));
    const results: BatchResult[] = [];
    for await (const result of slow.scoreStream(sent)) results.push(result);
    await Promise.all(others);
    expect(results.map(({ transactionId }) => transactionId)).toEqual(
      sent.map(({ transactionId }) => transactionId),
    );
    expect(results.filter(({ ok }) => ok)).toHaveLength(3);
    expect(results[19]).toMatchObject({ ok: false, error: { code: "resource_exhausted" } });
  } finally {
    slow.close();
    await scorer.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

it("an id of megabytes is not sent back in full", async () => {
  const scorer = await startScorerFixture();
  for await (const result of scorer.client.scoreStream([transaction("x".repeat(2_000_000))])) {
    expect(result).toMatchObject({ ok: false, error: { code: "invalid_argument" } });
    expect(result.transactionId.length).toBeLessThanOrEqual(512);
  }
  await scorer.stop();
});
