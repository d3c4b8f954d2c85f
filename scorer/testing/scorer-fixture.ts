import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { Registry } from "prom-client";
import type { Transaction } from "../../domain/transaction.ts";
import { createScorerClient, type ScorerClient, type ScorerClientOptions } from "../client.ts";
import { readScorerConfig } from "../config.ts";
import { type Scorer, startScorer } from "../scorer.ts";
import { createFixtureRegistry, type FixtureRegistry } from "./onnx-fixture.ts";

/** A whole scorer in this process on a free port, with a client. */
export interface ScorerFixture extends Scorer {
  readonly registry: FixtureRegistry;
  readonly metrics: Registry;
  readonly client: ScorerClient;
  readonly address: string;
  /** A folder of its own. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts a scorer over a fixture registry, serving. */
export async function startScorerFixture(
  env: Readonly<Record<string, string>> = {},
  clientOptions: Partial<ScorerClientOptions> = {},
): Promise<ScorerFixture> {
  const registry = await createFixtureRegistry();
  const folder = await mkdtemp(join(tmpdir(), "paysecure-scorer-"));
  const metrics = new Registry();
  const config = readScorerConfig({
    SCORER_PORT: "0",
    MODEL_DIR: registry.root,
    DATA_DIR: folder,
    SCORER_REFRESH_MS: "50",
    ...env,
  });
  const scorer = await startScorer(config, pino({ level: "silent" }), metrics, (error) => {
    throw error;
  });
  await scorer.serve();
  const address = `127.0.0.1:${scorer.server.port}`;
  const client = createScorerClient({ address, deadlineMs: 10_000, ...clientOptions });
  return {
    ...scorer,
    registry,
    metrics,
    client,
    address,
    folder,
    async stop() {
      client.close();
      await scorer.kill();
      await registry.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A transaction that is right in every field; V14 = −10 is critical to the fixture's model. */
export function transaction(id: string, v14 = 0, more: Partial<Transaction> = {}): Transaction {
  const v = new Array<number>(28).fill(0);
  v[13] = v14;
  return { transactionId: id, time: 3_600, v, amount: 12.5, ...more };
}
