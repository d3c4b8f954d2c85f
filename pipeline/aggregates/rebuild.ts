import { randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import type { FeatureEngine } from "../../features/engine/engine.ts";
import { type Moved, moveAggregates, type RecordedPayment } from "../../features/online/aggregates.ts";
import { completeness, markBuilding, markComplete, RENEW_MS } from "../../features/online/marks.ts";
import type { StateStore } from "../../features/online/state-store.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Database } from "../store/schema.ts";
import { historyOf } from "./history.ts";
import { importsUntil } from "./imported-payments.ts";
import { type Place, paymentsAfter } from "./stored-payments.ts";

export interface RebuildOptions {
  readonly db: Kysely<Database>;
  readonly store: StateStore;
  readonly engines: readonly FeatureEngine[];
  /** Told after each step. */
  readonly onProgress?: (progress: RebuildProgress) => void;
  /** Payments of one step: what is in memory at once, twice over. */
  readonly atOnce?: number;
}

export interface RebuildProgress {
  /** Payments read so far. */
  readonly payments: number;
  /** When the last of them was decided, or, of an imported one, happened. */
  readonly until: string;
  /** What became of them and their labels, streams added up. */
  readonly moved: Readonly<Moved>;
}

const AT_ONCE = 10_000;
/** Transactions that are committed later than others that began after them are behind by no more, milliseconds. */
const BEHIND_MS = 300_000;

/**
 * Makes the aggregates of schemas anew out of the store, decided and imported payments in the order of recording, in
 * bounded memory, while scoring goes on: with what is there so far, and told to be incomplete. What is recorded meanwhile is read in its turn and not
 * moved by its message; the last minutes are read again at the end, when messages move aggregates again, and count once.
 * One that dies is forgotten after half a minute; done again, it begins anew.
 *
 * @returns the whole
 * @throws DomainError `conflict` while another is under way, and when payments were imported meanwhile; Redis' or the
 *   database's error
 */
export async function rebuildAggregates(options: RebuildOptions): Promise<RebuildProgress> {
  const { db, store, engines, onProgress = () => {}, atOnce = AT_ONCE } = options;
  const identities = [...new Set(engines.flatMap((engine) => engine.identities))];
  if ((await completeness(store, identities)).includes("building")) {
    throw new DomainError("conflict", "another rebuild is under way, or one died half a minute ago");
  }
  const who = randomUUID();
  const moved: Moved = { taken: 0, repeated: 0, late: 0, refused: 0 };
  let payments = 0;
  let until = "";

  const take = async (page: readonly RecordedPayment[], last: string): Promise<void> => {
    const outcome = await moveAggregates(store, engines, page);
    for (const key of Object.keys(moved) as (keyof Moved)[]) moved[key] += outcome[key];
    payments += page.length;
    until = last;
    onProgress({ payments, until, moved });
  };

  await markBuilding(store, identities, who);
  const renewal = setInterval(() => void markBuilding(store, identities, who).catch(() => {}), RENEW_MS);
  const imports = await importsUntil(db);
  let end: Place | undefined;
  try {
    for (const identity of identities) await store.drop(identity);
    for await (const { payments: page, decidedUntil } of historyOf(db, atOnce)) {
      const last = page.at(-1)?.payment.eventTimeMs ?? 0;
      await take(page, decidedUntil?.decidedAt ?? new Date(last).toISOString());
      end = decidedUntil;
    }
  } finally {
    clearInterval(renewal);
  }
  if ((await importsUntil(db)) !== imports) {
    throw new DomainError(
      "conflict",
      "payments were imported meanwhile: make the aggregates anew afterwards",
    );
  }
  await markComplete(store, identities);
  const counted = { payments, until, moved: { ...moved } };
  for (let place = end && before(end); ; ) {
    const page = await paymentsAfter(db, place, atOnce);
    place = page.at(-1)?.place;
    if (!place) break;
    await take(page, place.decidedAt);
  }
  return { ...counted, until: until || counted.until };
}

/** Some minutes before a place. */
function before({ decidedAt }: Place): Place {
  return { decidedAt: new Date(Date.parse(decidedAt) - BEHIND_MS).toISOString(), seq: 0 };
}
