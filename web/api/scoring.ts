import { setImmediate as letOthersIn } from "node:timers/promises";
import type { z } from "zod";
import type { Decision } from "../../domain/decision.ts";
import type { Transaction } from "../../domain/transaction.ts";
import { invalid, judge } from "../../pipeline/doors/json.ts";
import { transactionBody } from "../../pipeline/doors/transaction-body.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import type { BatchResult } from "../../scorer/client/types.ts";
import { demandRight } from "../auth/guard.ts";
import type { Deps } from "../context.ts";
import { EXAMPLE_TRANSACTION } from "./examples.ts";
import { recordDecisions, withFeatures } from "./recording.ts";
import { type ApiRoute, jsonBody, route } from "./route.ts";
import {
  type batchResultJson,
  scoreBatchAnswer,
  type scoreBatchLoose,
  scoreJson,
  scoreRequest,
} from "./schemas.ts";
import { scoredBody } from "./transaction-list.ts";
import { scoreToJson, toTransaction } from "./translate.ts";

type BatchResultJson = z.output<typeof batchResultJson>;

/** How many wrong fields a result of a batch names; its message counts the rest. */
const MOST_ERRORS = 10;

/** How long a batch may be scored for, milliseconds. */
const SCORE_LIMIT_MS = 20_000;
/** Transactions that the scorer is asked for in one call: writing ten thousand takes a quarter of a second in one go. */
const SCORED_AT_ONCE = 1_000;

/** How long transactions are checked in one go, milliseconds. */
const IN_ONE_GO_MS = 5;

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

/** Scores each transaction by itself, in the order given. */
async function scoreBatch(
  deps: Pick<Deps, "scorer" | "decisions" | "logger">,
  { transactions, record, model }: z.output<typeof scoreBatchLoose>,
  signal: AbortSignal,
): Promise<BatchResultJson[]> {
  const results = new Array<BatchResultJson>(transactions.length);
  const good: { readonly index: number; readonly transaction: Transaction }[] = [];
  let since = performance.now();
  for (const [index, raw] of transactions.entries()) {
    if (performance.now() - since > IN_ONE_GO_MS) {
      await letOthersIn();
      since = performance.now();
    }
    const parsed = judge(transactionBody, raw);
    if (parsed.success) good.push({ index, transaction: toTransaction(parsed.data) });
    else results[index] = failedResult(idOf(raw), invalid(parsed.error));
  }
  if (good.length === 0) return results;
  const scored: BatchResult[] = [];
  const until = performance.now() + SCORE_LIMIT_MS;
  for (let from = 0; from < good.length; from += SCORED_AT_ONCE) {
    const asked = good.slice(from, from + SCORED_AT_ONCE).map(({ transaction }) => transaction);
    const deadlineMs = Math.max(1, until - performance.now());
    const options = { signal, deadlineMs, ...(model === undefined ? {} : { model }) };
    const part = await withFeatures(record, (more) => deps.scorer.scoreBatch(asked, { ...options, ...more }));
    scored.push(...part);
  }
  const made: { readonly index: number; readonly pair: readonly [Transaction, Decision] }[] = [];
  scored.forEach((result, position) => {
    const { index, transaction } = good[position] as (typeof good)[number];
    if (result.ok) made.push({ index, pair: [transaction, result.decision] });
    else results[index] = failedResult(result.transactionId, result.error);
  });
  const pairs = made.map(({ pair }) => pair);
  const decisions =
    record && pairs.length > 0 ? await recordDecisions(deps, pairs) : pairs.map(([, decision]) => decision);
  decisions.forEach((decision, position) => {
    results[made[position]?.index as number] = scoreToJson(decision);
  });
  return results;
}

/** Scoring: `/api/v1/score`, `/api/v1/score/batch`. */
export const SCORING_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "post",
      path: "/api/v1/score",
      summary: "Score one transaction",
      access: "transactions.score",
      body: jsonBody(scoreRequest, { transaction: EXAMPLE_TRANSACTION, explain: true }),
      status: 200,
      answer: scoreJson,
      failures: [404, 429, 503, 504],
    },
    (deps) =>
      async ({ body }, c) => {
        if (body.record) demandRight(c, "transactions.record");
        if (body.explain) demandRight(c, "decisions.explain");
        const transaction = toTransaction(body.transaction);
        const options = {
          explain: body.explain,
          ...(body.model === undefined ? {} : { model: body.model }),
        };
        const decision = await withFeatures(body.record, (more) =>
          deps.scorer.score(transaction, { ...options, ...more }),
        );
        if (!body.record) return scoreToJson(decision);
        const [recorded = decision] = await recordDecisions(deps, [[transaction, decision]]);
        return scoreToJson(recorded);
      },
  ),
  route(
    {
      method: "post",
      path: "/api/v1/score/batch",
      summary: "Score up to 10,000 transactions",
      description:
        "Results come in the order asked. A bad transaction fails alone, with an error in its place. A plain list of transactions, or one a line, is scored without being recorded.",
      access: "transactions.score",
      body: scoredBody,
      status: 200,
      answer: scoreBatchAnswer,
      failures: [404, 429, 503, 504],
    },
    (deps) =>
      async ({ body }, c) => {
        if (body.record) demandRight(c, "transactions.record");
        return { results: await scoreBatch(deps, body, c.req.raw.signal) };
      },
  ),
];
