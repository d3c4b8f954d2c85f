import { type ModelSchema, OF_LABELS } from "./definition.ts";

/** How late labels come where a schema reads none, milliseconds: a week. */
const USUAL_DELAY_MS = 7 * 86_400_000;

/** How long labels take, by a schema's own word: the shortest delay of what reads them; milliseconds. */
export function labelDelayMs({ features }: Pick<ModelSchema, "features">): number {
  const delays = Object.values(features).flatMap((feature) => {
    if (feature.kind === "target") return [feature.delayMs];
    return feature.kind === "aggregate" && OF_LABELS.has(feature.aggregate) ? [feature.delayMs] : [];
  });
  return delays.length === 0 ? USUAL_DELAY_MS : Math.min(...delays);
}
