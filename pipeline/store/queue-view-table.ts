import type { ColumnType, Generated } from "kysely";

/** Views of the review queue, by whose they are; the row without a name is the columns that the person has chosen. */
export interface QueueViewsTable {
  view_id: Generated<number>;
  user_id: ColumnType<number, number, never>;
  name: string | null;
  /** The name without regard to case: each once for its owner. */
  name_key: string;
  /** Whether everybody who sees the queue sees the view. */
  shared: Generated<boolean>;
  /** As it was saved; a later version may no longer know all of it. */
  query: ColumnType<Readonly<Record<string, unknown>>, string, string>;
  changed_at: ColumnType<Date, Date | string | undefined, Date | string>;
}
