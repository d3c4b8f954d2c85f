import { PlainHistogram } from "./plain-histogram.ts";

const LATENCY_EDGES_S = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const STATUS_CODES = 17;

/** One method's calls. */
export class MethodStatistics {
  /** Calls by gRPC status code. */
  readonly codes = new Float64Array(STATUS_CODES);
  /** Seconds from the handler's start to its answer. */
  readonly seconds = new PlainHistogram(LATENCY_EDGES_S);

  observe(code: number, ms: number): void {
    this.codes[code] = (this.codes[code] ?? 0) + 1;
    this.seconds.observe(ms / 1_000);
  }
}

/** Counts and times calls by method. */
export class RequestStatistics {
  readonly methods = new Map<string, MethodStatistics>();

  /** Calls of all methods that were answered with OK. */
  get answered(): number {
    let answered = 0;
    for (const { codes } of this.methods.values()) answered += codes[0] ?? 0;
    return answered;
  }

  method(name: string): MethodStatistics {
    const found = this.methods.get(name) ?? new MethodStatistics();
    this.methods.set(name, found);
    return found;
  }
}
