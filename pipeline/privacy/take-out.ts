import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { unitsOf } from "../../domain/money.ts";
import { recordAct } from "../audit/append.ts";
import { listPartitions } from "../store/partitions.ts";
import type { Database } from "../store/schema.ts";
import { decisionsOf, importsOf, lettersOf, type Subject, subjectHash } from "./subject.ts";

/** Rows that are read at once. */
const PAGE = 500;

type Row = Readonly<Record<string, unknown>>;

/**
 * Everything that is held about a subject, as one JSON document, in pieces as it is read: memory does not grow with it.
 * Decisions have their case with its timeline, their label and the audit log's entries about them beside them; then
 * imported payments, dead letters that name the subject, entries of the policy's lists and what the audit log says of
 * those. What only the simulator knows is left out.
 *
 * @param actor who takes it out: written into the audit log, with the subject as a keyed hash
 */
export async function* takeOut(db: Kysely<Database>, subject: Subject, actor: Actor): AsyncGenerator<string> {
  await recordAct(db, {
    ...{ actor, act: "privacy.exported", subject: `entity:${subject.entity}` },
    detail: { entity: subject.entity, entity_hash: await subjectHash(db, subject) },
  });
  const head = { entity: subject.entity, id: subject.id, taken_out_at: new Date().toISOString() };
  yield `${JSON.stringify(head).slice(0, -1)},\n`;
  yield* list("decisions", decisions(db, subject));
  yield ",\n";
  yield* list("imported_payments", imported(db, subject));
  yield ",\n";
  yield* list("dead_letters", letters(db, subject));
  yield ",\n";
  const entries = await sql<Row>`
    select to_jsonb(e) as row from policy_list_entries e where value = ${subject.id} order by list`.execute(
    db,
  );
  yield* list("policy_list_entries", [entries.rows.map(({ row }) => row)]);
  yield ",\n";
  const acts = await sql<Row>`
    select to_jsonb(a) - 'hash' - 'previous_hash' as row from audit_log a
    where act like 'policy\\_list.%' and jsonb_path_exists(detail, '$.** ? (@ == $id)',
      jsonb_build_object('id', ${subject.id}::text)) order by audit_id`.execute(db);
  yield* list("audit_of_lists", [acts.rows.map(({ row }) => row)]);
  yield "}\n";
}

async function* list(
  name: string,
  pages: AsyncIterable<readonly unknown[]> | Iterable<readonly unknown[]>,
): AsyncGenerator<string> {
  yield `${JSON.stringify(name)}: [`;
  let first = true;
  for await (const page of pages) {
    const text = page.map((row) => JSON.stringify(row)).join(",\n");
    if (text === "") continue;
    yield `${first ? "\n" : ",\n"}${text}`;
    first = false;
  }
  yield "]";
}

interface DecisionRow extends Row {
  readonly at: string;
  readonly seq: number;
  readonly row: Row & { readonly amount_minor: number; readonly currency: string };
}

/** Month by month, so that no more than a month's are sorted. */
async function* decisions(db: Kysely<Database>, subject: Subject): AsyncGenerator<readonly Row[]> {
  for (const { from, to } of await listPartitions(db)) {
    let after: Pick<DecisionRow, "at" | "seq"> | undefined;
    do {
      const behind = after
        ? sql`and (d.decided_at, d.seq) > (${after.at}::timestamptz, ${after.seq}::int8)`
        : sql``;
      const { rows } = await sql<DecisionRow>`
        select d.decided_at::text as at, d.seq, to_jsonb(d) - 'truth' - 'seq' as row,
          to_jsonb(c) - 'transaction_id' - 'decision_at' - 'decision_seq' as "case",
          case when c.case_id is not null then (select jsonb_agg(to_jsonb(e) - 'case_id' order by e.event_id)
            from review_events e where e.case_id = c.case_id) end as timeline,
          to_jsonb(l) - 'transaction_id' as label,
          case when c.case_id is not null then (
            select jsonb_agg(to_jsonb(a) - 'hash' - 'previous_hash' order by a.audit_id)
            from audit_log a where a.subject = 'case:' || c.case_id) end as audit
        from decisions d
        left join review_cases c on c.transaction_id = d.transaction_id
        left join labels l on l.transaction_id = d.transaction_id and l.source <> 'truth'
        where ${decisionsOf(subject)} and d.decided_at >= ${from} and d.decided_at < ${to} ${behind}
        order by d.decided_at, d.seq limit ${sql.lit(PAGE)}`.execute(db);
      yield rows.map(({ row, case: reviewed, timeline, label, audit }) => ({
        ...row,
        amount: unitsOf(row.amount_minor, row.currency),
        ...{ case: reviewed ?? null, timeline: timeline ?? [], label: label ?? null, audit: audit ?? [] },
      }));
      after = rows.length === PAGE ? rows.at(-1) : undefined;
    } while (after);
  }
}

async function* imported(db: Kysely<Database>, subject: Subject): AsyncGenerator<readonly unknown[]> {
  let after = "";
  for (;;) {
    const { rows } = await sql<{ id: string; row: Row }>`
      select i.transaction_id as id, to_jsonb(i) - 'content_hash' - 'seq' as row from imported_transactions i
      where ${importsOf(subject)} and i.transaction_id > ${after}
      order by i.transaction_id limit ${sql.lit(PAGE)}`.execute(db);
    yield rows.map(({ row }) => row);
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.id ?? after;
  }
}

/** One by one where they are whole jobs: those hold other people's payments too, of which only theirs leave. */
async function* letters(db: Kysely<Database>, subject: Subject): AsyncGenerator<readonly unknown[]> {
  let after = 0;
  for (;;) {
    const { rows } = await sql<{ id: number; row: Row; whole: boolean }>`
      select l.dead_letter_id as id, to_jsonb(l) as row, l.position < 0 as whole from dead_letters l
      where l.dead_letter_id > ${after} and ${lettersOf(subject)}
      order by l.dead_letter_id limit 20`.execute(db);
    yield rows.map(({ row, whole }) =>
      whole
        ? { ...row, payload: theirPart(row["payload"], subject), mended: theirPart(row["mended"], subject) }
        : row,
    );
    if (rows.length < 20) return;
    after = rows.at(-1)?.id ?? after;
  }
}

/** Whether a value holds the id anywhere. */
export function names(value: unknown, id: string): boolean {
  if (value === id) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((one) => names(one, id));
}

/** Of a whole job, the entries that name the subject. */
function theirPart(payload: unknown, { id }: Subject): unknown {
  if (typeof payload !== "object" || payload === null) return payload;
  return Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.filter((entry) => names(entry, id)) : value,
    ]),
  );
}
