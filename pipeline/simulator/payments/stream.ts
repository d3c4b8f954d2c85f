import type { QueuedTransaction } from "../../queues.ts";
import type { TransactionStream } from "../stream.ts";
import { PaymentsWorld, type SimulatedPayment, worldOf } from "./world.ts";

const DAY_MS = 86_400_000;
/** Payments a customer makes a day on average: half of four, less those that fall out of the day. */
const PAYMENTS_A_DAY = 1.9;
/** Days between the payments' own dates and today at the start: time passes faster in the simulated world. */
const BEHIND_DAYS = 120;

export interface PaymentsStreamOptions {
  readonly seed: number;
  /** Mean transactions per second. */
  readonly rate: number;
  readonly customers: number;
  /** Goes into every transaction id; different for each run of the process. */
  readonly runId: string;
  /** When the stream begins, milliseconds since 1970. */
  readonly startMs: number;
}

/**
 * Payments of the simulated world as they happen. A few hundred customers pay some hundred times a day, so time passes
 * faster there: as fast as `rate` asks for. The payments' dates begin {@link BEHIND_DAYS} days ago and run towards today;
 * once there, they keep to the clock.
 */
export function createPaymentsStream(options: PaymentsStreamOptions): TransactionStream {
  const { seed, rate, customers, runId, startMs } = options;
  const pace = (rate * 86_400) / (customers * PAYMENTS_A_DAY);
  const firstDayMs = Math.floor(startMs / DAY_MS - BEHIND_DAYS) * DAY_MS;
  const world = new PaymentsWorld(worldOf(customers, seed, firstDayMs));
  let pausedMs = 0;
  let lastMs = startMs;
  let count = 0;
  const waiting: SimulatedPayment[] = [];

  const simulated = (realMs: number): number => {
    const run = firstDayMs + (realMs - startMs - pausedMs) * pace;
    return Math.min(run, realMs);
  };
  return {
    until(untilMs) {
      lastMs = Math.max(lastMs, untilMs);
      const now = simulated(lastMs);
      while (world.nextDayMs <= now) waiting.push(...world.nextDay());
      const happened = waiting.findIndex(({ at }) => at > now);
      const due = waiting.splice(0, happened < 0 ? waiting.length : happened);
      return due.map((payment) => queued(payment, `pay-${runId}-${++count}`));
    },
    skipTo(ms) {
      if (ms > lastMs) pausedMs += ms - lastMs;
      lastMs = Math.max(lastMs, ms);
    },
  };
}

function queued(payment: SimulatedPayment, transactionId: string): QueuedTransaction {
  const { at, customer, terminal, device, amount, pattern } = payment;
  return {
    transactionId,
    amount,
    currency: "EUR",
    eventTime: new Date(at).toISOString(),
    entities: { customer, terminal, device },
    truth: pattern !== "none",
  };
}
