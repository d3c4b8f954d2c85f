import { type Kysely, sql, type Transaction } from "kysely";
import { ListsInMemory } from "../../features/policy/lists.ts";
import { type PublishedList, policyPlace, writePublication } from "../../features/policy/publication.ts";
import { inTime } from "../../platform/process/in-time.ts";
import { publish, publishedMark } from "../../platform/process/published.ts";
import type { RedisConnection } from "../../platform/process/redis.ts";
import type { Database } from "../store/schema.ts";
import { readActivePolicy } from "./versions.ts";

/** Whoever changed something does not wait for Redis longer; the worker tells it within seconds. */
const TELL_LIMIT_MS = 2_000;

interface Mark {
  readonly version: number;
  readonly digest: string;
}

async function readMark(db: Kysely<Database>): Promise<Mark> {
  const { revision, token } = await db.selectFrom("policy_state").selectAll().executeTakeFirstOrThrow();
  return { version: Number(revision), digest: token };
}

/** Every list with its values that count now. */
async function readEntries(db: Kysely<Database>): Promise<PublishedList[]> {
  const { rows } = await sql<PublishedList>`
    select name, coalesce(json_agg(json_build_object('value', value, 'expiresAt', expires_at) order by value)
      filter (where value is not null), '[]') as entries
    from policy_lists left join policy_list_entries
      on list = name and (expires_at is null or expires_at > now())
    group by name order by name`.execute(db);
  return rows.map(({ name, entries }) => ({
    name,
    entries: entries.map(({ value, expiresAt }) => ({ value, expiresAt: expiresAt && new Date(expiresAt) })),
  }));
}

/** All lists, to decide by. */
export async function loadLists(db: Kysely<Database>): Promise<ListsInMemory> {
  const lists = new ListsInMemory();
  for (const { name, entries } of await readEntries(db)) {
    lists.open(name);
    for (const { value, expiresAt } of entries) lists.add(name, value, expiresAt?.getTime());
  }
  return lists;
}

/** The active policy and its lists as one text, as of one moment. `npm run policy -- export` writes it into a file. */
export async function readPublication(db: Kysely<Database>): Promise<Mark & { readonly text: string }> {
  return await db
    .transaction()
    .setIsolationLevel("repeatable read")
    .execute(async (trx: Transaction<Database>) => {
      const mark = await readMark(trx);
      const { document } = await readActivePolicy(trx);
      return { ...mark, text: writePublication(mark.version, document, await readEntries(trx)) };
    });
}

/** After a change, so that scorers know at once. That Redis is away is no harm: the worker tells it later. */
export async function tellOfPolicy(
  db: Kysely<Database>,
  redis: RedisConnection,
  prefix: string,
): Promise<void> {
  try {
    await inTime(
      readPublication(db).then((publication) => publish(redis, policyPlace(prefix), publication)),
      TELL_LIMIT_MS,
    );
  } catch {
    // What was committed holds.
  }
}

/** The worker's part, done again and again: tells Redis what it does not know, or has lost. */
export function policyCourier(
  db: Kysely<Database>,
  redis: RedisConnection,
  prefix: string,
): () => Promise<void> {
  const place = policyPlace(prefix);
  let laterBefore: number | undefined;
  return async () => {
    const [here, there] = await Promise.all([readMark(db), publishedMark(redis, place)]);
    if (there?.digest === here.digest) return;
    const publication = await readPublication(db);
    const later = await publish(redis, place, publication);
    // A later version that stays is from a store that is no more: this one was restored from a backup.
    if (later !== undefined && later === laterBefore) await publish(redis, place, publication, true);
    laterBefore = later;
  };
}
