/** A message of a stream, as its broker delivers it. */
export interface StreamMessage {
  /** Its place in the stream, the same at every delivery. */
  readonly id: string;
  readonly body: Uint8Array;
}

/** Messages of one batch, at most. */
export const MOST_MESSAGES = 200;

/**
 * A stream of somebody else's that payments come by.
 *
 * @example
 * await stream.run(async (messages) => { await record(messages) }, life.stopping)
 */
export interface TransactionStream {
  /** What decisions say they came by. */
  readonly source: "nats" | "kafka";
  /**
   * Hands messages over, batch after batch, of each part of the stream in its order. What `take` has resolved for is
   * acknowledged; what it throws for, or dies under, is delivered again.
   *
   * @returns when told to stop
   * @throws what cannot be waited out: a stream that is not there, a credential that is refused
   */
  run(take: TakeMessages, stopping: AbortSignal): Promise<void>;
  /** Messages that wait; undefined when the broker cannot say. */
  lag(): Promise<number | undefined>;
}

export type TakeMessages = (messages: readonly StreamMessage[]) => Promise<void>;
