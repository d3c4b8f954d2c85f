import type { Worker } from "node:worker_threads";
import { DomainError } from "../../../platform/process/errors.ts";
import { startThread } from "../../../platform/process/worker-thread.ts";
import type { ModelCard } from "../../serving/registry.ts";
import { type Answer, type ExplainedPiece, type LoadedInfo, type Request, slabViews } from "./messages.ts";

/** How long a thread may take to finish what it has been asked, milliseconds. */
const CLOSE_LIMIT_MS = 5_000;

/** Rows that one run takes at most. */
export const SLAB_ROWS = 1_024;

/** Memory for one run, shared with the inference threads: inputs in, probabilities out. */
export interface Slab {
  readonly number: number;
  /** Numbers of a row. */
  readonly width: number;
  /** [SLAB_ROWS, width] */
  readonly inputs: Float32Array;
  /** [SLAB_ROWS] */
  readonly probabilities: Float32Array;
}

export interface InferenceOptions {
  /** ONNX Runtime's threads within one run. */
  readonly onnxThreads: number;
}

/** A model in an inference thread. */
export interface InferenceModel {
  /** Whether {@link explain} can answer. */
  readonly explainable: boolean;
  /** Why not, or "". */
  readonly whyNot: string;
  /**
   * Scores the slab's first `count` rows into its probabilities, NaN where the model gave none; gives the milliseconds
   * the run took.
   *
   * @param urgent goes before what waits in the thread and is not: somebody waits for one row, others for thousands
   */
  score(slab: Slab, count: number, urgent?: boolean): Promise<number>;
  /** @param rows n × width inputs; `top` reasons a row, 0 for all */
  explain(rows: Float32Array, top: number): Promise<ExplainedPiece>;
  /** Frees the model; no other call may follow. */
  release(): Promise<void>;
}

type SlabRequest = Extract<Request, { kind: "slab" }>;

/**
 * The threads that run models, so that the thread that talks to clients never computes: neither a run, nor loading and
 * warming the next model, nor explaining holds up its event loop. There are at most two, and a model is loaded in the one that
 * the champion is not in, so that a swap does not hold up scoring either.
 */
export class InferenceHost {
  readonly #options: InferenceOptions;
  readonly #failed: (error: Error) => void;
  readonly #lanes: Lane[] = [];
  /** By their width: a run takes rows of one model, and models differ in it. */
  readonly #spare = new Map<number, Slab[]>();
  readonly #slabs: SlabRequest[] = [];
  #models = 0;

  /** @param failed called when a thread has died, which nothing can be done about but start the process again */
  constructor(options: InferenceOptions, failed: (error: Error) => void) {
    this.#options = options;
    this.#failed = failed;
  }

  /** A slab that nobody else uses; give it back with {@link giveBack}. */
  takeSlab(width: number): Slab {
    const spare = this.#spare.get(width)?.pop();
    if (spare) return spare;
    const memory = new SharedArrayBuffer(SLAB_ROWS * (width + 1) * 4);
    const number = this.#slabs.length;
    const request: SlabRequest = { kind: "slab", slab: number, memory, rows: SLAB_ROWS, width };
    this.#slabs.push(request);
    for (const lane of this.#lanes) lane.send(request);
    return { number, width, ...slabViews(memory, SLAB_ROWS, width) };
  }

  giveBack(slab: Slab): void {
    const spare = this.#spare.get(slab.width);
    if (spare) spare.push(slab);
    else this.#spare.set(slab.width, [slab]);
  }

  /**
   * Loads and warms a model.
   *
   * @param avoid a model whose thread should be left alone
   * @throws DomainError `invalid_argument` when the graph cannot be used
   */
  async load(bytes: Uint8Array, card: ModelCard, avoid?: InferenceModel): Promise<InferenceModel> {
    const lane = this.#lane(avoid instanceof ThreadModel ? avoid.lane : undefined);
    const model = this.#models++;
    const threads = this.#options.onnxThreads;
    const info = await lane.ask<LoadedInfo>((id) => ({ kind: "load", id, model, bytes, card, threads }));
    return new ThreadModel(lane, model, info);
  }

  /** A thread other than `avoid`; the second one is started when it is first needed. */
  #lane(avoid: Lane | undefined): Lane {
    const found = this.#lanes.find((lane) => lane !== avoid);
    if (found) return found;
    const lane = new Lane(this.#lanes.length, this.#failed);
    for (const slab of this.#slabs) lane.send(slab);
    this.#lanes.push(lane);
    return lane;
  }

  /** Ends the threads. Release every model first. */
  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }
}

class ThreadModel implements InferenceModel {
  readonly lane: Lane;
  readonly explainable: boolean;
  readonly whyNot: string;
  readonly #number: number;

  constructor(lane: Lane, number: number, info: LoadedInfo) {
    this.lane = lane;
    this.#number = number;
    this.explainable = info.explainable;
    this.whyNot = info.whyNot;
  }

  score(slab: Slab, count: number, urgent = false): Promise<number> {
    const model = this.#number;
    return this.lane.ask<number>((id) => ({ kind: "score", id, model, slab: slab.number, count, urgent }));
  }

  explain(rows: Float32Array, top: number): Promise<ExplainedPiece> {
    if (!this.explainable) return Promise.reject(new DomainError("invalid_argument", this.whyNot));
    const model = this.#number;
    return this.lane.ask<ExplainedPiece>((id) => ({ kind: "explain", id, model, rows, top }));
  }

  async release(): Promise<void> {
    const model = this.#number;
    await this.lane.ask<number>((id) => ({ kind: "release", id, model }));
  }
}

interface Asked {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread and what it has been asked. */
class Lane {
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  #nextId = 0;
  #closing = false;

  constructor(number: number, failed: (error: Error) => void) {
    this.#worker = startThread(import.meta.url, "./inference-thread", { name: `inference-${number}` });
    this.#worker.on("message", (answer: Answer) => this.#answered(answer));
    const died = (error: Error): void => {
      if (this.#closing) return;
      const lost = new DomainError("internal", "the inference thread has died", { cause: error });
      for (const { reject } of this.#asked.values()) reject(lost);
      this.#asked.clear();
      failed(error);
    };
    this.#worker.on("error", died);
    this.#worker.on("exit", (code) => died(new Error(`inference thread ${number} ended with code ${code}`)));
  }

  send(request: Request): void {
    this.#worker.postMessage(request);
  }

  ask<T>(request: (id: number) => Request): Promise<T> {
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#worker.postMessage(request(id));
    });
  }

  /** Ends the thread between two pieces of work: ONNX Runtime, ended in the middle of a run, aborts the whole process. */
  async close(): Promise<void> {
    this.#closing = true;
    let late: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      late = setTimeout(resolve, CLOSE_LIMIT_MS);
    });
    await Promise.race([this.ask((id) => ({ kind: "close", id })), limit]);
    clearTimeout(late);
    await this.#worker.terminate();
  }

  #answered(answer: Answer): void {
    const asked = this.#asked.get(answer.id);
    this.#asked.delete(answer.id);
    if (answer.ok) asked?.resolve(answer.value as never);
    else asked?.reject(new DomainError(answer.code, answer.message, { cause: answer.cause }));
  }
}
