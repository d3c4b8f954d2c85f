import { afterEach, expect, it } from "vitest";
import type { DomainError } from "../platform/process/errors.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "./testing/scorer-fixture.ts";

let scorer: ScorerFixture | undefined;
afterEach(() => scorer?.stop());

it("turns calls away at the door while the queue is full, says when to come back, and takes them again after", async () => {
  scorer = await startScorerFixture({ SCORER_QUEUE_ROWS: "1" });
  const { client, metrics } = scorer;
  const large = Array.from({ length: 10_000 }, (_, i) => transaction(`large-${i}`));
  const batch = client.scoreBatch(large);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, (_, i) => client.score(transaction(`small-${i}`))),
  );
  const refusals = outcomes.flatMap((o) => (o.status === "rejected" ? [o.reason as DomainError] : []));
  expect(refusals.length).toBeGreaterThan(0);
  for (const refusal of refusals) {
    expect(refusal.code).toBe("resource_exhausted");
    expect(refusal.retryAfterMs).toBeGreaterThanOrEqual(10);
  }
  // What was let in is finished all the same.
  expect(await batch).toHaveLength(10_000);
  expect((await client.score(transaction("later"))).riskTier).toBe("low");
  const text = await metrics.metrics();
  const counted = /paysecure_scorer_requests_total\{method="Score",code="RESOURCE_EXHAUSTED"\} (\d+)/.exec(
    text,
  );
  // The client may have tried some of them again.
  expect(Number(counted?.[1])).toBeGreaterThanOrEqual(refusals.length);
});
