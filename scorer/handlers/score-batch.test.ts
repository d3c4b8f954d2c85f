import type { ServerUnaryCall } from "@grpc/grpc-js";
import { expect, it } from "vitest";
import { DEFAULT_EDGES, tiersBy } from "../../domain/policy/decision-policy.ts";
import { CONTRACT_INPUTS } from "../../domain/transaction.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import { ServedPolicy } from "../policy/served-policy.ts";
import { NO_RECORDER } from "../recording/recorder.ts";
import type { Slab } from "../scoring/inference/inference-host.ts";
import { openLines } from "../scoring/lines.ts";
import { inputsOf } from "../scoring/model-inputs.ts";
import { CONTRACT_WIDTH } from "../scoring/transaction-input.ts";
import { ScoreStatistics } from "../telemetry/score-statistics.ts";
import { fixtureCard } from "../testing/onnx-fixture.ts";
import type { HandlerContext } from "./context.ts";
import { MAX_SLICE_ROWS, scoreBatchHandler } from "./score-batch.ts";

const { ScoreBatchRequest } = contractTypes(loadContract()).paysecure.scoring.v1;
const SLICES = 8;

/** Everything a batch needs, with a model whose runs `run` decides about, and slabs that are counted. */
function setUp(run: (number: number) => Promise<void>, explain: () => Promise<void> = async () => {}) {
  const lines = openLines({ maxRows: 1e6, maxWaitMs: 1e6, maxExplainMs: 1e6 });
  let taken = 0;
  let users = 0;
  let runs = 0;
  const model = {
    id: "fake@1",
    ref: { name: "fake", version: "1" },
    card: fixtureCard("fake", "1", new Uint8Array()),
    tierOf: tiersBy(DEFAULT_EDGES),
    inputs: inputsOf(CONTRACT_INPUTS),
    inference: {
      explainable: true,
      score: async (slab: Slab, rows: number) => {
        await run(runs++);
        slab.probabilities.fill(0.5, 0, rows);
        return 0.001 * rows;
      },
      explain: async (rows: Float32Array) => {
        await explain();
        const reasons: [] = [];
        return {
          rows: Array.from({ length: rows.length / CONTRACT_WIDTH }, () => ({ probability: 0.5, reasons })),
          computeMs: 1,
        };
      },
    },
    retain: () => {
      users++;
      return model;
    },
    release: () => void users--,
  };
  const context = {
    ...lines,
    maxAnswerBytes: 4 * 1024 * 1024,
    catalog: { acquire: async () => model.retain(), challenger: undefined, splitsTraffic: false },
    inference: {
      takeSlab: () => {
        taken++;
        return {
          number: 0,
          width: CONTRACT_WIDTH,
          inputs: new Float32Array(512 * CONTRACT_WIDTH),
          probabilities: new Float32Array(512),
        };
      },
      giveBack: () => void taken--,
    },
    statistics: new ScoreStatistics(),
    policy: { current: ServedPolicy.byTier() },
    recorder: NO_RECORDER,
  } as unknown as HandlerContext;
  const call = { cancelled: false } as { cancelled: boolean; request: Buffer };
  const ask = (explainFromTier: 0 | 1 | 3): Promise<{ code?: number } | null> => {
    const transactions = Array.from({ length: 500 }, (_, i) => ({
      transactionId: `t-${i}`,
      v: new Array<number>(28).fill(0),
    }));
    // Slices are of MAX_SLICE_ROWS at most: enough transactions for several.
    const many = Array.from(
      { length: Math.ceil((SLICES * MAX_SLICE_ROWS) / 500) },
      () => transactions,
    ).flat();
    call.request = ScoreBatchRequest.serialize({
      transactions: explainFromTier === 0 ? many : transactions,
      explainFromTier,
    });
    const handler = scoreBatchHandler(context);
    return new Promise((resolve) => {
      handler(
        call as unknown as ServerUnaryCall<Buffer, Buffer>,
        (error) => resolve(error as { code?: number } | null),
        { id: "x", name: "x", who: "x", demand: () => {}, spend: () => {} },
      );
    });
  };
  const held = (): object => ({
    slabs: taken,
    users,
    scoring: lines.scoring.batches.rows,
    explaining: lines.explaining.batches.rows,
  });
  return { call, ask, held };
}

const NOTHING = { slabs: 0, users: 0, scoring: 0, explaining: 0 };
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

it("gives everything back when it is answered", async () => {
  for (const tier of [0, 1, 3] as const) {
    const { ask, held } = setUp(async () => {});
    expect(await ask(tier)).toBeNull();
    expect(held()).toEqual(NOTHING);
  }
});

it("gives everything back when the caller leaves, at whichever slice", async () => {
  for (let at = 0; at < SLICES; at++) {
    const { call, ask, held } = setUp(async (run) => {
      await settled();
      if (run === at) call.cancelled = true;
    });
    const error = await ask(0);
    if (at < SLICES - 2) expect(error).toMatchObject({ code: 1 });
    await settled();
    expect(held()).toEqual(NOTHING);
  }
});

it("gives everything back when a run fails, at whichever slice", async () => {
  for (let at = 0; at < SLICES; at++) {
    const { ask, held } = setUp(async (run) => {
      if (run === at) throw new Error("broken");
    });
    expect(await ask(0)).toMatchObject({ code: 13, details: "internal error" });
    await settled();
    expect(held()).toEqual(NOTHING);
  }
});

it("gives everything back when the caller leaves or a run fails while reasons are found", async () => {
  for (const tier of [1, 3] as const) {
    const leaving = setUp(
      async () => {},
      async () => {
        leaving.call.cancelled = true;
      },
    );
    expect(await leaving.ask(tier)).toMatchObject({ code: 1 });
    const failing = setUp(
      async () => {},
      () => Promise.reject(new Error("broken")),
    );
    expect(await failing.ask(tier)).toMatchObject({ code: 13 });
    await settled();
    for (const { held } of [leaving, failing]) expect(held()).toEqual(NOTHING);
  }
});
