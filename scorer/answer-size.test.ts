import { credentials, type ServiceError, status } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ScoreBatchRequest } from "../proto/gen/paysecure/scoring/v1/ScoreBatchRequest.ts";
import type { ScoreBatchResponse__Output } from "../proto/gen/paysecure/scoring/v1/ScoreBatchResponse.ts";
import { contractTypes, loadContract } from "../proto/loader.ts";
import { SEED_DIR } from "./config.ts";
import { reasonsOf } from "./scoring/explain/reasons.ts";
import { readModel, resolveModel } from "./serving/registry.ts";
import { type ScorerFixture, startScorerFixture } from "./testing/scorer-fixture.ts";
import { encodeReasons, maxReasonsBytes } from "./wire/rare-fields.ts";

const { ScoringService } = contractTypes(loadContract()).paysecure.scoring.v1;

let scorer: ScorerFixture;
/** With grpc-js's defaults, as anybody's: answers of up to 4 MB. */
let ordinary: InstanceType<typeof ScoringService>;
beforeAll(async () => {
  scorer = await startScorerFixture();
  ordinary = new ScoringService(scorer.address, credentials.createInsecure());
});
afterAll(async () => {
  ordinary.close();
  await scorer.stop();
});

type Outcome = { readonly error: ServiceError } | { readonly answer: ScoreBatchResponse__Output };

const ask = (request: ScoreBatchRequest): Promise<Outcome> =>
  new Promise((resolve) => {
    ordinary.scoreBatch(request, (error, answer) =>
      resolve(error ? { error } : { answer: answer as ScoreBatchResponse__Output }),
    );
  });

const list = (count: number, more: object = {}): object[] =>
  Array.from({ length: count }, (_, i) => ({
    transactionId: `row-${i}`,
    v: new Array<number>(28).fill(0),
    amount: 1,
    ...more,
  }));

describe("a batch with reasons for every result", () => {
  it("is refused with how many would fit, and so many fit", async () => {
    const refused = await ask({ transactions: list(10_000), explainFromTier: 1 });
    if (!("error" in refused)) return expect.fail("should have been refused");
    expect(refused.error.code).toBe(status.INVALID_ARGUMENT);
    const fitting = Number(/send at most (\d+) transactions/.exec(refused.error.details)?.[1]);
    expect(fitting).toBeGreaterThan(2_000);
    expect(await scorer.metrics.metrics()).not.toContain('answers_total{model="fixture@1"');
    const taken = await ask({ transactions: list(fitting), explainFromTier: 1 });
    if ("error" in taken) return expect.fail(taken.error.details);
    expect(taken.answer.results).toHaveLength(fitting);
    expect(taken.answer.results.every(({ reasons }) => reasons.length === 5)).toBe(true);
    expect(await ask({ transactions: list(fitting + 100), explainFromTier: 1 })).toHaveProperty(
      "error.code",
      3,
    );
  });

  it("is refused when as many reach a higher tier", async () => {
    const v = new Array<number>(28).fill(-10);
    const refused = await ask({ transactions: list(10_000, { v }), explainFromTier: 4 });
    expect(refused).toHaveProperty("error.code", status.INVALID_ARGUMENT);
    const taken = await ask({ transactions: list(10_000), explainFromTier: 4 });
    expect(taken).toHaveProperty("answer.results.length", 10_000);
  });

  it("is refused when it asks from no tier there is", async () => {
    expect(await ask({ transactions: list(1), explainFromTier: 5 as 4 })).toHaveProperty("error.code", 3);
  });
});

describe("the largest batch", () => {
  const long = "é".repeat(128);
  it.each<[string, object[]]>([
    ["transactions that are empty", Array.from({ length: 10_000 }, () => ({}))],
    ["transactions with every number wrong", list(10_000, { v: new Array(28).fill(Number.NaN), amount: -1 })],
    ["ids as long as they may be", list(10_000, { transactionId: long })],
    ["ids longer than they may be", list(1_000, { transactionId: "x".repeat(4_000) })],
    ["every text wrong", list(10_000, { currency: "?", country: "?", cardToken: "4111111111111111" })],
    ["transactions that are no messages", list(10_000, { v: [], channel: "\0".repeat(30) })],
  ])("with %s is answered in full to a client with ordinary settings", async (_what, transactions) => {
    const outcome = await ask({ transactions });
    if ("error" in outcome) return expect.fail(outcome.error.details);
    expect(outcome.answer.results).toHaveLength(transactions.length);
    for (const { error, riskTier } of outcome.answer.results) expect(error ?? riskTier).toBeTruthy();
  });
});

it("requests that may be larger than 4 MB are still answered within them", async () => {
  const own = await startScorerFixture({ SCORER_MAX_MESSAGE_BYTES: String(64 * 1024 * 1024) });
  const client = new ScoringService(own.address, credentials.createInsecure());
  const transactions = list(10_000, { transactionId: "x".repeat(2_000) });
  const results = await new Promise((resolve, reject) => {
    client.scoreBatch({ transactions, explainFromTier: 1 }, (error, answer) =>
      error ? reject(error) : resolve(answer?.results),
    );
  }).catch((error: ServiceError) => error.details);
  expect(results).toMatch(/send at most \d+ transactions/);
  const failures = await new Promise((resolve, reject) => {
    client.scoreBatch({ transactions }, (error, answer) =>
      error ? reject(error) : resolve(answer?.results),
    );
  });
  expect(failures).toHaveLength(10_000);
  client.close();
  await own.stop();
});

it("no reasons of the registry's models are longer than what is reckoned with", async () => {
  const root = SEED_DIR;
  const { card } = await readModel(root, await resolveModel(root, "champion"));
  const width = card.features.length;
  const most = maxReasonsBytes(card, 5);
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: width, maxLength: width }),
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: width, maxLength: width }),
      (features, contributions) => {
        const reasons = reasonsOf(Float64Array.from(contributions), Float32Array.from(features), card, 5);
        expect(encodeReasons(reasons).length).toBeLessThanOrEqual(most);
      },
    ),
  );
});
