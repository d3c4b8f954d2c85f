import { randomUUID } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { type Backoff, backoffMs } from "../../platform/process/backoff.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { failPoint } from "../../platform/process/fail-point.ts";
import { inTime } from "../../platform/process/in-time.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { Nap } from "../../platform/process/nap.ts";
import { giveUpLease, takeLease } from "../store/leases.ts";
import type { Database } from "../store/schema.ts";
import { type OutboxMessage, outboxMessage } from "./messages.ts";

/** Delivers messages of one key and kind that follow each other. Throwing means: none of them arrived, again later. */
export type Deliver = (messages: readonly [OutboxMessage, ...OutboxMessage[]]) => Promise<void>;

export interface RelayOptions {
  readonly db: Kysely<Database>;
  readonly deliver: Deliver;
  readonly logger: Logger;
  /** Told of each message: delivered, or not this time. */
  readonly onOutcome?: (kind: string, outcome: "delivered" | "failed", count: number) => void;
  /** How long the relay rests when there is nothing to do and nobody nudges it, milliseconds. */
  readonly pollMs?: number;
  /** A delivery that takes longer has failed, milliseconds. */
  readonly limitMs?: number;
}

export interface Relay {
  /** Something was committed: look now. */
  nudge(): void;
  /** Finishes what is being delivered and gives the lease back. */
  stop(): Promise<void>;
}

/** Whoever carries messages has it: while a worker runs, somebody does. */
export const OUTBOX_LEASE = "outbox";
/** A relay that dies is followed after this long. */
const LEASE_MS = 10_000;
const BATCH = 200;
/** While nothing arrives (Redis is away), only so many are tried, so that the rest is not put off one by one … */
const PROBE = 10;
/** … ever more rarely, up to this. */
const LONGEST_REST_MS = 2_000;
/** Runs are at least this far apart: what came in between leaves together. */
const PAUSE_MS = 50;
/** What waits because Redis was away is due again soon after it is back. */
const BEFORE_RETRY: Backoff = { firstMs: 500, mostMs: 15_000 };
/** Shorter than the time a process has to stop in. */
const LIMIT_MS = 10_000;

/**
 * Carries messages from the outbox to where they belong, at least once, those of one key in order. Of all processes the
 * one with the lease does it, and renews it while it delivers; it holds no transaction meanwhile, and deletes what
 * arrived.
 *
 * One that was stopped for longer than its lease, or that dies, is followed by another, which delivers again what was not
 * deleted. When it wakes it begins no further delivery; the ones that were under way then may arrive a second time, after
 * later ones of their key. Receivers look at the state, not at the message.
 */
export function startRelay(options: RelayOptions): Relay {
  const { db, logger, pollMs = 250 } = options;
  const holder = randomUUID();
  let leasedUntil = 0;
  let stopping = false;
  const nap = new Nap();
  let failing = false;
  /** How often in a row everything that was tried was refused. */
  let refused = 0;

  const hasLease = async (): Promise<boolean> => {
    if (performance.now() < leasedUntil - LEASE_MS / 2) return true;
    const asked = performance.now();
    const taken = await takeLease(db, OUTBOX_LEASE, holder, LEASE_MS);
    leasedUntil = taken ? asked + LEASE_MS : 0;
    return taken;
  };

  const mayDeliver = (): boolean => performance.now() < leasedUntil;
  /** A batch may take longer than the lease. */
  const whileRenewing = async <T>(work: () => Promise<T>): Promise<T> => {
    const renewal = setInterval(() => void hasLease().catch(() => {}), LEASE_MS / 4);
    return await work().finally(() => clearInterval(renewal));
  };

  const running = (async () => {
    while (!stopping) {
      let moved = 0;
      let failed = 0;
      const onOutcome: RelayOptions["onOutcome"] = (kind, outcome, count) => {
        if (outcome === "failed") failed += count;
        options.onOutcome?.(kind, outcome, count);
      };
      const limit = refused > 0 ? PROBE : BATCH;
      try {
        if (await hasLease())
          moved = await whileRenewing(() => relayBatch({ ...options, onOutcome, mayDeliver, limit }));
        failing = false;
      } catch (error) {
        // The database is away; what is in the outbox stays there.
        if (!failing) logger.warn({ err: messageOf(error) }, "the outbox cannot be read, trying again");
        failing = true;
      }
      refused = moved === 0 && failed > 0 ? refused + 1 : 0;
      const idleMs = backoffMs({ firstMs: pollMs, mostMs: LONGEST_REST_MS }, refused);
      if (!stopping) await nap.rest(moved > 0 ? PAUSE_MS : idleMs);
    }
    await giveUpLease(db, OUTBOX_LEASE, holder).catch(() => {});
  })();
  return {
    nudge: () => nap.wake(),
    async stop() {
      stopping = true;
      nap.wake();
      await running;
    },
  };
}

