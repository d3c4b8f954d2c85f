import { randomUUID } from "node:crypto";
import type { Queue } from "bullmq";
import { Hono } from "hono";
import type { z } from "zod";
import type { Decision } from "../../domain/decision.ts";
import { MAX_CHUNK } from "../../domain/jobs.ts";
import type { Transaction } from "../../domain/transaction.ts";
import { enqueueTransactions } from "../../pipeline/queues.ts";
import { listDecisions } from "../../pipeline/store/decision-list.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { BatchResult } from "../../scorer/client/types.ts";
import { requireRole } from "../auth/guard.ts";
import type { AppEnv, Deps } from "../context.ts";
import { check, invalid, judge, readBody, readQuery } from "./body.ts";
import { inTime } from "./in-time.ts";
import { API_SOURCE, recordDecisions } from "./recording.ts";
import {
  type batchResultJson,
  decisionQuery,
  MOST_SCORED,
  scoreBatchLoose,
  scoreRequest,
  transactionBody,
} from "./schemas.ts";
import { readQueued, readTransactions } from "./transaction-list.ts";
import { decisionToJson, scoreToJson, toQueued, toTransaction } from "./translate.ts";

type BatchResultJson = z.output<typeof batchResultJson>;

/** How many wrong fields a result of a batch names; its message counts the rest. */
const MOST_ERRORS = 10;

function failedResult(transactionId: string, error: DomainError): BatchResultJson {
  return {
    transaction_id: transactionId,
    error: {
      code: error.code,
      message: error.message,
      errors: error.violations.slice(0, MOST_ERRORS).map((violation) => ({
        field: violation.field,
        message: violation.description,
      })),
    },
  };
}

function idOf(value: unknown): string {
  const id = typeof value === "object" && value !== null ? Reflect.get(value, "transaction_id") : undefined;
  return typeof id === "string" ? id.slice(0, 128) : "";
}

/** A connection that never was, or one that leads to a replica, would otherwise be waited for; milliseconds. */
const HAND_IN_LIMIT_MS = 5_000;

async function handIn(
  queue: Queue,
  transactions: readonly z.output<typeof transactionBody>[],
): Promise<void> {
  for (let from = 0; from < transactions.length; from += MAX_CHUNK) {
    await enqueueTransactions(queue, {
      chunkId: `api-${randomUUID()}`,
      source: API_SOURCE,
      transactions: transactions.slice(from, from + MAX_CHUNK).map(toQueued),
    });
  }
}

/** Scoring and queueing: `/api/v1/score`, `/api/v1/score/batch`, `/api/v1/transactions`. */
export function scoringRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post("/api/v1/score", requireRole("analyst"), async (c) => {
      const body = await readBody(c, scoreRequest);
      const transaction = toTransaction(body.transaction);
      const decision = await deps.scorer.score(transaction, {
        explain: body.explain,
        ...(body.model === undefined ? {} : { model: body.model }),
      });
      if (!body.record) return c.json(scoreToJson(decision));
      const [recorded = decision] = await recordDecisions(deps, [[transaction, decision]]);
      return c.json(scoreToJson(recorded));
    })
    .post("/api/v1/score/batch", requireRole("analyst"), async (c) => {
      const body = check(scoreBatchLoose, (await readTransactions(c, MOST_SCORED)).body);
      const results = new Array<BatchResultJson>(body.transactions.length);
      const good: { readonly index: number; readonly transaction: Transaction }[] = [];
      body.transactions.forEach((raw, index) => {
        const parsed = judge(transactionBody, raw);
        if (parsed.success) good.push({ index, transaction: toTransaction(parsed.data) });
        else results[index] = failedResult(idOf(raw), invalid(parsed.error));
      });
      if (good.length > 0) {
        const scored: readonly BatchResult[] = await deps.scorer.scoreBatch(
          good.map(({ transaction }) => transaction),
          {
            signal: c.req.raw.signal,
            deadlineMs: 20_000,
            ...(body.model === undefined ? {} : { model: body.model }),
          },
        );
        const made: { readonly index: number; readonly pair: readonly [Transaction, Decision] }[] = [];
        scored.forEach((result, position) => {
          const { index, transaction } = good[position] as (typeof good)[number];
          if (result.ok) made.push({ index, pair: [transaction, result.decision] });
          else results[index] = failedResult(result.transactionId, result.error);
        });
        const pairs = made.map(({ pair }) => pair);
        const decisions =
          body.record && pairs.length > 0
            ? await recordDecisions(deps, pairs)
            : pairs.map(([, decision]) => decision);
        decisions.forEach((decision, position) => {
          results[made[position]?.index as number] = scoreToJson(decision);
        });
      }
      return c.json({ results });
    })
    .post("/api/v1/transactions", requireRole("analyst"), async (c) => {
      const transactions = await readQueued(c);
      try {
        await inTime(handIn(deps.transactions, transactions), HAND_IN_LIMIT_MS);
      } catch (error) {
        throw new DomainError(
          "unavailable",
          "the queue cannot take transactions right now; send them again, repeats count once",
          {
            cause: error,
            retryAfterMs: 2_000,
          },
        );
      }
      return c.json(
        { accepted: transactions.length, transaction_ids: transactions.map((t) => t.transaction_id) },
        202,
      );
    })
    .get("/api/v1/transactions", requireRole("viewer"), async (c) => {
      const query = readQuery(c, decisionQuery);
      const { items, nextBefore } = await listDecisions(deps.db, {
        limit: query.limit,
        ...(query.before === undefined ? {} : { before: query.before }),
        ...(query.tier ? { tiers: query.tier } : {}),
        ...(query.source ? { source: query.source } : {}),
        ...(query.search === undefined ? {} : { search: query.search }),
        ...(query.since === undefined ? {} : { since: new Date(query.since) }),
        ...(query.until === undefined ? {} : { until: new Date(query.until) }),
      });
      return c.json({ items: items.map(decisionToJson), next_before: nextBefore });
    });
}
