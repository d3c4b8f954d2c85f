import { type Kysely, sql } from "kysely";
import { z } from "zod";
import type { Database } from "../../pipeline/store/schema.ts";

/** What a database holds at a moment, to be held against what a restored one holds. */
export const stateSchema = z.object({
  decisions: z.number(),
  counted: z.number(),
  /** Of every counter's value. */
  countersHash: z.string(),
  openCases: z.number(),
  decidedCases: z.number(),
  casesHash: z.string(),
  labels: z.number(),
  deadLetters: z.number(),
  outbox: z.number(),
  auditEntries: z.number(),
  auditHash: z.string(),
});
export type StoreState = z.output<typeof stateSchema>;

/** Reads it; undefined where there are no tables of ours yet. */
export async function readState(db: Kysely<Database>): Promise<StoreState | undefined> {
  const there = await sql<{ ours: boolean }>`
    select to_regclass('audit_head') is not null and to_regclass('counters') is not null as ours`.execute(db);
  if (!there.rows[0]?.ours) return undefined;
  const { rows } = await sql`
    select (select count(*) from decisions)::int8 as decisions,
           (select coalesce(sum(transactions), 0) from counters)::int8 as counted,
           (select coalesce(md5(string_agg(c::text, ';' order by c::text)), '') from counters c) as "countersHash",
           (select count(*) from review_cases where status <> 'decided')::int8 as "openCases",
           (select count(*) from review_cases where status = 'decided')::int8 as "decidedCases",
           (select coalesce(md5(string_agg(c::text, ';' order by case_id)), '') from review_cases c) as "casesHash",
           (select count(*) from labels)::int8 as labels,
           (select count(*) from dead_letters)::int8 as "deadLetters",
           (select count(*) from outbox)::int8 as outbox,
           (select audit_id from audit_head)::int8 as "auditEntries",
           (select hash from audit_head)::text as "auditHash"`.execute(db);
  return stateSchema.parse(rows[0]);
}

/** Each value that is another, in words. */
export function differences(then: StoreState, now: StoreState): string[] {
  return Object.entries(then)
    .filter(([name, value]) => now[name as keyof StoreState] !== value)
    .map(([name, value]) => `${name}: ${now[name as keyof StoreState]} instead of ${value}`);
}

/** For a person. */
export function told(state: StoreState): string {
  const { decisions, openCases, decidedCases, labels, auditEntries } = state;
  return (
    `${decisions} decisions, ${openCases} cases open and ${decidedCases} decided, ${labels} labels, ` +
    `${auditEntries} entries of the audit log`
  );
}
