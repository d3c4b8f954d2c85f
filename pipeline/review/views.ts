import { type Kysely, sql, type Transaction } from "kysely";
import {
  MOST_SHARED_VIEWS,
  MOST_VIEWS,
  type QueueColumn,
  type SavedQuery,
} from "../../domain/queue-views.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Database } from "../store/schema.ts";
import { type ViewName, viewName } from "./view-name.ts";

/** A view of the queue, as whoever sees it does. */
export interface QueueView {
  readonly id: number;
  readonly name: string;
  readonly shared: boolean;
  readonly ownerId: number;
  readonly ownerName: string;
  /** As it was saved: it may name what there no longer is. */
  readonly saved: Readonly<Record<string, unknown>>;
}

/** What the queue is like for one person. */
export interface PersonalQueue {
  /** Own ones first, then what others share; by name. */
  readonly views: readonly QueueView[];
  /** As they were chosen; null where nobody has. */
  readonly columns: unknown;
}

/** Who changes views. */
export interface ViewPerson {
  readonly userId: number;
  /** Has the right `reviews.supervise`: shared views are changed by them alone. */
  readonly leads: boolean;
}

/** The queue's own row has this key. */
const NAMELESS = "";

/** Views and columns of a person; of nobody in particular (a program) what is shared. */
export async function readPersonalQueue(db: Kysely<Database>, userId: number | null): Promise<PersonalQueue> {
  const rows = await db
    .selectFrom("queue_views as v")
    .innerJoin("users as u", "u.user_id", "v.user_id")
    .select(["v.view_id", "v.name", "v.name_key", "v.shared", "v.user_id", "v.query"])
    .select("u.name as owner_name")
    .where((where) =>
      where.or([where("v.shared", "=", true), ...(userId === null ? [] : [where("v.user_id", "=", userId)])]),
    )
    .orderBy(sql`(v.user_id = ${userId}::bigint) desc nulls last`)
    .orderBy("v.name_key")
    .orderBy("v.view_id")
    .execute();
  return {
    views: rows.flatMap(({ view_id: id, name, shared, user_id: ownerId, owner_name: ownerName, query }) =>
      name === null ? [] : [{ id, name, shared, ownerId, ownerName, saved: query }],
    ),
    columns: rows.find(({ name }) => name === null)?.query["columns"] ?? null,
  };
}

/** Whether somebody may rename, change and delete a view: one's own, a shared one only whoever leads. */
export function mayChange(
  { shared, ownerId }: Pick<QueueView, "shared" | "ownerId">,
  by: ViewPerson | null,
): boolean {
  return by !== null && (shared ? by.leads : ownerId === by.userId);
}

/** A view to be saved. */
export interface NewView {
  readonly name: string;
  readonly query: SavedQuery;
  readonly shared?: boolean;
}

/**
 * Saves a view. The same one sent twice is saved once.
 *
 * @returns its number
 * @throws DomainError `invalid_argument` at `name`; `conflict` when another view of theirs is called so, or there are too
 *   many; `permission_denied` when it is to be shared by somebody who does not lead
 */
export async function saveView(db: Kysely<Database>, by: ViewPerson, wish: NewView): Promise<number> {
  const called = viewName(wish.name);
  const shared = wish.shared === true;
  if (shared && !by.leads) throw onlyLeads();
  const query = JSON.stringify(wish.query);
  return await db.transaction().execute(async (trx) => {
    await lockOwner(trx, by.userId);
    const same = await trx
      .selectFrom("queue_views")
      .select(["view_id", "shared", sql<boolean>`query = ${query}::jsonb`.as("same")])
      .where("user_id", "=", by.userId)
      .where("name_key", "=", called.key)
      .executeTakeFirst();
    if (same?.same && same.shared === shared) return same.view_id;
    if (same) throw taken(called);
    const { many } = await trx
      .selectFrom("queue_views")
      .select((of) => of.fn.countAll<number>().as("many"))
      .where("user_id", "=", by.userId)
      .where("name", "is not", null)
      .executeTakeFirstOrThrow();
    if (Number(many) >= MOST_VIEWS) {
      throw new DomainError("conflict", `you have ${MOST_VIEWS} views already: delete one first`);
    }
    if (shared) await refuseTooManyShared(trx);
    const { view_id } = await trx
      .insertInto("queue_views")
      .values({ user_id: by.userId, name: called.name, name_key: called.key, shared, query })
      .returning("view_id")
      .executeTakeFirstOrThrow();
    return view_id;
  });
}

/** @throws DomainError `invalid_argument` at `name`, `conflict`, `not_found`, `permission_denied` */
export async function renameView(
  db: Kysely<Database>,
  by: ViewPerson,
  id: number,
  name: string,
): Promise<void> {
  const called = viewName(name);
  await change(db, by, id, async (trx, { user_id }) => {
    const other = await trx
      .selectFrom("queue_views")
      .select("view_id")
      .where("user_id", "=", user_id)
      .where("name_key", "=", called.key)
      .where("view_id", "<>", id)
      .executeTakeFirst();
    if (other) throw taken(called);
    return { name: called.name, name_key: called.key };
  });
}

