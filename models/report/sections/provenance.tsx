import type { FC } from "hono/jsx";
import { metricsOf } from "../../evaluate/evaluation.ts";
import { money } from "../../impact/money.ts";
import { describeModel } from "../describe-model.ts";
import { Table, Tag } from "../parts.tsx";
import type { Study } from "../study.ts";
import { describeCalibration } from "./data.tsx";

/** Limits of use, where everything comes from, and every figure as a record. */
export const ProvenanceSection: FC<{ study: Study }> = ({ study }) => {
  const { card, honest, original } = study;
  const figure = (name: string, value: number): string => {
    if (name.includes("amount")) return money(value);
    return Math.abs(value) >= 100 ? value.toFixed(1) : value.toPrecision(5);
  };
  const records = [
    ...metricsOf(honest.evaluation).map((metric) => ({ metric, source: "honest" as const })),
    ...metricsOf(original.forest).map((metric) => ({ metric, source: "original" as const })),
  ];
  return (
    <section class="page">
      <h2>Limits and provenance</h2>
      <ul>
        {card.limits.map((limit) => (
          <li>{limit}</li>
        ))}
      </ul>
      <Table
        source="data"
        caption="Where this comes from."
        text={[1]}
        head={["", ""]}
        rows={[
          ["Model", `${card.name}@${card.version}`],
          ["Model file (SHA-256)", <code>{card.sha256}</code>],
          ["Kind and parameters", describeModel(card)],
          ["Calibration", describeCalibration(card)],
          ["Training data (SHA-256)", <code>{card.data.sha256}</code>],
          ["Data of this report (SHA-256)", <code>{study.data.sha256}</code>],
          ["Split", card.split.protocol],
          ["Seeds", `training ${card.seed}, report ${study.seed}`],
          [
            "ONNX against trainer",
            `${card.parity.rows} rows, largest difference ${card.parity.max_abs_diff.toExponential(1)}`,
          ],
          [
            "Libraries",
            Object.entries(card.libraries)
              .map(([name, version]) => `${name} ${version}`)
              .join(", "),
          ],
        ]}
      />
      <Table
        caption={`Every figure as a record. Honest protocol: "${honest.evaluation.protocol}". Original protocol: "${original.forest.protocol}", reproduced forest.`}
        text={[1]}
        head={["Figure", "Protocol", "Value", "From", "To"]}
        rows={records.map(({ metric, source }) => [
          metric.name,
          <Tag source={source} />,
          figure(metric.name, metric.value),
          metric.low === undefined ? "" : figure(metric.name, metric.low),
          metric.high === undefined ? "" : figure(metric.name, metric.high),
        ])}
      />
    </section>
  );
};
