import { execFileSync } from "node:child_process";
import type { Kysely } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { ModelSchema } from "../../domain/features/definition.ts";
import type { GateReport, RunData } from "../../domain/model-care.ts";
import { DEFAULT_CURRENCY } from "../../domain/money.ts";
import type { LabelSource } from "../../domain/verdicts.ts";
import { publicSetSchema } from "../../features/schema/public-set.ts";
import { parseSchema } from "../../features/schema/read.ts";
import { beginRun, type EndedRun, endRun } from "../../pipeline/models/runs.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { projectRoot } from "../../platform/process/config.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import type { Progress } from "../../platform/process/progress.ts";
import { readModel, resolveModel, type StoredModel } from "../../scorer/serving/registry.ts";
import { readSchemaText } from "../../scorer/serving/schema-file.ts";
import { takeRows } from "../features/matrix.ts";
import { randomForest } from "../learners/forest.ts";
import { scoreOnnx } from "../onnx/parity.ts";
import type { OwnPayments } from "../own/own-payments.ts";
import { ownRecipes } from "../own/own-recipes.ts";
import { type TrainedOwn, trainOwn } from "../own/train-own.ts";
import type { Recipe } from "../protocol/recipes.ts";
import { writeVersion } from "../registry.ts";
import { learnedUntil } from "./compare.ts";
import { contenderOf, type ModelFile, medians } from "./contender.ts";
import { type Contender, gate } from "./gate.ts";
import { holdsFor, type LabelledPayments, readLabelled } from "./labelled.ts";

export interface RetrainOptions {
  readonly registry: string;
  readonly actor: Actor;
  /** Payments decided in so many days before `until`. */
  readonly days: number;
  readonly until: Date;
  /** All when left out. */
  readonly sources?: readonly LabelSource[] | undefined;
  /** The champion's kind when left out. */
  readonly learner?: keyof typeof ownRecipes | undefined;
  readonly seed: number;
  readonly threads: number;
  readonly libraries: Readonly<Record<string, string>>;
  readonly progress?: Progress;
}

/** What became of a training. */
export interface Retrained {
  readonly runId: number;
  readonly state: EndedRun["state"];
  /** "name@version" of what was made, accepted or not; "" where nothing was. */
  readonly model: string;
  readonly gate: GateReport | null;
  readonly data: RunData | null;
  readonly words: string;
}

/**
 * Once around: labelled payments of the store → a candidate of the champion's kind and inputs → the gate. What passes is
 * written to the registry, where a person gives it a role; what does not is thrown away. Either way the run is kept, with
 * its data's hash, the code, the seed and every answer of the gate.
 *
 * @throws DomainError when there is no champion to learn beside; whatever else goes wrong is kept with the run and thrown
 */
export async function retrain(db: Kysely<Database>, options: RetrainOptions): Promise<Retrained> {
  const { registry, actor, seed } = options;
  const stored = await readModel(registry, await resolveModel(registry, "champion"));
  const champion: Champion = { ...stored, ...(await schemaOf(registry, stored)) };
  const championId = `${champion.name}@${champion.version}`;
  const runId = await beginRun(db, {
    ...{ askedBy: actor, champion: championId, seed },
    code: { ...options.libraries, ...commit() },
  });
  const end = async (ended: EndedRun): Promise<Retrained> => {
    await endRun(db, runId, actor, ended);
    return { runId, ...ended };
  };
  try {
    const labelled = await readLabelled(db, {
      from: new Date(options.until.getTime() - options.days * 86_400_000),
      until: options.until,
      sources: options.sources,
      inputs: champion.card.inputs,
      currency: champion.schema.currency,
    });
    const { data } = labelled;
    let trained: TrainedOwn;
    try {
      trained = await train(labelled, champion, options);
    } catch (error) {
      if (!(error instanceof DomainError && error.code === "invalid_argument")) throw error;
      return await end({ state: "refused", model: "", data, gate: null, words: messageOf(error) });
    }
    const report = await judge(labelled, trained, champion, seed);
    if (!report.passed) {
      const failed = report.checks.filter(({ passed }) => !passed);
      const words = `refused: ${failed.map(({ name, found }) => `${name} (${found})`).join("; ")}`;
      return await end({ state: "refused", model: "", data, gate: report, words });
    }
    const draft = { ...trained.card, training_run: { run: runId, data: data.sha256, champion: championId } };
    const written = await writeVersion(registry, draft, trained.bytes, { schema: champion.schemaText });
    const model = `${written.name}@${written.version}`;
    return await end({
      ...{ state: "accepted", model, data, gate: report },
      words: `${model} passed the gate beside ${championId}: it waits for somebody to give it a role`,
    });
  } catch (error) {
    await endRun(db, runId, actor, {
      ...{ state: "failed", model: "", data: null, gate: null },
      words: messageOf(error),
    }).catch(() => {});
    throw error;
  }
}

/** Of a model that nothing is there to judge on. */
const NOBODY: Contender = { scores: new Float32Array(), reviewEdge: 1, bytes: 0, micros: 0, fidelity: null };

