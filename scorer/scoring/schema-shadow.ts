import type { Reading } from "../../features/engine/engine.ts";
import { compare, type ShadowComparison } from "./comparison.ts";
import { type InferenceHost, SLAB_ROWS } from "./inference/inference-host.ts";
import type { SchemaInputs } from "./schema-inputs.ts";
import type { ServedModel } from "./served-model.ts";

/** A payment that has been answered, and waits for what the shadow says. */
interface Answered {
  readonly reading: Reading;
  readonly model: ServedModel;
  readonly probability: number;
}

/** Payments in one run of a shadow, and as many that wait for the next. */
const MOST = SLAB_ROWS;

/**
 * A shadow whose schema makes rows of its own: it reads payments beside the model that answers, and scores them off the
 * answer's path, all that have gathered at once. While it is busy and as many wait, others are left out.
 */
export class SchemaShadow {
  readonly #shadow: ServedModel;
  readonly #schema: SchemaInputs;
  readonly #inference: InferenceHost;
  readonly #comparison: ShadowComparison;
  #waiting: Answered[] = [];
  #busy = false;

  constructor(
    shadow: ServedModel,
    schema: SchemaInputs,
    inference: InferenceHost,
    comparison: ShadowComparison,
  ) {
    this.#shadow = shadow;
    this.#schema = schema;
    this.#inference = inference;
    this.#comparison = comparison;
  }

  /** Whether it takes one more; when not, that is counted. */
  hasRoom(): boolean {
    if (this.#waiting.length < MOST) return true;
    this.#comparison.skipped++;
    return false;
  }

  add(answered: Answered): void {
    if (this.#shadow.retired || !this.hasRoom()) return;
    if (this.#waiting.push(answered) === 1 && !this.#busy) setImmediate(this.#run);
  }

  #run = (): void => {
    if (this.#busy || this.#waiting.length === 0 || this.#shadow.retired) return;
    this.#busy = true;
    const rows = this.#waiting;
    this.#waiting = [];
    this.#shadow.retain();
    this.#score(rows)
      .catch(() => {
        this.#comparison.skipped += rows.length;
      })
      .finally(() => {
        this.#shadow.release();
        this.#busy = false;
        this.#run();
      })
      .catch(() => {});
  };

  async #score(rows: readonly Answered[]): Promise<void> {
    const slab = this.#inference.takeSlab(this.#schema.width);
    try {
      await this.#schema.rows(
        rows.map(({ reading }) => reading),
        slab.inputs,
      );
      await this.#shadow.inference.score(slab, rows.length);
      for (const [i, { model, probability }] of rows.entries()) {
        compare(this.#comparison, model, probability, this.#shadow, slab.probabilities[i] as number);
      }
    } finally {
      this.#inference.giveBack(slab);
    }
  }
}
