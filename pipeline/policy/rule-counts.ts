import { type Kysely, sql } from "kysely";
import type { Database } from "../store/schema.ts";

/** How often a rule fired, and how often it could not be evaluated. */
export interface RuleCount {
  readonly fired: number;
  readonly failed: number;
}

/** Newest decisions that are looked at, of those for which a rule fired. */
const MOST = 50_000;

/** What rules did since a moment, by their ids, from the decisions that keep it. */
export async function countRules(db: Kysely<Database>, since: Date): Promise<Map<string, RuleCount>> {
  const { rows } = await sql<RuleCount & { rule: string }>`
    select hit ->> 'rule' as rule,
      count(*) filter (where hit ->> 'kind' <> 'failed') as fired,
      count(*) filter (where hit ->> 'kind' = 'failed') as failed
    from (
      select rules from decisions where decided_at >= ${since} and rules is not null
      order by decided_at desc limit ${MOST}
    ) as ruled, jsonb_array_elements(rules) as hit
    group by 1`.execute(db);
  return new Map(
    rows.map(({ rule, fired, failed }) => [rule, { fired: Number(fired), failed: Number(failed) }]),
  );
}