interface Row {
  readonly id: number;
  readonly key: string;
  readonly kind: string;
  readonly attempts: number;
  readonly payload: object;
}

/**
 * Delivers the oldest messages that are due, keys side by side. All deliveries have ended when this returns or throws.
 *
 * @param mayDeliver asked before each delivery: whether the lease still holds
 * @returns how many arrived
 * @throws the database's error; messages that were delivered may come again then
 */
export async function relayBatch({
  db,
  deliver,
  logger,
  onOutcome = () => {},
  limitMs = LIMIT_MS,
  mayDeliver = () => true,
  limit = BATCH,
}: Omit<RelayOptions, "pollMs"> & {
  readonly mayDeliver?: () => boolean;
  readonly limit?: number;
}): Promise<number> {
  const { rows } = await sql<Row>`
    select outbox_id as id, key, kind, attempts, payload from outbox o
    where not_before <= now() and not exists (
      select from outbox earlier
      where earlier.key = o.key and earlier.outbox_id < o.outbox_id and earlier.not_before > now())
    order by outbox_id limit ${sql.lit(limit)}`.execute(db);
  const byKey = new Map<string, Row[]>();
  for (const row of rows) byKey.set(row.key, [...(byKey.get(row.key) ?? []), row]);
  const delivered: number[] = [];
  if (rows.length > 0) failPoint("outbox.read");

  const ofOneKey = async (messages: readonly Row[]): Promise<void> => {
    for (const run of runsOfKind(messages)) {
      const [{ kind }] = run;
      if (!mayDeliver()) return;
      try {
        const parsed = run.map(({ payload, kind }) => outboxMessage.parse({ ...payload, kind }));
        await inTime(deliver(parsed as [OutboxMessage, ...OutboxMessage[]]), limitMs);
        delivered.push(...run.map(({ id }) => id));
        onOutcome(kind, "delivered", run.length);
      } catch (error) {
        onOutcome(kind, "failed", run.length);
        const { id, attempts } = run[0];
        const delay = backoffMs(BEFORE_RETRY, attempts);
        const said = messageOf(error).slice(0, 500);
        if (attempts === 0) logger.warn({ kind, key: run[0].key, err: said }, "not delivered, trying again");
        // The first of the key waits, and those behind it with it.
        await sql`
          update outbox set attempts = attempts + 1, last_error = ${said},
            not_before = clock_timestamp() + ${delay}::float8 * interval '1 millisecond'
          where outbox_id = ${id}`.execute(db);
        return;
      }
    }
  };
  const ended = await Promise.allSettled([...byKey.values()].map(ofOneKey));
  if (delivered.length > 0) {
    failPoint("outbox.delivered");
    await db.deleteFrom("outbox").where("outbox_id", "in", delivered).execute();
  }
  for (const end of ended) if (end.status === "rejected") throw end.reason;
  return delivered.length;
}

/** Messages that are delivered together, at most: the more there are, the longer it takes. */
const MAX_RUN = 25;

/** Messages of one key cut where the kind changes, and where there are many. */
function runsOfKind(rows: readonly Row[]): [Row, ...Row[]][] {
  const runs: [Row, ...Row[]][] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last && last[0].kind === row.kind && last.length < MAX_RUN) last.push(row);
    else runs.push([row]);
  }
  return runs;
}
