import { type Kysely, sql } from "kysely";
import type { ModelRef } from "../../domain/decision.ts";
import { unitsOf } from "../../domain/money.ts";
import { CONTEXT_FIELDS, CONTRACT_INPUTS, type ContextColumn, V_COUNT } from "../../domain/transaction.ts";
import { drawnMinutes } from "../store/drawn-minutes.ts";
import { readAllModelInputs, type StoredInputs } from "../store/model-inputs.ts";
import type { Database } from "../store/schema.ts";

/** Payments of a span as columns by name; null is what is not there. */
export interface Sample {
  readonly payments: number;
  readonly scores: readonly number[];
  /** Of the payments whose model reads such a number: not all, where versions changed or currencies are mixed. */
  readonly inputs: ReadonlyMap<string, readonly (number | null)[]>;
  /** Of every payment. */
  readonly fields: ReadonlyMap<string, readonly (string | null)[]>;
}

/** Payments of each side: a PSI of 0.1 is told from none by far fewer. */
const PAYMENTS = 4_000;
type Row = Record<ContextColumn, string | null> & {
  readonly model_name: string;
  readonly model_version: string;
  readonly fraud_probability: number;
  readonly amount_minor: string;
  readonly currency: string;
  readonly v: number[] | null;
  readonly features: (number | null)[] | null;
  readonly fields: Record<string, unknown> | null;
};

/**
 * Draws payments of a span: minutes by how many they had (the counters know), and the first few of each. Some thousand
 * look-ups by index, however many payments there are; where there are fewer, all of them.
 */
export async function drawRows(db: Kysely<Database>, from: Date, until: Date): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    with ${drawnMinutes({ from, until }, PAYMENTS)}
    select d.model_name, d.model_version, d.fraud_probability, d.amount_minor::text as amount_minor, d.currency, d.v,
      d.features, d.fields, ${sql.join(CONTEXT_FIELDS.map(({ column }) => sql.ref(`d.${column}`)))}
    from drawn
    join lateral (
      select * from decisions
      where decided_at >= minute and decided_at < minute + interval '1 minute'
      order by decided_at, seq
      limit taken) as d on taken > 0`.execute(db);
  return rows;
}

/** The model that decided most of them; undefined where there are none. */
export function commonestModel(rows: readonly Row[]): ModelRef | undefined {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const key = `${row.model_name}@${row.model_version}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const most = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0] as const)[0];
  const at = most.lastIndexOf("@");
  return at < 0 ? undefined : { name: most.slice(0, at), version: most.slice(at + 1) };
}

/**
 * Rows as columns. Inputs are by name, so that a version which reads the same is compared with the one before it; amounts
 * are of the currency that most are in, because a sum of two currencies is none.
 */
export async function columnsOf(
  db: Kysely<Database>,
  rows: readonly Row[],
  currency: string,
): Promise<Sample> {
  const known = await readAllModelInputs(db);
  const inputs = new Map<string, (number | null)[]>();
  const fields = new Map<string, (string | null)[]>();
  const field = (name: string, row: number, value: string | null): void => {
    const column = fields.get(name) ?? Array.from({ length: rows.length }, () => null);
    column[row] = value;
    fields.set(name, column);
  };
  rows.forEach((row, r) => {
    const reads = known.get(`${row.model_name}@${row.model_version}`);
    for (const [name, value] of numbersOf(row, reads, currency)) {
      const column = inputs.get(name) ?? [];
      column.push(value);
      inputs.set(name, column);
    }
    for (const { column, ...about } of CONTEXT_FIELDS) {
      const value = row[column];
      // Of a card it is told whether one was said, and not which.
      field(column, r, value !== null && "entity" in about && about.entity === "card" ? "given" : value);
    }
    field("currency", r, row.currency);
    for (const [name, value] of Object.entries(row.fields ?? {}))
      if (typeof value === "string" || typeof value === "boolean") field(name, r, String(value));
  });
  return { payments: rows.length, scores: rows.map((row) => row.fraud_probability), inputs, fields };
}

/** The currency that most are in. */
export function commonestCurrency(rows: readonly Row[]): string {
  const counts = new Map<string, number>();
  for (const { currency } of rows) counts.set(currency, (counts.get(currency) ?? 0) + 1);
  return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0] as const)[0];
}

function* numbersOf(
  row: Row,
  known: StoredInputs | undefined,
  currency: string,
): Generator<readonly [string, number | null]> {
  if (row.features && known) {
    for (const [i, name] of known.columns.entries()) yield [name, row.features[i] ?? null];
    return;
  }
  if (row.v) for (let i = 0; i < V_COUNT; i++) yield [CONTRACT_INPUTS[i + 1]!, row.v[i] ?? null];
  if (row.currency === currency) yield [`Amount, ${currency}`, unitsOf(row.amount_minor, currency)];
}
