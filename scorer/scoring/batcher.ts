import { INPUT_WIDTH } from "./transaction-input.ts";

/** What a batcher computes with. */
export interface RowScorer {
  /** @see OnnxModel.score */
  score(rows: Float32Array, count: number): Promise<Float32Array>;
}

/** A request that waits for its row's answer. Exactly one of the two is called, once. */
export interface Waiting {
  scored(probability: number): void;
  failed(error: unknown): void;
}

/** Told about every run of the model. */
export interface BatchObserver {
  /** @param queuedMs how long the batch's first row waited; `computeMs` what the run took */
  batchDone(rows: number, queuedMs: number, computeMs: number): void;
}

export interface BatcherOptions {
  /** A batch that has grown to so many rows runs at once. */
  readonly maxRows: number;
  readonly observer?: BatchObserver;
}

/**
 * Adaptive micro-batching: everything that arrived in one turn of the event loop goes into one run of the model. Under
 * light load that is one row and adds no wait; under heavy load batches grow by themselves, and no timer is involved.
 *
 * Rows are written by the caller straight into the batch: ask for {@link rows} and {@link offset}, write 30 inputs,
 * then {@link add} what waits for them. A row that turns out to be invalid is simply not added.
 */
export class Batcher {
  readonly #model: RowScorer;
  readonly #options: BatcherOptions;
  readonly #spare: Float32Array[] = [];
  #rows: Float32Array;
  #waiting: Waiting[] = [];
  #since = 0;

  constructor(model: RowScorer, options: BatcherOptions) {
    this.#model = model;
    this.#options = options;
    this.#rows = new Float32Array(options.maxRows * INPUT_WIDTH);
  }

  /** Where the next row goes. */
  get rows(): Float32Array {
    return this.#rows;
  }

  /** Index in {@link rows} of the next row's first value. */
  get offset(): number {
    return this.#waiting.length * INPUT_WIDTH;
  }

  /** Takes the row just written into the batch. */
  add(waiting: Waiting): void {
    if (this.#waiting.length === 0) {
      this.#since = performance.now();
      setImmediate(this.#flush);
    }
    if (this.#waiting.push(waiting) === this.#options.maxRows) this.#flush();
  }

  #flush = (): void => {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    const rows = this.#rows;
    const since = this.#since;
    this.#waiting = [];
    this.#rows = this.#spare.pop() ?? new Float32Array(this.#options.maxRows * INPUT_WIDTH);
    void this.#run(rows, waiting, since);
  };

  async #run(rows: Float32Array, waiting: Waiting[], since: number): Promise<void> {
    const start = performance.now();
    let probabilities: Float32Array;
    try {
      probabilities = await this.#model.score(rows, waiting.length);
    } catch (error) {
      for (const one of waiting) one.failed(error);
      return;
    } finally {
      this.#spare.push(rows);
    }
    const end = performance.now();
    this.#options.observer?.batchDone(waiting.length, start - since, end - start);
    for (let i = 0; i < waiting.length; i++) (waiting[i] as Waiting).scored(probabilities[i] as number);
  }
}
