import { setMaxListeners } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DomainError } from "../platform/process/errors.ts";
import { createScorerClient, type ScorerClient } from "./client.ts";
import { SEED_DIR } from "./config.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "./testing/scorer-fixture.ts";

/** The shipped champion: its reasons cost what reasons cost. */
let scorer: ScorerFixture;
beforeAll(async () => {
  scorer = await startScorerFixture({ MODEL_DIR: SEED_DIR }, { deadlineMs: 30_000 });
});
afterAll(() => scorer.stop());

const CALLERS = 6;
/** Calls of each caller at once: together more than the line takes. */
const AT_ONCE = 150;
const PATIENCE_MS = 30_000;

/** Calls until it is let in, as often as the scorer says to come back. */
async function insist<T>(call: () => Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const { code, retryAfterMs } = DomainError.from(error);
      if (code !== "resource_exhausted" || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    }
  }
}

/** What floods the line of reasons, each from connections of its own, until told to stop. */
const FLOODS: readonly (readonly [
  string,
  (client: ScorerClient, signal: AbortSignal) => Promise<unknown>,
])[] = [
  [
    "batches with reasons for every result",
    (client, signal) =>
      client.scoreBatch(
        Array.from({ length: 1_500 }, (_, i) => transaction(`b-${i}`)),
        { explainFrom: "low", deadlineMs: 60_000, signal },
      ),
  ],
  [
    "many single calls with reasons",
    (client, signal) =>
      Promise.allSettled(
        Array.from({ length: AT_ONCE }, (_, i) =>
          client.score(transaction(`s-${i}`), { explain: true, deadlineMs: 60_000, signal }),
        ),
      ),
  ],
  [
    "many Explain calls",
    (client, signal) =>
      Promise.allSettled(
        Array.from({ length: AT_ONCE }, (_, i) =>
          client.explain(transaction(`e-${i}`), { deadlineMs: 60_000, signal }),
        ),
      ),
  ],
  [
    "streams with reasons",
    async (client, signal) => {
      const all = Array.from({ length: 2_000 }, (_, i) => transaction(`st-${i}`));
      for await (const _ of client.scoreStream(all, { explain: true, signal }));
    },
  ],
];

it.each(FLOODS)(
  "%s keep nobody from a score, nor from reasons for one payment",
  async (_what, flood) => {
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const clients = Array.from({ length: CALLERS }, () => createScorerClient({ address: scorer.address }));
    const flooding = clients.map(async (client) => {
      while (!stop.signal.aborted) {
        await flood(client, stop.signal).catch(() => {});
        // They live in this process too, and must leave it some time.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
    try {
      await expect
        .poll(() => scorer.metrics.metrics(), { timeout: 30_000 })
        .toMatch(/paysecure_scorer_queued_explanations [1-9]/);
      for (let i = 0; i < 20; i++) {
        // A plain score is never turned away for them, and waits for pieces of their work only.
        expect((await scorer.client.score(transaction(`plain-${i}`))).riskTier).toBe("low");
      }
      expect(await scorer.client.scoreBatch([transaction("a"), transaction("b")])).toHaveLength(2);
      expect(
        (await insist(() => scorer.client.score(transaction("x"), { explain: true }))).reasons,
      ).toHaveLength(5);
      expect(
        (await insist(() => scorer.client.explain(transaction("x"), { top: 3 }))).contributions,
      ).toHaveLength(3);
      const some = () => scorer.client.scoreBatch([transaction("y")], { explainFrom: "low" });
      expect((await insist(some))[0]).toHaveProperty("decision.reasons.length", 5);
    } finally {
      stop.abort();
      await Promise.all(flooding);
      for (const client of clients) client.close();
    }
    // Who has left is not worked for: the line is empty soon.
    await expect
      .poll(() => scorer.metrics.metrics(), { timeout: 30_000 })
      .toMatch(/paysecure_scorer_queued_explanations 0\n/);
  },
  90_000,
);
