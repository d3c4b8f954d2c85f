import { type Kysely, type Selectable, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database, PolicyBackTestsTable } from "../store/schema.ts";
import { type BackTest, backTest } from "./back-test.ts";
import { countDecisions, type Span } from "./back-test-rows.ts";
import { loadLists } from "./publish.ts";
import { readActivePolicy, readPolicy } from "./versions.ts";

/** Who runs one says so as often; one that is silent for longer has died, and another begins anew. */
const SILENT_SECONDS = 30;
/** Most that wait at once: each reads the whole span. */
const MOST_WAITING = 20;

/** A back-test that somebody asked for. */
export interface AskedBackTest extends Span {
  readonly id: number;
  readonly version: string;
  readonly askedBy: Actor;
  readonly askedAt: Date;
  readonly state: Selectable<PolicyBackTestsTable>["state"];
  readonly lookedAt: number;
  readonly expected: number;
  readonly result: BackTest | null;
  readonly error: string | null;
}

/**
 * Asks for a back-test; a worker does it.
 *
 * @returns its id
 * @throws DomainError `not_found`; `invalid_argument` for a span that ends before it begins; `conflict` when many wait
 */
export async function askBackTest(
  db: Kysely<Database>,
  by: Actor,
  version: string,
  { since, until }: Span,
): Promise<number> {
  if (!(since < until))
    throw DomainError.invalid([{ field: "until", description: "must be after the start" }]);
  return await db.transaction().execute(async (trx) => {
    await readPolicy(trx, version);
    const { waiting } = await trx
      .selectFrom("policy_back_tests")
      .select((eb) => eb.fn.countAll<number>().as("waiting"))
      .where("state", "in", ["waiting", "running"])
      .executeTakeFirstOrThrow();
    if (Number(waiting) >= MOST_WAITING)
      throw new DomainError("conflict", `${MOST_WAITING} back-tests wait already`);
    const { back_test_id } = await trx
      .insertInto("policy_back_tests")
      .values({ version, since, until, asked_by: JSON.stringify(by) })
      .returning("back_test_id")
      .executeTakeFirstOrThrow();
    await appendAudit(trx, {
      ...{ actor: by, act: "policy.back_tested", subject: `policy:${version}` },
      detail: { back_test: back_test_id, since: since.toISOString(), until: until.toISOString() },
    });
    return back_test_id;
  });
}

/** A version's back-tests, the newest first. */
export async function listBackTests(db: Kysely<Database>, version: string): Promise<AskedBackTest[]> {
  const rows = await db
    .selectFrom("policy_back_tests")
    .selectAll()
    .where("version", "=", version)
    .orderBy("back_test_id", "desc")
    .limit(20)
    .execute();
  return rows.map(askedOf);
}

/** @throws DomainError `not_found` */
export async function readBackTest(db: Kysely<Database>, id: number): Promise<AskedBackTest> {
  const row = await db
    .selectFrom("policy_back_tests")
    .selectAll()
    .where("back_test_id", "=", id)
    .executeTakeFirst();
  if (!row) throw new DomainError("not_found", `there is no back-test ${id}`);
  return askedOf(row);
}

/**
 * Does the oldest back-test that waits, or that somebody has died over; the worker's part, done again and again.
 *
 * @returns whether there was one
 * @throws the database's error: it is taken up again
 */
export async function runNextBackTest(db: Kysely<Database>, stopping: AbortSignal): Promise<boolean> {
  const taken = await sql<{ back_test_id: number }>`
    update policy_back_tests set state = 'running', beat_at = now(), looked_at = 0
    where back_test_id = (
      select back_test_id from policy_back_tests
      where state = 'waiting'
        or (state = 'running' and beat_at < now() - ${SILENT_SECONDS}::int * interval '1 second')
      order by back_test_id limit 1 for update skip locked)
    returning back_test_id`.execute(db);
  const [row] = taken.rows;
  if (!row) return false;
  const id = row.back_test_id;
  const set = (values: Readonly<Record<string, unknown>>): Promise<unknown> =>
    db
      .updateTable("policy_back_tests")
      .set({ beat_at: new Date(), ...values })
      .where("back_test_id", "=", id)
      .execute();
  try {
    const { version, since, until } = await readBackTest(db, id);
    await set({ expected: await countDecisions(db, { since, until }) });
    const [today, tried, lists] = [
      await readActivePolicy(db),
      await readPolicy(db, version),
      await loadLists(db),
    ];
    const result = await backTest(db, {
      ...{ since, until, today: today.document, tried: tried.document, lists },
      progress: async (lookedAt) => {
        if (stopping.aborted) throw new Stopped();
        await set({ looked_at: lookedAt });
      },
    });
    await set({ state: "done", looked_at: result.decisions, result: JSON.stringify(result) });
  } catch (error) {
    if (error instanceof Stopped) await set({ state: "waiting" });
    // A policy that cannot be read will not be read another time; what the database says is tried again.
    else if (error instanceof DomainError) await set({ state: "failed", error: messageOf(error) });
    else throw error;
  }
  return true;
}

/** The process is told to stop: another one begins anew. */
class Stopped extends Error {}

function askedOf(row: Selectable<PolicyBackTestsTable>): AskedBackTest {
  return {
    id: row.back_test_id,
    version: row.version,
    since: row.since,
    until: row.until,
    askedBy: row.asked_by,
    askedAt: row.asked_at,
    state: row.state,
    lookedAt: Number(row.looked_at),
    expected: Number(row.expected),
    result: row.result as BackTest | null,
    error: row.error,
  };
}
