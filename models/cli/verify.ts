import { DomainError } from "../../platform/process/errors.ts";
import { objectionTo } from "../../scorer/serving/gate.ts";
import { type ModelVersion, readModel } from "../../scorer/serving/registry.ts";
import type { Dataset } from "../data/dataset.ts";
import { metricsOf } from "../evaluate/evaluation.ts";
import { checkClassifier, probeRows } from "../onnx/import-check.ts";
import { FOREIGN_PARITY_LIMIT, PARITY_LIMIT } from "../onnx/parity.ts";
import { isHonest } from "../protocol/honest.ts";
import { measureFile, readsRowsOf } from "../protocol/measure-file.ts";

/** How far a figure computed again may lie from the card: the last bits of scores decide how near-ties are ranked. */
const TOLERANCE = 1e-4;

/**
 * Checks a version: hash and card (as every reader does), parity within its limit, a graph that gives a probability for
 * every row of the data and at the corners of what may come; with data, that the file still gives the card's figures.
 * Figures are only computed again from the very file they came from.
 *
 * @returns what was found right, in lines
 * @throws DomainError saying what is wrong
 */
export async function verifyVersion(
  registry: string,
  version: ModelVersion,
  data: Dataset | undefined,
): Promise<string[]> {
  const { card, bytes } = await readModel(registry, version);
  const ofData = data && readsRowsOf(card, data);
  const probe = probeRows(ofData ? data.inputs : undefined, card.inputs);
  await checkClassifier(bytes, probe);
  const { max_abs_diff: worst, rows } = card.parity;
  const foreign = card.parameters["imported_from"] !== undefined;
  if (worst > (foreign ? FOREIGN_PARITY_LIMIT : PARITY_LIMIT)) {
    throw new DomainError("invalid_argument", `its card states a difference of ${worst} to its trainer`);
  }
  const lines = [
    `hash and card right, a probability for ${probe.rows} rows, ${rows === 0 ? "not compared with its trainer" : `parity ${worst} on ${rows} rows`}`,
  ];
  const objection = objectionTo(card);
  if (objection !== undefined) lines.push(`fit for a shadow only: ${objection}`);
  if (!data) return lines;
  if (!ofData) return [...lines, `figures not checked: it reads other inputs than ${data.file} has`];
  if (data.sha256 !== (card.measured_on ?? card.data).sha256)
    return [...lines, `figures not checked: made on other data than ${data.file}`];
  if (card["refit"] !== undefined)
    return [
      ...lines,
      "figures not checked: it was fitted once more on every row, they are of the model before that",
    ];
  const stated = card.metrics.filter((metric) => isHonest(metric.protocol));
  if (stated.length === 0) return [...lines, "figures not checked: none of them is by the honest protocol"];
  const evaluation = await measureFile(bytes, data, { thresholds: card.thresholds, seed: card.seed });
  const measured = new Map(metricsOf(evaluation).map((metric) => [metric.name, metric]));
  for (const metric of stated) {
    const now = measured.get(metric.name);
    if (!now)
      throw new DomainError("invalid_argument", `its card states ${metric.name}, which is not known here`);
    for (const end of ["value", "low", "high"] as const) {
      const [was, is] = [metric[end] ?? 0, now[end] ?? 0];
      if (!(Math.abs(was - is) <= TOLERANCE * Math.max(1, Math.abs(was)))) {
        throw new DomainError(
          "invalid_argument",
          `its card states ${metric.name} ${end} ${was}, the file gives ${is}`,
        );
      }
    }
  }
  return [...lines, `${stated.length} figures of its card computed again from the file: the same`];
}
