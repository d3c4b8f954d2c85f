import type { ModelRef } from "../../domain/decision.ts";
import type { RatesSource } from "../../domain/exchange.ts";
import { readsPublicSet } from "../../domain/features/public-set.ts";
import { tiersBy } from "../../domain/policy/decision-policy.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import type { OnlineFeatures } from "../../features/online/online-features.ts";
import type { ModelCard, StoredModel } from "../serving/registry.ts";
import { Batcher, type BatchObserver } from "./batcher.ts";
import type { InferenceHost, InferenceModel } from "./inference/inference-host.ts";
import { inputsOf, type ModelInputs } from "./model-inputs.ts";
import { SchemaInputs } from "./schema-inputs.ts";

export interface ServedModelOptions {
  readonly inference: InferenceHost;
  readonly maxBatchRows: number;
  /** Features of models with a schema. */
  readonly online: OnlineFeatures;
  /** What amounts in other currencies than a model's are read by. */
  readonly rates: RatesSource;
  /** Makes what watches a model's runs. */
  readonly observe?: (model: ServedModel) => BatchObserver;
}

/** One model version ready to answer. It stays alive until retired and the last request that uses it is done. */
export class ServedModel {
  readonly ref: ModelRef;
  readonly card: ModelCard;
  readonly cardJson: string;
  /** What it reads of a transaction. */
  readonly inputs: ModelInputs;
  readonly inference: InferenceModel;
  readonly batcher: Batcher;
  /** The tier of a probability, by this card's edges. */
  readonly tierOf: (probability: number) => RiskTier;
  /** Told about every run, by the batcher and by whoever else runs the model. */
  readonly observer: BatchObserver | undefined;
  #users = 0;
  #retired = false;
  #freed: () => void = () => {};
  /** Resolves when the model's memory is freed. */
  readonly freed: Promise<void>;

  private constructor(
    stored: StoredModel,
    inputs: ModelInputs,
    inference: InferenceModel,
    options: ServedModelOptions,
  ) {
    this.ref = { name: stored.name, version: stored.version };
    this.card = stored.card;
    this.cardJson = stored.cardJson;
    this.tierOf = tiersBy(stored.card.thresholds);
    this.inputs = inputs;
    this.inference = inference;
    this.observer = options.observe?.(this);
    this.batcher = new Batcher(inference, options.inference, {
      width: inputs.width,
      maxRows: options.maxBatchRows,
      ...(this.observer ? { observer: this.observer } : {}),
    });
    this.freed = new Promise((resolve) => {
      this.#freed = resolve;
    });
  }

  /**
   * Loads and warms a verified version.
   *
   * @param avoid the model whose scoring must not be held up by that
   * @throws DomainError when its inputs are unknown, the graph cannot be used or its answers are no probabilities
   */
  static async open(
    stored: StoredModel,
    options: ServedModelOptions,
    avoid?: ServedModel,
  ): Promise<ServedModel> {
    const inputs = readerOf(stored, options);
    const inference = await options.inference.load(stored.bytes, stored.card, avoid?.inference);
    return new ServedModel(stored, inputs, inference, options);
  }

  /** "name@version". */
  get id(): string {
    return `${this.ref.name}@${this.ref.version}`;
  }

  get retired(): boolean {
    return this.#retired;
  }

  /** Keeps the model alive for one request; {@link release} must follow. */
  retain(): this {
    this.#users++;
    return this;
  }

  release(): void {
    this.#users--;
    if (this.#retired && this.#users === 0) this.#free();
  }

  /** Frees the model as soon as nobody uses it. */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    if (this.#users === 0) this.#free();
  }

  #free(): void {
    this.inference.release().then(this.#freed, this.#freed);
  }
}

/**
 * What a version reads: what its schema says, or its card. A schema of the contract's numbers alone is their description:
 * the rows are the decoder's all the same.
 */
function readerOf({ name, version, card, schema }: StoredModel, options: ServedModelOptions): ModelInputs {
  const model = `${name}@${version}`;
  const { online, rates } = options;
  const bySchema = schema && new SchemaInputs(schema, online, { rates, reader: `the model ${model}` });
  if (bySchema && !(schema && readsPublicSet(schema))) return bySchema;
  return inputsOf(card.inputs, { currency: schema?.currency, rates, model }, bySchema);
}
