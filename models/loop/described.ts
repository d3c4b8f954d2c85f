import type { LabelWay } from "../../domain/model-care.ts";
import type { Retrained } from "./retrain.ts";

const WAYS: Readonly<Record<LabelWay, string>> = {
  sent_to_people: "sent to people",
  control_group: "of the control group",
  known_by_source: "known by their source",
  reported_later: "reported later",
};

/** What became of a training, line by line for a terminal. */
export function describeRetrained({ runId, model, gate, data, words }: Retrained): string[] {
  const count = (n: number): string => n.toLocaleString("en");
  const lines = [`run ${runId}`];
  if (data) {
    const ways = Object.entries(data.ways).map(([way, rows]) => `${count(rows)} ${WAYS[way as LabelWay]}`);
    lines.push(
      `${count(data.rows)} labelled payments, ${count(data.frauds)} frauds: ${ways.join(", ") || "none"}`,
      ...Object.entries(data.leftOut).map(([why, rows]) => `  left out: ${count(rows)}, ${why}`),
      `data ${data.sha256}`,
    );
  }
  if (gate) {
    lines.push(
      `judged on ${count(gate.rows)} later payments, ${count(gate.frauds)} frauds; figures hold for ${gate.holdsFor}`,
      `  AUPRC ${gate.candidate.auprc.toFixed(3)}, champion ${gate.champion.auprc.toFixed(3)}`,
      ...gate.checks.map(
        ({ name, passed, asked, found }) => `  ${passed ? "yes" : "NO "} ${name}: ${asked} — ${found}`,
      ),
    );
  }
  return [...lines, words, ...(model ? [`npm run models -- promote shadow ${model} --reason "…"`] : [])];
}
