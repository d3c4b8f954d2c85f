import type { Reading } from "../../features/engine/engine.ts";
import { compare, type ShadowComparison, skip } from "./comparison.ts";
import { type InferenceHost, SLAB_ROWS } from "./inference/inference-host.ts";
import type { SchemaInputs } from "./schema-inputs.ts";
import type { ServedModel } from "./served-model.ts";
import { CONTRACT_WIDTH, type TransactionInput } from "./transaction-input.ts";

/** A payment as a shadow has read it: by its schema, or as the row of its card's inputs. */
export type Taken = Reading | Float32Array;

/** A payment that has been answered, and waits for what the shadow says. */
interface Answered {
  readonly taken: Taken;
  readonly model: ServedModel;
  readonly probability: number;
}

/** Payments in one run of a shadow, and as many that wait for the next. */
const MOST = SLAB_ROWS;

/**
 * A shadow that reads other inputs than the model that answers, with a schema or without: it reads payments beside it, and
 * scores them off the answer's path, all that have gathered at once. While it is busy and as many wait, others are left out;
 * one that lacks what it needs is too. Both are counted with the reason.
 */
export class ReadingShadow {
  readonly #shadow: ServedModel;
  readonly #schema: SchemaInputs | undefined;
  readonly #inference: InferenceHost;
  readonly #comparison: ShadowComparison;
  #waiting: Answered[] = [];
  #busy = false;

  constructor(shadow: ServedModel, inference: InferenceHost, comparison: ShadowComparison) {
    this.#shadow = shadow;
    this.#schema = shadow.inputs.schema ?? shadow.inputs.apart;
    this.#inference = inference;
    this.#comparison = comparison;
  }

  /** Reads a payment that another model is to answer. @returns undefined when it is left out, which is counted */
  take(input: TransactionInput): Taken | undefined {
    if (!this.#hasRoom()) return undefined;
    if (this.#schema) {
      const reading = this.#schema.read(input);
      if ("scope" in reading) return reading;
      return this.#lacks(reading[0]?.field);
    }
    const { inputs } = this.#shadow;
    // The model that answers reads the amount in its own currency, and this one in its own.
    const { conversion, rows, offset } = input;
    const at = offset + CONTRACT_WIDTH - 1;
    const amount = rows[at] as number;
    input.conversion = undefined;
    rows[at] = input.amount;
    try {
      let wrong: string | undefined;
      inputs.check(input, (field) => {
        wrong ??= field;
      });
      if (wrong !== undefined) return this.#lacks(wrong);
      const row = new Float32Array(inputs.width);
      inputs.write(input, row, 0);
      return row;
    } finally {
      input.conversion = conversion;
      rows[at] = amount;
    }
  }

  add(answered: Answered): void {
    if (this.#shadow.retired || !this.#hasRoom()) return;
    if (this.#waiting.push(answered) === 1 && !this.#busy) setImmediate(this.#run);
  }

  #hasRoom(): boolean {
    if (this.#waiting.length < MOST) return true;
    skip(this.#comparison, "busy");
    return false;
  }

  #lacks(field: string | undefined): undefined {
    skip(this.#comparison, `needs ${field ?? "more"}`);
  }

  #run = (): void => {
    if (this.#busy || this.#waiting.length === 0 || this.#shadow.retired) return;
    this.#busy = true;
    const rows = this.#waiting;
    this.#waiting = [];
    this.#shadow.retain();
    this.#score(rows)
      .catch(() => {
        skip(this.#comparison, "failed", rows.length);
      })
      .finally(() => {
        this.#shadow.release();
        this.#busy = false;
        this.#run();
      })
      .catch(() => {});
  };

  async #score(rows: readonly Answered[]): Promise<void> {
    const { inputs } = this.#shadow;
    const slab = this.#inference.takeSlab(inputs.width);
    try {
      const taken = rows.map((row) => row.taken);
      if (this.#schema) await this.#schema.rows(taken as Reading[], slab.inputs);
      else for (const [i, row] of taken.entries()) slab.inputs.set(row as Float32Array, i * inputs.width);
      await this.#shadow.inference.score(slab, rows.length);
      for (const [i, { model, probability }] of rows.entries()) {
        compare(this.#comparison, model, probability, this.#shadow, slab.probabilities[i] as number);
      }
    } finally {
      this.#inference.giveBack(slab);
    }
  }
}
