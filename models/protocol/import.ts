import type { ModelCard } from "../../platform/model-registry.ts";
import { type Dataset, inputNames } from "../data/dataset.ts";
import { metricsOf } from "../evaluate/evaluation.ts";
import { adaptClassifier } from "../onnx/adapt.ts";
import { checkClassifier } from "../onnx/import-check.ts";
import type { CardDraft } from "../registry.ts";
import { HONEST } from "./honest.ts";
import { measureFile } from "./measure-file.ts";

export interface ImportOptions {
  readonly name: string;
  readonly algorithm: string;
  readonly thresholds: ModelCard["thresholds"];
  readonly seed: number;
  readonly libraries: Readonly<Record<string, string>>;
  /** Name of the file it came from. */
  readonly file: string;
}

/**
 * Takes in a classifier trained elsewhere: adapts its output, checks that it scores, measures it on the honest test
 * rows and drafts its card.
 *
 * @throws DomainError `invalid_argument` saying what is wrong with the file
 */
export async function importModel(
  given: Uint8Array,
  data: Dataset,
  options: ImportOptions,
): Promise<{ bytes: Uint8Array; card: CardDraft }> {
  const { bytes, source } = adaptClassifier(given);
  await checkClassifier(bytes);
  const { name, algorithm, thresholds, seed, libraries, file } = options;
  const evaluation = await measureFile(bytes, data, { thresholds, seed });
  const note = "measured at import; what it was trained on is not known";
  return {
    bytes,
    card: {
      name,
      algorithm,
      inputs: [...inputNames],
      features: [],
      thresholds,
      parameters: { imported_from: file, probability: source },
      data: { file: data.file, sha256: data.sha256, rows: data.rows, use: "measured on, not trained on" },
      split: { protocol: `imported; figures by ${HONEST}`, train: "unknown" },
      seed,
      libraries: { ...libraries },
      metrics: metricsOf(evaluation).map((metric) => ({ ...metric, note: metric.note ?? note })),
      parity: { rows: 0, max_abs_diff: 0 },
      limits: [
        "Trained elsewhere: if its training saw the test rows, its figures are too good.",
        "Its probabilities are as calibrated as the figures say; nothing was added to them.",
        "Explanations depend on what its graph holds.",
      ],
    },
  };
}
