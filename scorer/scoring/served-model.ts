import { DomainError } from "../../platform/errors.ts";
import type { ModelCard, StoredModel } from "../../platform/model-registry.ts";
import type { ModelRef } from "../client/types.ts";
import { Batcher, type BatchObserver } from "./batcher.ts";
import { createExplainer, type Explainer } from "./explain/explainer.ts";
import { OnnxModel } from "./model.ts";
import { INPUT_WIDTH } from "./transaction-input.ts";

export interface ServedModelOptions {
  readonly maxBatchRows: number;
  /** ONNX Runtime threads within one run. */
  readonly threads: number;
  readonly observer?: BatchObserver;
}

const WARM_UP_RUNS = [1, 1, 64, 1, 256] as const;

/** One model version ready to answer. It stays alive until retired and the last request that uses it is done. */
export class ServedModel {
  readonly ref: ModelRef;
  readonly card: ModelCard;
  readonly cardJson: string;
  readonly onnx: OnnxModel;
  readonly batcher: Batcher;
  readonly #bytes: Buffer;
  #explainer: Explainer | undefined;
  #users = 0;
  #retired = false;
  #freed: () => void = () => {};
  /** Resolves when the native session is freed. */
  readonly freed: Promise<void>;

  private constructor(stored: StoredModel, onnx: OnnxModel, options: ServedModelOptions) {
    this.ref = { name: stored.name, version: stored.version };
    this.card = stored.card;
    this.cardJson = stored.cardJson;
    this.onnx = onnx;
    this.#bytes = stored.bytes;
    this.batcher = new Batcher(onnx, {
      maxRows: options.maxBatchRows,
      ...(options.observer ? { observer: options.observer } : {}),
    });
    this.freed = new Promise((resolve) => {
      this.#freed = resolve;
    });
  }

  /**
   * Loads and warms a verified version.
   *
   * @throws DomainError when the graph cannot be used or its answers are no probabilities
   */
  static async open(stored: StoredModel, options: ServedModelOptions): Promise<ServedModel> {
    const onnx = await OnnxModel.load(stored.bytes, options.threads);
    try {
      await warmUp(onnx);
    } catch (error) {
      await onnx.release();
      throw error;
    }
    return new ServedModel(stored, onnx, options);
  }

  /** "name@version". */
  get id(): string {
    return `${this.ref.name}@${this.ref.version}`;
  }

  /** Says why this model gave a score; read out of the graph when first asked for. */
  get explainer(): Explainer {
    this.#explainer ??= createExplainer(this.#bytes, this.card);
    return this.#explainer;
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
    this.onnx.release().then(this.#freed, this.#freed);
  }
}

/** First runs allocate; nobody should wait for that. Also proves that the graph gives probabilities. */
async function warmUp(onnx: OnnxModel): Promise<void> {
  for (const count of WARM_UP_RUNS) {
    const probabilities = await onnx.score(new Float32Array(count * INPUT_WIDTH), count);
    for (const p of probabilities) {
      if (!(p >= 0 && p <= 1)) {
        throw new DomainError(
          "invalid_argument",
          `the model answered ${p} to an all-zero row: no probability`,
        );
      }
    }
  }
}
