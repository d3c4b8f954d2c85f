import { pino } from "pino";
import type { Transaction } from "../client/types.ts";
import { createScorerClient, type ScorerClient } from "../client.ts";
import { NO_RECORDER, type Recorder } from "../recording/recorder.ts";
import { Admission } from "../scoring/admission.ts";
import { InferenceHost } from "../scoring/inference/inference-host.ts";
import { ModelCatalog } from "../scoring/model-catalog.ts";
import { Turns } from "../scoring/turns.ts";
import { type ScorerServer, startScorerServer } from "../server.ts";
import { ScoreStatistics } from "../telemetry/score-statistics.ts";
import { createFixtureRegistry, type FixtureRegistry } from "./onnx-fixture.ts";

/** A scorer in this process on a free port, with a client. */
export interface ScorerFixture {
  readonly registry: FixtureRegistry;
  readonly catalog: ModelCatalog;
  readonly server: ScorerServer;
  readonly client: ScorerClient;
  readonly address: string;
  stop(): Promise<void>;
}

/** Starts a scorer over a fixture registry, serving. */
export async function startScorerFixture(
  options: { readonly maxRows?: number; readonly maxWaitMs?: number; readonly recorder?: Recorder } = {},
): Promise<ScorerFixture> {
  const registry = await createFixtureRegistry();
  const logger = pino({ level: "silent" });
  const inference = new InferenceHost({ onnxThreads: 1 }, (error) => {
    throw error;
  });
  const catalog = new ModelCatalog({
    root: registry.root,
    inference,
    maxBatchRows: 256,
    maxExtraModels: 2,
    logger,
  });
  const admission = new Admission({
    maxRows: options.maxRows ?? 50_000,
    maxWaitMs: options.maxWaitMs ?? 1_000,
  });
  const server = await startScorerServer(
    {
      catalog,
      inference,
      admission,
      turns: new Turns(2),
      statistics: new ScoreStatistics(),
      recorder: options.recorder ?? NO_RECORDER,
      logger,
    },
    { host: "127.0.0.1", port: 0, maxMessageBytes: 4 * 1024 * 1024 },
  );
  await catalog.start();
  server.setServing(true);
  const address = `127.0.0.1:${server.port}`;
  const client = createScorerClient({ address });
  return {
    registry,
    catalog,
    server,
    client,
    address,
    async stop() {
      client.close();
      server.kill();
      await catalog.close();
      await inference.close();
      await registry.remove();
    },
  };
}

/** A transaction that is right in every field; V14 = −10 is critical to the fixture's model. */
export function transaction(id: string, v14 = 0, more: Partial<Transaction> = {}): Transaction {
  const v = new Array<number>(28).fill(0);
  v[13] = v14;
  return { transactionId: id, time: 3_600, v, amount: 12.5, ...more };
}
