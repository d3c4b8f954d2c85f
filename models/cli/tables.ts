import type { ModelMetric, StoredModel } from "../../scorer/serving/registry.ts";

/** Columns padded to their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [c, cell] of row.entries()) widths[c] = Math.max(widths[c] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, c) => cell.padEnd(widths[c]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A figure with the ends of its interval; "–" where there is none. */
export function interval(figure: Pick<ModelMetric, "value" | "low" | "high"> | undefined): string {
  if (!figure) return "–";
  const digits = Math.abs(figure.value) >= 10 ? 1 : 4;
  const value = figure.value.toFixed(digits);
  if (figure.low === undefined || figure.high === undefined) return value;
  return `${value} (${figure.low.toFixed(digits)}–${figure.high.toFixed(digits)})`;
}

/** A card's metrics by name; the first of a name counts, which is the one of the card's own protocol. */
export function cardFigures(card: {
  readonly metrics: readonly ModelMetric[];
}): ReadonlyMap<string, ModelMetric> {
  const figures = new Map<string, ModelMetric>();
  for (const metric of card.metrics) if (!figures.has(metric.name)) figures.set(metric.name, metric);
  return figures;
}

/** Two cards side by side; figures of different protocols are marked as not comparable. */
export function comparisonTable(first: StoredModel, second: StoredModel): string {
  const cards = [first.card, second.card] as const;
  const both = (label: string, of: (card: StoredModel["card"]) => string) => [label, ...cards.map(of)];
  const rows = [
    ["", `${first.name}@${first.version}`, `${second.name}@${second.version}`],
    both("algorithm", (card) => card.algorithm),
    both("created", (card) => card.created_at),
    both("data", (card) => `${card.data.rows} rows ${card.data.sha256.slice(0, 8)}`),
    both("protocol", (card) => card.split.protocol),
    both("tested on", ({ measured_on: on }) => (on ? `${on.frauds} frauds in ${on.rows} rows` : "–")),
  ];
  const [a, b] = cards.map(cardFigures) as [ReturnType<typeof cardFigures>, ReturnType<typeof cardFigures>];
  const comparable =
    cards[0].split.protocol === cards[1].split.protocol &&
    a.get("auprc")?.protocol === b.get("auprc")?.protocol &&
    measuredFile(cards[0]) === measuredFile(cards[1]);
  for (const name of new Set([...a.keys(), ...b.keys()]))
    rows.push([name, interval(a.get(name)), interval(b.get(name))]);
  const warning = comparable ? [] : ["", "Different protocols or data: these figures must not be compared."];
  return [table(rows), ...warning].join("\n");
}

function measuredFile({ measured_on, data }: StoredModel["card"]): string {
  return (measured_on ?? data).sha256;
}
