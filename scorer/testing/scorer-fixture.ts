import { pino } from "pino";
import type { Transaction } from "../client/types.ts";
import { createScorerClient, type ScorerClient } from "../client.ts";
import { Admission } from "../scoring/admission.ts";
import { ModelCatalog } from "../scoring/model-catalog.ts";
import { Turns } from "../scoring/turns.ts";
import { type ScorerServer, startScorerServer } from "../server.ts";
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
  limits: { readonly maxRows?: number; readonly maxWaitMs?: number } = {},
): Promise<ScorerFixture> {
  const registry = await createFixtureRegistry();
  const catalog = new ModelCatalog({
    root: registry.root,
    maxBatchRows: 256,
    maxExtraModels: 2,
    threads: 1,
  });
  const admission = new Admission({
    maxRows: limits.maxRows ?? 50_000,
    maxWaitMs: limits.maxWaitMs ?? 1_000,
  });
  const logger = pino({ level: "silent" });
  const server = await startScorerServer(
    { catalog, admission, turns: new Turns(), logger },
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
