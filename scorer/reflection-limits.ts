import type { ServiceDefinition } from "@grpc/grpc-js";
import { DomainError } from "../platform/process/errors.ts";
import { TokenBuckets } from "../platform/process/token-bucket.ts";
import { addressOf } from "./security/peer.ts";

/**
 * Reflection is open to everybody, and an answer is hundreds of times as long as its question. What one may have of it
 * is far more than a client needs that finds its way about (grpcurl: some twenty questions on one stream).
 */
const MOST_REQUEST_BYTES = 1_024;
const STREAMS_TOGETHER = 64;
const STREAMS_OF_ADDRESS = 8;
const QUESTIONS_BURST = 500;
const QUESTIONS_PER_SECOND = 50;

/** How long a stream may last, milliseconds. */
export const LONGEST_STREAM_MS = 60_000;

/** The same service, whose requests are looked at only when they are short: a name is. */
export function shortRequests(service: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer): unknown =>
        bytes.length <= MOST_REQUEST_BYTES
          ? method.requestDeserialize(bytes)
          : DomainError.invalid([
              { field: "(message)", description: `must have at most ${MOST_REQUEST_BYTES} bytes` },
            ]);
      return [name, { ...method, requestDeserialize }];
    }),
  ) as ServiceDefinition;
}

/** Counts streams and questions, by the address they come from. */
export class ReflectionLimits {
  readonly #questions = new TokenBuckets(QUESTIONS_PER_SECOND, QUESTIONS_BURST);
  readonly #streams = new Map<string, number>();
  #together = 0;

  /**
   * @returns to be called when the stream is over
   * @throws DomainError `resource_exhausted`
   */
  open(peer: string): () => void {
    const address = addressOf(peer);
    const own = this.#streams.get(address) ?? 0;
    if (own >= STREAMS_OF_ADDRESS || this.#together >= STREAMS_TOGETHER) {
      throw new DomainError("resource_exhausted", "too many reflection streams are open", {
        retryAfterMs: 1_000,
      });
    }
    this.#streams.set(address, own + 1);
    this.#together++;
    return () => {
      this.#together--;
      const left = (this.#streams.get(address) ?? 1) - 1;
      if (left > 0) this.#streams.set(address, left);
      else this.#streams.delete(address);
    };
  }

  /** @throws DomainError `resource_exhausted` */
  ask(peer: string): void {
    this.#questions.take(addressOf(peer), 1, "reflection");
  }
}
