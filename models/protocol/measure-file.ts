import { DomainError } from "../../platform/process/errors.ts";
import type { ModelCard, StoredModel } from "../../scorer/serving/registry.ts";
import type { Dataset } from "../data/dataset.ts";
import { streamDay } from "../data/dataset.ts";
import { HONEST_TEST_END, HONEST_TRAIN_END } from "../data/honest-stretches.ts";
import { splitByTime, takeDataset } from "../data/splits.ts";
import { type Comparison, compareAuprc } from "../evaluate/auprc-difference.ts";
import { type Evaluation, evaluate } from "../evaluate/evaluation.ts";
import { scoreOnnx } from "../onnx/parity.ts";
import { honestProtocol, requireBoth } from "./honest.ts";

/** Whether a model reads what the rows of a file have. */
export function readsRowsOf(card: Pick<ModelCard, "inputs">, { inputs }: Pick<Dataset, "inputs">): boolean {
  return String(card.inputs) === String(inputs.names);
}

/**
 * @throws DomainError `invalid_argument` for a model that reads other inputs than the file has, such as a team's own, or
 *   that was fitted on every row of it: the test rows judge it no more
 */
export function requireRowsOf(
  { name, version, card }: Pick<StoredModel, "name" | "version" | "card">,
  data: Pick<Dataset, "inputs" | "file" | "sha256">,
): void {
  if (readsRowsOf(card, data)) {
    if (card["refit"] === undefined || card.data.sha256 !== data.sha256) return;
    throw new DomainError(
      "invalid_argument",
      `${name}@${version} has learned from every row of ${data.file}, its test rows among them: they judge it no more. ` +
        `Its claim and its test figures: npm run models -- show ${name}@${version}`,
    );
  }
  throw new DomainError(
    "invalid_argument",
    `${name}@${version} reads other inputs than ${data.file} has (${card.inputs.slice(0, 3).join(", ")}, …): ` +
      `its figures and what it looks at: npm run models -- show ${name}@${version}`,
  );
}

/** The honest protocol's test rows of a dataset. */
export function honestTestRows(data: Dataset): Dataset {
  const { test } = splitByTime(data.times);
  requireBoth(data, test, "test", `${HONEST_TRAIN_END} ≤ Time < ${HONEST_TEST_END}`);
  return takeDataset(data, test);
}

/** Judges a model file on the honest test rows: what the file itself answers, whoever trained it. */
export async function measureFile(
  bytes: Uint8Array,
  data: Dataset,
  { thresholds, seed }: { readonly thresholds: ModelCard["thresholds"]; readonly seed: number },
): Promise<Evaluation> {
  const test = honestTestRows(data);
  const { labels, weights, amounts, times } = test;
  const scores = await scoreOnnx(bytes, test.inputs);
  return evaluate(
    { protocol: honestProtocol(data), scores, labels, weights, amounts, times },
    { thresholds, seed, day: streamDay(data) },
  );
}

/** Compares two files by weighted AUPRC on the honest test rows. */
export async function compareFiles(
  first: Uint8Array,
  second: Uint8Array,
  data: Dataset,
  seed: number,
): Promise<Comparison> {
  const test = honestTestRows(data);
  const sample = async (bytes: Uint8Array) => ({
    scores: await scoreOnnx(bytes, test.inputs),
    labels: test.labels,
    weights: test.weights,
  });
  const [a, b] = [await sample(first), await sample(second)];
  return compareAuprc(a, b, { seed });
}
