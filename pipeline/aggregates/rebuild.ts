import { randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import type { FeatureEngine } from "../../features/engine/engine.ts";
import { type Moved, moveAggregates } from "../../features/online/aggregates.ts";
import { completeness, markBuilding, markComplete, RENEW_MS } from "../../features/online/marks.ts";
import type { StateStore } from "../../features/online/state-store.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Database } from "../store/schema.ts";
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
  /** When the last of them was decided, as PostgreSQL writes it. */
  readonly until: string;
  /** What became of them and their labels, streams added up. */
  readonly moved: Readonly<Moved>;
}

const AT_ONCE = 2_000;
/** Transactions that are committed later than others that began after them are behind by no more, milliseconds. */
const BEHIND_MS = 300_000;

/**
 * Makes the aggregates of schemas anew out of the store, in the order of recording and in bounded memory, while scoring
 * goes on: with what is there so far, and told to be incomplete. What is recorded meanwhile is read in its turn and not
 * moved by its message; the last minutes are read again at the end, when messages move aggregates again, and count once.
 * One that dies is forgotten after half a minute; done again, it begins anew.
 *
 * @returns the whole
 * @throws DomainError `conflict` while another is under way; Redis' or the database's error
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

  const readFrom = async (start: Place | undefined): Promise<Place | undefined> => {
    let place = start;
    let next = paymentsAfter(db, place, atOnce);
    for (;;) {
      const page = await next;
      const last = page.at(-1);
      if (!last) return place;
      place = last.place;
      next = paymentsAfter(db, place, atOnce);
      // Awaited one page later; a failure until then is not unhandled.
      next.catch(() => {});
      const outcome = await moveAggregates(store, engines, page);
      for (const key of Object.keys(moved) as (keyof Moved)[]) moved[key] += outcome[key];
      payments += page.length;
      until = place.decidedAt;
      onProgress({ payments, until, moved });
    }
  };

  await markBuilding(store, identities, who);
  const renewal = setInterval(() => void markBuilding(store, identities, who).catch(() => {}), RENEW_MS);
  let end: Place | undefined;
  try {
    for (const identity of identities) await store.drop(identity);
    end = await readFrom(undefined);
  } finally {
    clearInterval(renewal);
  }
  await markComplete(store, identities);
  const counted = { payments, until, moved: { ...moved } };
  await readFrom(end && before(end));
  return { ...counted, until: until || counted.until };
}

/** Some minutes before a place. */
function before({ decidedAt }: Place): Place {
  return { decidedAt: new Date(Date.parse(decidedAt) - BEHIND_MS).toISOString(), seq: 0 };
}
