import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { Registry } from "prom-client";
import { userActor } from "../../../domain/actors.ts";
import type { Transaction } from "../../../domain/transaction.ts";
import type { Verdict } from "../../../domain/verdicts.ts";
import type { QueuedTransaction } from "../../../pipeline/queues.ts";
import { newDecision } from "../../../pipeline/record/new-decision.ts";
import { recordDecisions } from "../../../pipeline/record/record-decisions.ts";
import { giveVerdict } from "../../../pipeline/review/verdict.ts";
import { createContext } from "../../../pipeline/simulator/context.ts";
import { createGenerator } from "../../../pipeline/simulator/generator.ts";
import { readProfile } from "../../../pipeline/simulator/profile.ts";
import { openTestStore, type TestStore } from "../../../pipeline/testing/test-store.ts";
import { Random } from "../../../platform/math/random.ts";
import { createScorerClient } from "../../../scorer/client.ts";
import { readScorerConfig } from "../../../scorer/config.ts";
import { startScorer } from "../../../scorer/scorer.ts";
import { registryRoot } from "../../registry.ts";

/** The house from payment to verdict, on real parts: store, registry, scorer, and an analyst who is always right. */
export interface LoopHouse {
  readonly store: TestStore;
  readonly registry: string;
  /** Payments → scorer → store → verdicts. @returns how many verdicts were given */
  day(payments: number): Promise<number>;
  /** What the analyst knows of a payment. */
  readonly truth: ReadonlyMap<string, boolean>;
  close(): Promise<void>;
}

export interface LoopHouseOptions {
  /** Share of fraud; higher than anywhere, so that few payments have many. */
  readonly fraud: number;
  /** Of what is not sent to people, the share that is looked at all the same. */
  readonly control: number;
}

export const ANALYST = userActor(7, "scripted analyst");
const SLA = { high: 3_600_000, critical: 3_600_000 };
const AT_ONCE = 200;

export async function openLoopHouse({ fraud, control }: LoopHouseOptions): Promise<LoopHouse> {
  const [store, folder, profile] = await Promise.all([
    openTestStore(),
    mkdtemp(join(tmpdir(), "paysecure-loop-")),
    readProfile(),
  ]);
  const registry = join(folder, "registry");
  await cp(registryRoot, registry, { recursive: true });
  const config = readScorerConfig({
    ...{ SCORER_PORT: "0", MODEL_DIR: registry, DATA_DIR: folder, SCORER_REFRESH_MS: "50" },
  });
  const scorer = await startScorer(config, pino({ level: "silent" }), new Registry(), (error) => {
    throw error;
  });
  await scorer.serve();
  const client = createScorerClient({ address: `127.0.0.1:${scorer.server.port}`, deadlineMs: 30_000 });
  const generator = createGenerator(profile, new Random(1, 1));
  const context = createContext(new Random(1, 2));
  const random = new Random(1, 3);
  const drawing = new Random(1, 4);
  const draw = (): number => drawing.next();
  const truth = new Map<string, boolean>();
  let made = 0;

  const payment = (): QueuedTransaction => {
    const time = Math.floor(random.next() * 172_000);
    const drawn = generator.draw(random.next() < fraud, time);
    const transactionId = `loop-${++made}`;
    truth.set(transactionId, drawn.fraud);
    const { v, amount } = drawn;
    return { transactionId, time, v, amount, ...context.describe(drawn) };
  };
  const judge = async (cases: readonly { readonly caseId: number; readonly transactionId: string }[]) => {
    for (const { caseId, transactionId } of cases) {
      const verdict: Verdict = truth.get(transactionId) ? "fraud" : "legitimate";
      await giveVerdict(store.db, { caseId, actor: ANALYST, verdict, note: "" });
    }
  };
  return {
    ...{ store, registry, truth },
    async day(payments) {
      let verdicts = 0;
      for (let left = payments; left > 0; left -= AT_ONCE) {
        const some = Array.from({ length: Math.min(left, AT_ONCE) }, payment);
        const results = await client.scoreBatch(some as Transaction[], { explainFrom: "high" });
        const decisions = results.map((result, i) => {
          if (!result.ok) throw result.error;
          return newDecision(some[i] as QueuedTransaction, result.decision, "loop");
        });
        const { cases } = await recordDecisions(store.db, decisions, SLA, {
          share: control,
          slaMs: 3_600_000,
          draw,
        });
        await judge(cases);
        verdicts += cases.length;
      }
      return verdicts;
    },
    async close() {
      client.close();
      await scorer.kill();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
