import type { QueuedTransaction } from "../../pipeline/queues.ts";
import { readProfile } from "../../pipeline/simulator/profile.ts";
import { createStream } from "../../pipeline/simulator/stream.ts";

/** As the simulator sends them in production: two thousandths are fraud. */
const FRAUD_RATE = 0.002;

/**
 * Makes payments as the simulator draws them, with ids that never repeat.
 *
 * @param run goes into every id
 */
export async function paymentSource(run: string): Promise<(count: number) => QueuedTransaction[]> {
  const profile = await readProfile();
  let untilMs = Date.UTC(2026, 0, 1);
  const stream = createStream({
    profile,
    seed: 7,
    rate: 1_000,
    fraudRate: FRAUD_RATE,
    runId: run,
    startMs: untilMs,
  });
  let ready: QueuedTransaction[] = [];
  return (count) => {
    while (ready.length < count) {
      untilMs += 1_000;
      ready = ready.concat(stream.until(untilMs));
    }
    const taken = ready.slice(0, count);
    ready = ready.slice(count);
    return taken;
  };
}

/** A payment of the queue as the HTTP door takes it; its truth is not the door's. */
export function bodyOf({
  transactionId,
  time,
  v,
  amount,
  eventTime,
  currency,
  cardToken,
  merchantId,
  merchantCategory,
  country,
  channel,
  fields,
  entities,
}: QueuedTransaction) {
  return {
    ...{
      transaction_id: transactionId,
      time,
      v,
      amount,
      event_time: eventTime,
      currency,
      card_token: cardToken,
    },
    ...{ merchant_id: merchantId, merchant_category: merchantCategory, country, channel },
    ...{ fields, entities },
  };
}
