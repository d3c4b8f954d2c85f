import type { Slab } from "./inference/inference-host.ts";

/** What a batcher computes with. */
export interface SlabScorer {
  /** @see InferenceModel.score */
  score(slab: Slab, count: number, urgent?: boolean): Promise<number>;
}

/** Where slabs come from. */
export interface SlabPool {
  takeSlab(width: number): Slab;
  giveBack(slab: Slab): void;
}

/** A request that waits for its row's answer. Exactly one of the two is called, once. */
export interface Waiting {
  /** @param rows the run's, free again when this returns; its own begins at `offset` */
  scored(probability: number, rows: Float32Array, offset: number): void;
  failed(error: unknown): void;
}

/** Told about every run of the model, before the answers are handed out. */
export interface BatchObserver {
  /** @param queuedMs how long the batch's first row waited; `computeMs` what the run took */
  batchDone(slab: Slab, rows: number, queuedMs: number, computeMs: number): void;
}

export interface BatcherOptions {
  /** Numbers of a row. */
  readonly width: number;
  /** Rows of one run, at most; never more than a slab holds. */
  readonly maxRows: number;
  readonly observer?: BatchObserver;
}

/**
 * Adaptive micro-batching: while one run of the model is under way, everything that arrives waits and then goes
 * together. Under light load that is one row and adds no wait; under heavy load batches grow by themselves. No timer
 * is involved.
 *
 * Rows are written by the caller straight into the batch: ask for {@link rows} and {@link offset}, write a row,
 * then {@link add} what waits for them. A row that turns out to be invalid is simply not added.
 */
export class Batcher {
  readonly #model: SlabScorer;
  readonly #pool: SlabPool;
  readonly #options: BatcherOptions;
  /** Batches that are full and wait for the run before them. */
  readonly #full: Batch[] = [];
  #open: Batch | undefined;
  #scheduled = false;
  #running = false;

  constructor(model: SlabScorer, pool: SlabPool, options: BatcherOptions) {
    this.#model = model;
    this.#pool = pool;
    this.#options = options;
  }

  /** Where the next row goes. */
  get rows(): Float32Array {
    return this.#batch().slab.inputs;
  }

  /** Index in {@link rows} of the next row's first value. */
  get offset(): number {
    return this.#batch().waiting.length * this.#options.width;
  }

  /** Takes the row just written into the batch. */
  add(waiting: Waiting): void {
    const batch = this.#batch();
    if (batch.waiting.length === 0) batch.since = performance.now();
    if (batch.waiting.push(waiting) === this.#options.maxRows) {
      this.#full.push(batch);
      this.#open = undefined;
    }
    if (!this.#running && !this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#next);
    }
  }

  #batch(): Batch {
    this.#open ??= { slab: this.#pool.takeSlab(this.#options.width), waiting: [], since: 0 };
    return this.#open;
  }

  #next = (): void => {
    this.#scheduled = false;
    if (this.#running) return;
    let batch = this.#full.shift();
    if (!batch && this.#open && this.#open.waiting.length > 0) {
      batch = this.#open;
      this.#open = undefined;
    }
    if (!batch) return;
    this.#running = true;
    void this.#run(batch);
  };

  async #run({ slab, waiting, since }: Batch): Promise<void> {
    const start = performance.now();
    let failure: unknown;
    try {
      const computeMs = await this.#model.score(slab, waiting.length, true);
      this.#options.observer?.batchDone(slab, waiting.length, start - since, computeMs);
    } catch (error) {
      failure = error;
    }
    this.#running = false;
    this.#next();
    if (failure === undefined) {
      const { probabilities, inputs } = slab;
      for (let i = 0; i < waiting.length; i++) {
        (waiting[i] as Waiting).scored(probabilities[i] as number, inputs, i * this.#options.width);
      }
    } else {
      for (const one of waiting) one.failed(failure);
    }
    this.#pool.giveBack(slab);
  }
}

interface Batch {
  readonly slab: Slab;
  readonly waiting: Waiting[];
  /** When the first row came. */
  since: number;
}
