import { DEFAULT_CURRENCY, minorUnits } from "../../domain/money.ts";
import { ownOrNone } from "../../domain/own-values.ts";
import { byContextName, givenTime } from "../../domain/transaction.ts";
import { storableTime } from "../../platform/process/storable.ts";
import type { QueuedTransaction } from "../queues.ts";
import { contentHash } from "./content-hash.ts";

/**
 * What of a payment in a queue is kept as its content: texts that were not given become null, the currency the
 * contract's, the amount whole minor units, V 32-bit numbers; and the hash of it all ({@link contentHash}).
 */
export function queuedContent(t: QueuedTransaction) {
  const currency = t.currency || DEFAULT_CURRENCY;
  const eventTime = t.eventTime && storableTime(t.eventTime);
  const v = t.v && t.v.length > 0 ? t.v.map(Math.fround) : null;
  const content = {
    time: givenTime(t.time, v),
    v,
    amountMinor: minorUnits(t.amount, currency),
    currency,
    ...byContextName(({ name }) => t[name] || null),
    fields: ownOrNone(t.fields),
    entities: ownOrNone(t.entities),
  };
  const hash = contentHash({ ...content, eventTime: t.eventTimeAssumed ? undefined : eventTime });
  return { content, eventTime, hash };
}
