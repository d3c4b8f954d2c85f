import { compare, newComparison, type ShadowComparison, skip } from "./comparison.ts";
import type { InferenceHost, Slab } from "./inference/inference-host.ts";
import type { ModelCatalog } from "./model-catalog.ts";
import { ReadingShadow, type Taken } from "./reading-shadow.ts";
import type { ServedModel } from "./served-model.ts";
import type { TransactionInput } from "./transaction-input.ts";

/**
 * Scores along, off the answer's path: a run's rows are copied when it is done, and a shadow that is still busy with the
 * last copy leaves this one out. The memory it takes is one slab for each shadow. A shadow that reads other inputs, be it
 * only in another currency, reads the payments itself, before they are answered ({@link take}).
 */
export class ShadowScoring {
  readonly #catalog: ModelCatalog;
  readonly #inference: InferenceHost;
  readonly #busy = new Set<string>();
  readonly #reading = new WeakMap<ServedModel, ReadingShadow>();
  /** By the shadow's "name@version". */
  readonly comparisons = new Map<string, ShadowComparison>();

  constructor(catalog: ModelCatalog, inference: InferenceHost) {
    this.#catalog = catalog;
    this.#inference = inference;
  }

  /**
   * Has shadows that read other inputs read a payment that `model` is to answer.
   *
   * @returns what is to be told of the answer; undefined where there is no such shadow
   */
  take(input: TransactionInput, model: ServedModel): ((probability: number) => void) | undefined {
    const { shadows } = this.#catalog;
    if (shadows.length === 0) return undefined;
    const taken: { readonly shadow: ReadingShadow; readonly taken: Taken }[] = [];
    for (const shadow of shadows) {
      if (shadow === model || readsTheSame(shadow, model)) continue;
      const reading = this.#readingOf(shadow);
      const read = reading.take(input);
      if (read) taken.push({ shadow: reading, taken: read });
    }
    if (taken.length === 0) return undefined;
    return (probability) => {
      for (const { shadow, taken: read } of taken) shadow.add({ taken: read, model, probability });
    };
  }

  /** Looks at a run that `model` has finished; its slab is free again when this returns. */
  observe(model: ServedModel, slab: Slab, rows: number): void {
    for (const shadow of this.#catalog.shadows) {
      if (shadow === model) continue;
      // It has read the payments themselves.
      if (!readsTheSame(shadow, model)) continue;
      const comparison = this.#comparison(shadow);
      if (this.#busy.has(shadow.id)) {
        skip(comparison, "busy", rows);
        continue;
      }
      this.#busy.add(shadow.id);
      const copy = this.#inference.takeSlab(slab.width);
      copy.inputs.set(slab.inputs.subarray(0, rows * slab.width));
      const answers = slab.probabilities.slice(0, rows);
      shadow.retain();
      shadow.inference
        .score(copy, rows)
        .then(
          () => {
            for (const [i, answer] of answers.entries()) {
              compare(comparison, model, answer, shadow, copy.probabilities[i] as number);
            }
          },
          () => {
            skip(comparison, "failed", rows);
          },
        )
        .finally(() => {
          shadow.release();
          this.#inference.giveBack(copy);
          this.#busy.delete(shadow.id);
        })
        .catch(() => {});
    }
  }

  #readingOf(shadow: ServedModel): ReadingShadow {
    let reading = this.#reading.get(shadow);
    if (!reading) {
      reading = new ReadingShadow(shadow, this.#inference, this.#comparison(shadow));
      this.#reading.set(shadow, reading);
    }
    return reading;
  }

  #comparison(shadow: ServedModel): ShadowComparison {
    let found = this.comparisons.get(shadow.id);
    if (!found) {
      found = newComparison();
      this.comparisons.set(shadow.id, found);
    }
    return found;
  }
}

/** A run has the answering model's rows alone, and not the transactions that others could be made of. */
function readsTheSame(one: ServedModel, other: ServedModel): boolean {
  const { columns } = other.inputs;
  if (one.inputs.schema?.signature !== other.inputs.schema?.signature) return false;
  if (one.inputs.currency?.code !== other.inputs.currency?.code) return false;
  return (
    one.inputs.columns === columns ||
    (one.inputs.width === columns.length &&
      one.inputs.columns.every(({ field }, i) => field === columns[i]?.field))
  );
}
