import type { ModelCard } from "../../scorer/serving/registry.ts";

/** The card's kind of model and its parameters as one line of words; an ensemble as the sum of its parts. */
export function describeModel({
  algorithm,
  parameters,
}: Pick<ModelCard, "algorithm" | "parameters">): string {
  const { parts, ...own } = parameters;
  const list = Object.entries(own).map(([name, value]) => `${name} ${plain(value)}`);
  const sum = Array.isArray(parts) ? parts.map(describePart).join(" + ") : "";
  return [algorithm, ...(sum === "" ? [] : [sum]), ...(list.length > 0 ? [list.join(", ")] : [])].join(": ");
}

function describePart(
  part: Pick<ModelCard, "algorithm" | "parameters"> & { readonly weight: number },
): string {
  return `${part.weight} × (${describeModel(part)})`;
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.length > 0 ? value.map(plain).join(" ") : "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
