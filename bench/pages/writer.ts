import { setTimeout as sleep } from "node:timers/promises";
import { compilePolicy } from "../../domain/policy/decide.ts";
import { newDecision } from "../../pipeline/record/new-decision.ts";
import { recordDecisions } from "../../pipeline/record/record-decisions.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { inheritedEnv } from "../config.ts";
import { paymentSource } from "../pipeline/payments.ts";

/**
 * Records 500 decisions a second, 50 at a time, as workers do, until it is told to stop: what pages are read beside.
 * A chunk is due at its time whether the one before is done or not.
 */
const CHUNK = 50;
const PER_SECOND = 500;

const logger = createLogger("writer", "info");
const db = openDatabase<Database>(inheritedEnv["DATABASE_URL"] ?? "", logger, 4);
const payments = await paymentSource(`written-${Date.now().toString(36)}`);
const SLA = { high: 240 * 60_000, critical: 60 * 60_000 };
let stopped = false;
process.once("SIGTERM", () => {
  stopped = true;
});

const byTier = compilePolicy();

/** One in seventy is reviewed, as the store is filled. */
function scored(n: number) {
  const tier = n % 200 === 0 ? "critical" : n % 100 === 1 ? "high" : n % 30 === 2 ? "medium" : "low";
  const probabilities = { critical: 0.9, high: 0.4, medium: 0.2, low: 0.01 } as const;
  return {
    fraudProbability: probabilities[tier],
    ...byTier.decide(tier),
    fraudPredicted: tier === "critical",
    model: { name: "bench", version: "1" },
    reasons: [],
  } as const;
}

let written = 0;
const underWay = new Set<Promise<void>>();
await recordDecisions(db, [], SLA);
logger.info("ready");
const started = performance.now();
for (let chunk = 0; !stopped; chunk++) {
  const wait = started + (chunk * CHUNK * 1_000) / PER_SECOND - performance.now();
  if (wait > 0) await sleep(wait);
  const decisions = payments(CHUNK).map((payment, n) =>
    newDecision(payment, scored(chunk * CHUNK + n), "api"),
  );
  const work: Promise<void> = recordDecisions(db, decisions, SLA).then(({ inserted }) => {
    written += inserted;
    underWay.delete(work);
  });
  underWay.add(work);
}
await Promise.all(underWay);
logger.info({ written, perSecond: Math.round(written / ((performance.now() - started) / 1_000)) }, "written");
await db.destroy();
