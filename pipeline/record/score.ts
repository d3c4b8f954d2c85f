import { finiteOrNone } from "../../domain/decision.ts";
import { type Reason, TOP_REASONS } from "../../domain/reasons.ts";
import { type RiskTier, rankOf } from "../../domain/tiers.ts";
import type { Transaction } from "../../domain/transaction.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Patience } from "../../platform/process/patience.ts";
import type { BatchResult } from "../../scorer/client/types.ts";
import type { ScorerClient } from "../../scorer/client.ts";
import type { QueuedTransaction } from "../queues.ts";
import type { Item } from "./parse.ts";

/** A transaction with what the machine says of it, or why it says nothing. */
export type Scored = Item & { readonly result: NonNullable<Item["decided"]> | DomainError };

export interface ScoreDependencies {
  readonly scorer: Pick<ScorerClient, "scoreBatch" | "explain">;
  readonly patience: Patience;
}

/**
 * Has every item decided: by the scorer, or by whom it was decided before it came here. A scorer that is away is waited
 * for; a transaction that it refuses fails alone.
 *
 * @returns in the items' order
 * @throws StoppingError while the scorer is away
 */
export async function scoreItems(deps: ScoreDependencies, items: readonly Item[]): Promise<Scored[]> {
  const asked = await ask(
    deps,
    items.filter((item) => !item.decided),
  );
  const scored: Scored[] = [];
  for (const item of items) {
    const result = item.decided ?? asked.get(item)!;
    // Reasons of what is risky came with the answer, if there are any; a rule may send others to people.
    const lacking = !(result instanceof DomainError) && (item.decided || isMild(result.riskTier));
    scored.push({
      ...item,
      result: lacking ? { ...result, reasons: await reasonsFor(deps, item, result) } : result,
    });
  }
  return scored;
}

/** Results of this tier and above come with reasons. */
const EXPLAINED_FROM: RiskTier = "high";

function isMild(tier: RiskTier): boolean {
  return rankOf(tier) < rankOf(EXPLAINED_FROM);
}

type Asked = Map<Item, Scored["result"]>;

async function ask(deps: ScoreDependencies, items: readonly Item[]): Promise<Asked> {
  const answered: Asked = new Map();
  if (items.length === 0) return answered;
  try {
    await deps.patience.whileAway("scorer", isScorerAway, async () => {
      const pending = items.filter((item) => !answered.has(item));
      const results = await scoreAll(
        deps.scorer,
        pending.map(({ transaction }) => scorerTransaction(transaction)),
      );
      let away: DomainError | undefined;
      for (const [i, item] of pending.entries()) {
        const result = results[i]!;
        if (result.ok) answered.set(item, result.decision);
        else if (mayPass(result.error)) away = result.error;
        else answered.set(item, result.error);
      }
      if (away) throw away;
    });
    return answered;
  } catch (error) {
    // The call as a whole was refused. Halves find the transaction that did it.
    if (!(error instanceof DomainError) || error.code !== "invalid_argument") throw error;
    if (items.length === 1) return new Map([[items[0]!, error]]);
    const middle = items.length >> 1;
    return new Map([...(await ask(deps, items.slice(0, middle))), ...(await ask(deps, items.slice(middle)))]);
  }
}

/** With what models read, and reasons for the risky ones; a key of ours that may not ask for reasons still decides payments. */
async function scoreAll(
  scorer: ScoreDependencies["scorer"],
  transactions: readonly Transaction[],
): Promise<readonly BatchResult[]> {
  try {
    return await scorer.scoreBatch(transactions, { explainFrom: EXPLAINED_FROM, withFeatures: true });
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== "permission_denied") throw error;
    return await scorer.scoreBatch(transactions);
  }
}

/** The answer to one transaction of a batch that the scorer had no time or room for: asked again, as for a batch. */
function mayPass({ code }: DomainError): boolean {
  return (
    code === "unavailable" ||
    code === "resource_exhausted" ||
    code === "deadline_exceeded" ||
    code === "cancelled"
  );
}

/** Also what only an operator can mend (no such model, no right to call): the transactions are not to blame. */
function isScorerAway(error: unknown): boolean {
  return error instanceof DomainError && error.code !== "invalid_argument" && error.code !== "internal";
}

function scorerTransaction({ eventTime, ...transaction }: QueuedTransaction): Transaction {
  return eventTime === undefined ? transaction : { ...transaction, eventTime: new Date(eventTime) };
}

/** One that people will look at and that has no reasons is explained now by the model that decided, when it answers; none are better than no case. */
async function reasonsFor(
  { scorer }: ScoreDependencies,
  { transaction }: Item,
  decided: NonNullable<Item["decided"]>,
): Promise<readonly Reason[]> {
  if (!decided.review || decided.reasons.length > 0) return decided.reasons;
  try {
    const model = `${decided.model.name}@${decided.model.version}`;
    const options = { top: TOP_REASONS, model, features: finiteOrNone(decided.features) };
    const explained = await scorer.explain(scorerTransaction(transaction), options);
    return explained.contributions;
  } catch {
    return [];
  }
}
