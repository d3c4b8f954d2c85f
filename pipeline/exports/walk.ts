import { setTimeout as sleep } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { isDatabaseAway } from "../store/failure.ts";
import { listPartitions } from "../store/partitions.ts";
import type { Database } from "../store/schema.ts";
import { type Dataset, type Place, placeOf, type Row, type Slice } from "./dataset.ts";

/** What part of a dataset. */
export interface Range {
  /** ISO 8601; from the beginning without it. Included. */
  readonly since?: string | undefined;
  /** Not included. */
  readonly until: string;
  /** Only what lies behind it. */
  readonly after?: Place | undefined;
}

/** Rows that are read at a time. */
const AT_ONCE = 4_000;

/**
 * The moment before which nothing is added any more, to the millisecond: rows bear the time at which their transaction
 * began, so whatever is still being written is as old as the oldest transaction that is open. By the database's clock.
 */
export async function settledUntil(db: Kysely<Database>): Promise<string> {
  const { rows } = await sql<{ until: Date }>`
    select date_trunc('milliseconds', least(now(), (
      select min(xact_start) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
        -- Who has written nothing for a minute is reading.
        and (backend_xid is not null or xact_start > now() - interval '1 minute')))) as until`.execute(db);
  return (rows[0]?.until ?? new Date()).toISOString();
}

/**
 * The rows of a range in order, some at a time, the next of them read while the last are worked on: two slices are in
 * memory, however many there are. No transaction stays open meanwhile.
 */
export async function* walk(
  db: Kysely<Database>,
  dataset: Dataset,
  range: Range,
  atOnce = AT_ONCE,
): AsyncGenerator<readonly Row[]> {
  let { after } = range;
  for (const stretch of await stretchesOf(db, dataset, range)) {
    const read = (): Promise<readonly Row[]> => {
      const rows = dataset.read(db, { ...stretch, after, limit: atOnce });
      // Awaited one slice later; a failure until then is not unhandled.
      rows.catch(() => {});
      return rows;
    };
    for (let next: Promise<readonly Row[]> | undefined = read(); next; ) {
      const rows: readonly Row[] = await next;
      const last = rows.at(-1);
      if (last) after = placeOf(dataset, last);
      next = rows.length < atOnce ? undefined : read();
      if (last) yield rows;
    }
  }
}

/** One stretch a month where a dataset lies in months: a statement is then prepared for that month alone. */
async function stretchesOf(
  db: Kysely<Database>,
  { byMonth }: Dataset,
  { since, until, after }: Range,
): Promise<Pick<Slice, "since" | "until">[]> {
  if (!byMonth) return [{ since, until }];
  const begin = Math.max(
    since === undefined ? -Infinity : Date.parse(since),
    after ? Date.parse(after.at) : -Infinity,
  );
  const end = Date.parse(until);
  const months = await listPartitions(db);
  return months
    .filter(({ from, to }) => from.getTime() < end && to.getTime() > begin)
    .map(({ from, to }) => ({
      since: since !== undefined && Date.parse(since) > from.getTime() ? since : from.toISOString(),
      until: to.getTime() < end ? to.toISOString() : until,
    }));
}

/** How often what is new is asked for, milliseconds. */
const LOOK_EVERY_MS = 1_000;

/**
 * A dataset as it grows, until the signal. What is being written is waited for, so that nothing is left out; a database
 * that is away is waited for too.
 *
 * @param onAway told once whenever the database stops answering
 */
export async function* follow(
  db: Kysely<Database>,
  dataset: Dataset,
  range: Omit<Range, "until">,
  signal: AbortSignal,
  onAway: () => void = () => {},
): AsyncGenerator<readonly Row[]> {
  let { since, after } = range;
  let away = false;
  while (!signal.aborted) {
    try {
      const until = await settledUntil(db);
      for await (const rows of walk(db, dataset, { since, until, after })) {
        after = placeOf(dataset, rows.at(-1) as Row);
        yield rows;
        if (signal.aborted) return;
      }
      if (since === undefined || until > since) since = until;
      away = false;
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      if (!away) onAway();
      away = true;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
  }
}
