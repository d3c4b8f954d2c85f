import { TokenBuckets } from "../../platform/process/token-bucket.ts";
import { addressOf } from "./peer.ts";

/** An address may show so many wrong keys at once, and one every two seconds after that. */
const BURST = 30;
const PER_SECOND = 0.5;

/** Slows down who tries keys. Only wrong ones count: a right one is served whoever else comes from its address. */
export class WrongKeys {
  readonly #buckets = new TokenBuckets(PER_SECOND, BURST);

  /** @throws DomainError `resource_exhausted` when the peer's address has shown too many */
  count(peer: string): void {
    this.#buckets.take(addressOf(peer), 1, "wrong API keys");
  }
}