/** Keeps something else under the view's name. @throws DomainError `not_found`, `permission_denied` */
export async function updateView(
  db: Kysely<Database>,
  by: ViewPerson,
  id: number,
  query: SavedQuery,
): Promise<void> {
  await change(db, by, id, async () => ({ query: JSON.stringify(query) }));
}

/** Keeps other columns in the view, its filters as they are. @throws DomainError `not_found`, `permission_denied` */
export async function setViewColumns(
  db: Kysely<Database>,
  by: ViewPerson,
  id: number,
  columns: readonly QueueColumn[],
): Promise<void> {
  await change(db, by, id, async (_, { query }) => ({ query: JSON.stringify({ ...query, columns }) }));
}

/**
 * Shows one's own view to everybody, or takes a shared one back: then it is its owner's alone.
 *
 * @throws DomainError `not_found`; `permission_denied` for who does not lead; `conflict` when too many are shared
 */
export async function shareView(
  db: Kysely<Database>,
  by: ViewPerson,
  id: number,
  shared: boolean,
): Promise<void> {
  await change(db, by, id, async (trx, row) => {
    if (!by.leads) throw onlyLeads();
    if (shared && !row.shared) await refuseTooManyShared(trx);
    return { shared };
  });
}

/** @throws DomainError `not_found`, `permission_denied` */
export async function deleteView(db: Kysely<Database>, by: ViewPerson, id: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockView(trx, by, id);
    await trx.deleteFrom("queue_views").where("view_id", "=", id).execute();
  });
}

/** Keeps which columns the queue shows a person, from left to right; null is the usual ones again. */
export async function keepColumns(
  db: Kysely<Database>,
  userId: number,
  columns: readonly QueueColumn[] | null,
): Promise<void> {
  if (columns === null) {
    await db
      .deleteFrom("queue_views")
      .where("user_id", "=", userId)
      .where("name_key", "=", NAMELESS)
      .execute();
    return;
  }
  const query = JSON.stringify({ columns });
  await db
    .insertInto("queue_views")
    .values({ user_id: userId, name: null, name_key: NAMELESS, query })
    .onConflict((at) =>
      at.columns(["user_id", "name_key"]).doUpdateSet({ query, changed_at: sql<Date>`now()` }),
    )
    .execute();
}

interface LockedView {
  readonly user_id: number;
  readonly shared: boolean;
  readonly query: Readonly<Record<string, unknown>>;
}

async function change(
  db: Kysely<Database>,
  by: ViewPerson,
  id: number,
  changes: (
    trx: Transaction<Database>,
    row: LockedView,
  ) => Promise<{ name?: string; name_key?: string; shared?: boolean; query?: string }>,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const row = await lockView(trx, by, id);
    await trx
      .updateTable("queue_views")
      .set({ ...(await changes(trx, row)), changed_at: sql<Date>`now()` })
      .where("view_id", "=", id)
      .execute();
  });
}

/** What is somebody else's and not shared is not there, for whoever asks. */
async function lockView(trx: Transaction<Database>, by: ViewPerson, id: number): Promise<LockedView> {
  const read = () =>
    trx
      .selectFrom("queue_views")
      .select(["user_id", "shared", "query"])
      .where("view_id", "=", id)
      .where("name", "is not", null);
  const seen = await read().executeTakeFirst();
  if (!seen) throw noSuchView();
  await lockOwner(trx, seen.user_id);
  const row = await read().forUpdate().executeTakeFirst();
  if (!row || (!row.shared && row.user_id !== by.userId)) throw noSuchView();
  if (!mayChange({ shared: row.shared, ownerId: row.user_id }, by)) throw onlyLeads();
  return row;
}

/** One change to a person's views at a time: of two at once the later one sees what the first has done. */
async function lockOwner(trx: Transaction<Database>, userId: number): Promise<void> {
  const owner = await trx
    .selectFrom("users")
    .select("user_id")
    .where("user_id", "=", userId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!owner) throw new DomainError("not_found", "there is no such account");
}

async function refuseTooManyShared(trx: Transaction<Database>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('paysecure shared views', 0))`.execute(trx);
  const { many } = await trx
    .selectFrom("queue_views")
    .select((of) => of.fn.countAll<number>().as("many"))
    .where("shared", "=", true)
    .executeTakeFirstOrThrow();
  if (Number(many) < MOST_SHARED_VIEWS) return;
  throw new DomainError("conflict", `${MOST_SHARED_VIEWS} views are shared already: take one back first`);
}

function taken({ name }: ViewName): DomainError {
  return new DomainError("conflict", `there is a view called "${name}" already: choose another name`);
}

function noSuchView(): DomainError {
  return new DomainError("not_found", "there is no such view, or it is not shared any more");
}

function onlyLeads(): DomainError {
  return new DomainError("permission_denied", "only leads share views, and change those that are shared");
}
