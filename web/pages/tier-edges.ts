import type { TierEdges } from "../../domain/policy/decision-policy.ts";
import type { DecisionSummary } from "../../pipeline/store/decision-list.ts";
import type { Deps } from "../context.ts";

/** A page does not wait longer than this for the edges, milliseconds. */
const PATIENCE_MS = 500;

/** More versions than a registry holds. */
const MOST_REMEMBERED = 200;

type Scorer = Pick<Deps["scorer"], "getModel">;
const remembered = new WeakMap<Scorer, Map<string, TierEdges>>();

/**
 * The edges of the tiers of the version that scored a payment. They never change, so they are asked for once.
 *
 * @returns null when the scorer does not answer, or serves that version no more: the page does without
 */
export async function tierEdgesOf(
  scorer: Scorer,
  { modelName, modelVersion }: Pick<DecisionSummary, "modelName" | "modelVersion">,
): Promise<TierEdges | null> {
  const edges = remembered.get(scorer) ?? new Map<string, TierEdges>();
  remembered.set(scorer, edges);
  const model = `${modelName}@${modelVersion}`;
  const known = edges.get(model);
  if (known) return known;
  try {
    const { thresholds } = await scorer.getModel(model, { deadlineMs: PATIENCE_MS });
    if (edges.size < MOST_REMEMBERED) edges.set(model, thresholds);
    return thresholds;
  } catch {
    return null;
  }
}
