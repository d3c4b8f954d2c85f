import type { AggregateFeature, ModelSchema, TargetFeature } from "../../domain/features/definition.ts";
import { type Layout, layoutOf, MAX_FILTERS } from "./layout.ts";
import type { WindowFigure } from "./window.ts";

/** How a stream's events are told apart: by entities, or by a text field's value. */
export type StreamKey =
  | { readonly kind: "entities"; readonly names: readonly string[] }
  | { readonly kind: "field"; readonly name: string };

/** The payments of each entity (or pair, or value), and what is taken of them. */
export interface StreamPlan {
  /** Stable within a schema, e.g. "customer" or "customer+terminal" or "=merchant_category". */
  readonly id: string;
  readonly key: StreamKey;
  readonly layout: Layout;
  /** Expressions whose values events hold, in order. */
  readonly values: readonly string[];
  /** Expressions whose truth is a bit of an event's flags, from the lowest. */
  readonly filters: readonly string[];
  readonly figures: readonly WindowFigure[];
  /** The features that the figures belong to, in the figures' order; a target feature has two: count and share. */
  readonly features: readonly string[];
}

type Windowed = AggregateFeature | TargetFeature;

/** Which streams the aggregates of a schema need. @throws RangeError for more than {@link MAX_FILTERS} filters in one */
export function planStreams({ features }: Pick<ModelSchema, "features">): StreamPlan[] {
  const byId = new Map<string, { key: StreamKey; members: [string, Windowed][] }>();
  for (const [name, feature] of Object.entries(features)) {
    if (feature.kind !== "aggregate" && feature.kind !== "target") continue;
    const key: StreamKey =
      feature.kind === "target"
        ? { kind: "field", name: feature.field }
        : { kind: "entities", names: [...feature.by].sort() };
    const id = key.kind === "field" ? `=${key.name}` : key.names.join("+");
    const stream = byId.get(id) ?? { key, members: [] };
    stream.members.push([name, feature]);
    byId.set(id, stream);
  }
  return [...byId].map(([id, { key, members }]) => planStream(id, key, members));
}

function planStream(id: string, key: StreamKey, members: readonly [string, Windowed][]): StreamPlan {
  const values: string[] = [];
  const filters: string[] = [];
  const groups: number[] = [0];
  const measures: { group: number; value: number }[] = [];
  const figures: WindowFigure[] = [];
  const features: string[] = [];
  let horizonMs = 0;
  for (const [name, feature] of members) {
    horizonMs = Math.max(horizonMs, feature.windowMs + feature.delayMs);
    const { windowMs, delayMs } = feature;
    if (feature.kind === "target") {
      const shared = {
        windowMs,
        delayMs,
        current: false,
        empty: 0,
        mask: 0,
        group: 0,
        value: -1,
        measure: -1,
      };
      figures.push({ kind: "count", ...shared }, { kind: "fraud_count", ...shared });
      features.push(name, name);
      continue;
    }
    const mask = feature.where === undefined ? 0 : 2 ** indexOf(filters, feature.where);
    const group = indexOf(groups, mask);
    const value = feature.of === undefined ? -1 : indexOf(values, feature.of);
    let measure = -1;
    if (value >= 0 && feature.aggregate !== "distinct") {
      measure = measures.findIndex((m) => m.group === group && m.value === value);
      if (measure < 0) measure = measures.push({ group, value }) - 1;
    }
    const { aggregate: kind, current, empty } = feature;
    figures.push({ kind, windowMs, delayMs, current, empty, mask, group, value, measure });
    features.push(name);
  }
  if (filters.length > MAX_FILTERS) {
    throw new RangeError(`aggregates by ${id} have ${filters.length} filters, at most ${MAX_FILTERS}`);
  }
  const layout = layoutOf(values.length, groups, measures, horizonMs);
  return { id, key, layout, values, filters, figures, features };
}

function indexOf<T>(list: T[], item: T): number {
  const at = list.indexOf(item);
  return at >= 0 ? at : list.push(item) - 1;
}