/** Payments of before that drift is measured by. */
const MOST_EARLIER = 20_000;

async function train(
  labelled: LabelledPayments,
  champion: Champion,
  options: RetrainOptions,
): Promise<TrainedOwn> {
  const { seed, threads, libraries, progress } = options;
  const { ids, features, labels, times, knownAt, amounts, weights, data } = labelled;
  if (ids.length === 0) {
    const why = Object.entries(data.leftOut)[0];
    throw new DomainError(
      "invalid_argument",
      `no payment of the last ${options.days} days has a label${why ? ` that can be learned from: ${why[0]} (${why[1]})` : ""}`,
    );
  }
  const payments: OwnPayments = {
    ...{ file: "store", sha256: data.sha256, features, labels, times, knownAt, amounts },
    // What stands for nothing in figures teaches all the same.
    weights: { learn: weights.map((weight) => (weight > 0 ? weight : 1)), judge: weights },
    ...{ unlabelled: 0, refused: 0, firstRefused: undefined },
  };
  return await trainOwn(payments, {
    name: champion.name,
    recipe: recipeOf(champion, options.learner),
    schema: champion.schema,
    // When each label was known is known.
    labelDelay: 0,
    ...{ sources: champion.card.features, seed, threads, libraries },
    ...(progress && { progress }),
  });
}

/** Learners by what cards call them. */
const KINDS: Readonly<Record<string, keyof typeof ownRecipes>> = {
  "random-forest": "forest",
  "gradient-boosting": "boosting",
  "logistic-regression": "logistic",
  mlp: "mlp",
};

/** The champion's kind, a forest with its own trees and depth; another kind where it is asked for. */
function recipeOf({ card }: StoredModel, asked: keyof typeof ownRecipes | undefined): Recipe {
  const own = KINDS[card.algorithm] ?? "forest";
  const recipe = ownRecipes[asked ?? own]();
  const { trees, maxDepth } = card.parameters;
  const isItsForest = (asked ?? own) === "forest" && card.algorithm === "random-forest";
  return isItsForest && typeof trees === "number" && typeof maxDepth === "number"
    ? { ...recipe, learner: randomForest({ trees, maxDepth }) }
    : recipe;
}

interface Champion extends StoredModel {
  readonly schema: ModelSchema;
  readonly schemaText: string;
}

/** What the champion reads; one without a schema reads the public data set's columns. */
async function schemaOf(
  registry: string,
  { name, version }: StoredModel,
): Promise<Pick<Champion, "schema" | "schemaText">> {
  const text = await readSchemaText(registry, { name, version });
  const schemaText = text ?? publicSetSchema(name, DEFAULT_CURRENCY);
  return { schema: parseSchema(schemaText), schemaText };
}

/** Holds the candidate, as it was before the judged payments, against the champion on them. */
async function judge(
  labelled: LabelledPayments,
  { bytes, judged, card }: TrainedOwn,
  champion: Champion,
  seed: number,
): Promise<GateReport> {
  const { train: learned, test, knownInTime } = judged.split;
  const { features, labels, weights, times } = labelled;
  // What the champion learned from would judge it too kindly.
  const fresh = learnedUntil(champion) / 1_000;
  const rows = Array.from(test).filter(
    (row) => (weights[row] as number) > 0 && (times[row] as number) > fresh,
  );
  const inputs = takeRows(features, rows);
  const legitimate = Array.from(learned).filter((row) => labels[row] === 0);
  const earlier = takeRows(features, legitimate.slice(-MOST_EARLIER));
  const usual = medians(features, legitimate);
  const of = <T>(values: ArrayLike<T>): T[] => rows.map((row) => values[row] as T);
  const candidateFile: ModelFile = {
    bytes: judged.bytes,
    card: { ...champion.card, ...card, features: [...judged.features] },
  };
  const contender = (file: ModelFile): Promise<Contender> | Contender =>
    rows.length > 0 ? contenderOf(file, inputs, usual, seed) : NOBODY;
  const candidate = await contender(candidateFile);
  return gate({
    // What is served is the file of all rows: that one has to be small.
    candidate: { ...candidate, bytes: bytes.length },
    champion: await contender(champion),
    earlier: { inputs: earlier, scores: await scoreOnnx(champion.bytes, earlier) },
    labels: Uint8Array.from(of(labels)),
    weights: Float64Array.from(of(weights)),
    inputs,
    slices: {
      country: of(labelled.countries),
      channel: of(labelled.channels),
      currency: of(labelled.currencies),
    },
    since: new Date(judged.split.testStart * 1_000).toISOString(),
    holdsFor: holdsFor(of(labelled.ways)),
    ...{ knownInTime, seed },
  });
}

/** The commit of the code, where it is a clone. */
function commit(): Record<string, string> {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, {
        cwd: projectRoot,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    return {
      commit:
        git("rev-parse", "HEAD") +
        (git("status", "--porcelain", "--untracked-files=no") === "" ? "" : ", changed"),
    };
  } catch {
    return {};
  }
}
