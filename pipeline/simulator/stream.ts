import { Random } from "../../platform/math/random.ts";
import type { QueuedTransaction } from "../queues.ts";
import { createContext } from "./context.ts";
import { createGenerator } from "./generator.ts";
import type { SimulatorProfile } from "./profile-schema.ts";

/** The data set's Time runs over two days. */
const TIME_SECONDS = 172_800;
/**
 * How much of the data's daily rhythm the stream has: 1 would be all of it (a tenth of the mean rate at four in the
 * morning); 0.4 keeps the quietest hour at about two thirds of the mean, so that there is something to see at night.
 */
const RHYTHM_DEPTH = 0.4;
/** In the data, frauds are up to ten times as frequent at night; kept within this much of the mean. */
const FRAUD_RHYTHM = { least: 0.5, most: 2 } as const;

export interface StreamOptions {
  readonly profile: SimulatorProfile;
  readonly seed: number;
  /** Mean transactions per second over a day. */
  readonly rate: number;
  /** Mean share of fraud over a day. */
  readonly fraudRate: number;
  /** Goes into every transaction id; different for each run of the process. */
  readonly runId: string;
  /** When the stream begins, milliseconds since 1970. */
  readonly startMs: number;
}

/** A Poisson stream of labelled transactions along the clock. */
export interface TransactionStream {
  /** The transactions from where the last call stopped until `untilMs`, in order. */
  until(untilMs: number): QueuedTransaction[];
  /** Lets the time until `ms` pass without transactions. */
  skipTo(ms: number): void;
}

/**
 * Arrivals are a Poisson process whose rate follows the hour of the day (UTC), its mean over a day being `rate`.
 * The seed decides what the transactions look like; when they come also depends on the clock.
 */
export function createStream(options: StreamOptions): TransactionStream {
  const { profile, seed, rate, fraudRate, runId } = options;
  const generator = createGenerator(profile, new Random(seed, 1));
  const context = createContext(new Random(seed, 2));
  const arrivals = new Random(seed, 3);
  const rhythm = dailyRhythm(profile);
  const fraudShare = fraudRhythm(profile, rhythm).map((factor) => Math.min(1, fraudRate * factor));
  let count = 0;

  const wait = (fromMs: number): number =>
    rate > 0 ? (arrivals.exponential() / (rate * rhythm[hourOf(fromMs)]!)) * 1_000 : Number.POSITIVE_INFINITY;
  let nextMs = options.startMs + wait(options.startMs);

  const draw = (atMs: number): QueuedTransaction => {
    const fraud = arrivals.next() < fraudShare[hourOf(atMs)]!;
    const time = (atMs / 1_000) % TIME_SECONDS;
    const features = generator.draw(fraud, time);
    return {
      transactionId: `sim-${runId}-${++count}`,
      time: Math.floor(time),
      v: features.v,
      amount: features.amount,
      eventTime: new Date(atMs).toISOString(),
      ...context.describe(features),
      truth: fraud,
    };
  };
  return {
    until(untilMs) {
      const drawn: QueuedTransaction[] = [];
      while (nextMs <= untilMs) {
        drawn.push(draw(nextMs));
        nextMs += wait(nextMs);
      }
      return drawn;
    },
    skipTo(ms) {
      if (nextMs < ms) nextMs = ms + wait(ms);
    },
  };
}

/** Factor of the mean rate for each hour; its mean is 1. */
export function dailyRhythm(profile: SimulatorProfile): number[] {
  return profile.hours.map((share) => 1 + RHYTHM_DEPTH * (share * 24 - 1));
}

/** Factor of the mean fraud share for each hour; its mean over the stream's transactions is 1. */
export function fraudRhythm(profile: SimulatorProfile, rhythm: readonly number[]): number[] {
  const { least, most } = FRAUD_RHYTHM;
  const raw = profile.fraud.hours.map((share, hour) => {
    return Math.min(most, Math.max(least, share / Math.max(1e-9, profile.hours[hour]!)));
  });
  const mean = raw.reduce((sum, factor, hour) => sum + (factor * rhythm[hour]!) / 24, 0);
  return raw.map((factor) => factor / mean);
}

function hourOf(ms: number): number {
  return new Date(ms).getUTCHours();
}
