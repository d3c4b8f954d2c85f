import { z } from "zod";
import type { ModelCard, StoredModel } from "../../scorer/serving/registry.ts";
import { plattOf } from "../calibration/platt.ts";
import { type Dataset, streamDay } from "../data/dataset.ts";
import { exportModel } from "../onnx/export-model.ts";
import { honestProtocol } from "../protocol/honest.ts";
import { cardBase, type TrainedModel } from "../protocol/train.ts";
import { type CandidateName, candidates } from "./candidates.ts";
import { type ClaimOptions as AnyClaimOptions, type ClaimSubject, claimOf, SEED } from "./claim-of.ts";
import type { WalkRows } from "./field.ts";
import { fitRows } from "./fit-rows.ts";
import { rowsBefore, splitAt } from "./rows.ts";
import type { Walk } from "./walk.ts";

export interface ClaimOptions extends AnyClaimOptions {
  readonly testStart: number;
  readonly libraries: Readonly<Record<string, string>>;
}

/**
 * Makes the version of a choice on the public data set; what is served learns from every row. See {@link claimOf}.
 *
 * @throws DomainError `invalid_argument` as learners and calibration do
 */
export function claim(
  data: Dataset,
  rows: WalkRows,
  walk: Walk,
  options: ClaimOptions,
): Promise<TrainedModel> {
  const { name, threads, testStart, libraries } = options;
  const { train, test } = splitAt(data, testStart);
  const subject: ClaimSubject = {
    ...{ file: data.file, sha256: data.sha256, inputs: data.inputs, amounts: data.amounts },
    ...{ protocol: honestProtocol(data), day: streamDay(data), testStart, train, test },
    all: rowsBefore(data, Number.POSITIVE_INFINITY),
    served: Int32Array.from(data.times.keys()),
    compared: data.inputs,
    split: { train: `Time < ${testStart}`, test: `Time ≥ ${testStart}` },
    refitOn: "every row of the file",
    refit: { note: "What is served learned from every row of the file.", rows: data.rows },
    base: ({ features, model }, learner) => {
      const recipe = { learner, calibration: { method: "platt", blocks: 0 } } as const;
      return {
        ...cardBase(data, features, model, { name, recipe, seed: SEED, threads, libraries }),
        limits: [
          "A score supports a decision about a payment; it is no proof of wrongdoing by a person.",
          "Fraud patterns move: watch the drift and recall of reviewed cases, and retrain.",
        ],
      };
    },
  };
  return claimOf(subject, rows, walk, options);
}

/** What a card says of how its version was claimed. */
const claimedCard = z.object({
  inputs: z.array(z.string()),
  refit: z.object({ rows: z.number() }),
  walk_forward: z.object({
    test_start: z.number(),
    chosen: z.enum(Object.keys(candidates) as [CandidateName, ...CandidateName[]]),
  }),
  calibration: z.object({ slope: z.number(), offset: z.number() }),
});

/**
 * The model that a claimed version's test figures are of, made again: the same recipe, seed and calibration, fitted on the
 * rows before the test stretch alone. It opens nothing: those figures are on the card.
 *
 * @returns its file and what its features were centred and scaled by; undefined for a version that was not fitted on all rows of this data
 * @throws DomainError `invalid_argument` as learners do
 */
export async function measuredModel(
  data: Dataset,
  { name, card }: { readonly name: string; readonly card: Pick<ModelCard, "data"> },
  threads: number,
): Promise<{ readonly bytes: Uint8Array; readonly features: ModelCard["features"] } | undefined> {
  if (card.data.sha256 !== data.sha256) return undefined;
  const told = claimedCard.safeParse(card);
  // A model of the same file by a schema of its own reads other columns.
  if (!told.success || told.data.inputs.join() !== data.inputs.names.join()) return undefined;
  const { walk_forward: walk, calibration } = told.data;
  const learner = candidates[walk.chosen].make();
  const all = rowsBefore(data, Number.POSITIVE_INFINITY);
  const { train } = splitAt(data, walk.test_start);
  const { features, model } = await fitRows(all, train, learner, { seed: SEED, threads });
  const bytes = exportModel(name, features, model, plattOf(calibration.slope, calibration.offset));
  return { bytes, features: features.map((feature) => ({ ...feature })) };
}

/** The served version with the model in it that its test figures are of. */
export function judgedAs(
  served: StoredModel,
  { bytes, features }: NonNullable<Awaited<ReturnType<typeof measuredModel>>>,
): StoredModel {
  return { ...served, bytes: Buffer.from(bytes), card: { ...served.card, features } };
}
