import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { LabelWay, RunData } from "../../domain/model-care.ts";
import { unitsOf } from "../../domain/money.ts";
import { CONTRACT_INPUTS, contractField, V_COUNT } from "../../domain/transaction.ts";
import type { LabelSource } from "../../domain/verdicts.ts";
import { readAllModelInputs } from "../../pipeline/store/model-inputs.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { type Matrix, newMatrix } from "../features/matrix.ts";

/** Payments whose truth is known, with what the model read of them when they were decided. One entry a row everywhere. */
export interface LabelledPayments {
  readonly ids: readonly string[];
  /** Features as seen. */
  readonly features: Matrix;
  /** 1 is fraud. */
  readonly labels: Uint8Array;
  /** When they were decided, seconds since 1970. */
  readonly times: Float64Array;
  /** When the label was known, seconds since 1970. */
  readonly knownAt: Float64Array;
  /** How many payments the row stands for: 1 ÷ the chance that its label would be known; 0 where nobody knows that. */
  readonly weights: Float64Array;
  readonly ways: readonly LabelWay[];
  readonly amounts: Float64Array;
  readonly currencies: readonly string[];
  readonly countries: readonly (string | null)[];
  readonly channels: readonly (string | null)[];
  readonly data: RunData;
}

export interface LabelledSpan {
  /** Of the decisions, inclusive and exclusive. */
  readonly from: Date;
  readonly until: Date;
  /** Labels of other sources are not looked at; all when left out. */
  readonly sources?: readonly LabelSource[] | undefined;
  /** What the model to be made or held against reads, in its order; nothing is read where it is left out. */
  readonly inputs?: readonly string[] | undefined;
  /** What its amounts are in: payments in another currency are left out, where they were not converted. */
  readonly currency: string;
  /** The newest so many; what is older than them is not read. */
  readonly most?: number;
}

const PAGE = 5_000;
const MOST = 400_000;
/** One row stands for so many payments at most: a weight without an end makes one row the whole figure. */
const HEAVIEST = 1_000;

interface Row {
  readonly transaction_id: string;
  readonly decided: string;
  readonly decided_at: Date;
  readonly seq: number;
  readonly time_seconds: number | null;
  readonly v: number[] | null;
  readonly features: (number | null)[] | null;
  readonly amount_minor: string;
  readonly currency: string;
  readonly conversion: unknown;
  readonly country: string | null;
  readonly channel: string | null;
  readonly model_name: string;
  readonly model_version: string;
  readonly truth: boolean | null;
  readonly label: string | null;
  readonly source: LabelSource | null;
  readonly labelled_at: Date | null;
  readonly selected_by: string | null;
  readonly chance: number | null;
}

/**
 * Reads the labelled payments of a span, given oldest first. A label of somebody goes before what the source knew. How it came
 * about says what it stands for: of payments sent to people each is itself; a member of the control group stands for all
 * that were not drawn; where the source knows every payment, each is itself. What was only reported later (a chargeback
 * of a payment that nobody looked at) stands for nothing in figures: frauds report themselves, others do not.
 */
export async function readLabelled(db: Kysely<Database>, span: LabelledSpan): Promise<LabelledPayments> {
  const known = await readAllModelInputs(db);
  const wanted = span.inputs?.map(contractField);
  const rows: Row[] = [];
  const vectors: Float32Array[] = [];
  const leftOut: Record<string, number> = {};
  const leave = (why: string): void => {
    leftOut[why] = (leftOut[why] ?? 0) + 1;
  };
  const most = span.most ?? MOST;
  let truncated = false;
  for await (const page of newestFirst(db, span)) {
    for (const row of page) {
      truncated = rows.length === most;
      if (truncated) break;
      if (row.label !== null && span.sources && !span.sources.includes(row.source ?? "analyst")) {
        leave("its label is of another source");
        continue;
      }
      const vector = asSeen(row, wanted, known.get(`${row.model_name}@${row.model_version}`)?.columns, span);
      if (typeof vector === "string") leave(vector);
      else {
        // What was read of it is in the vector: the arrays are let go.
        rows.push({ ...row, v: null, features: null });
        vectors.push(vector);
      }
    }
    if (truncated) break;
  }
  rows.reverse();
  vectors.reverse();
  const from = truncated ? (rows[0]?.decided_at ?? span.from) : span.from;
  return columnsOf(rows, vectors, { ...span, from }, leftOut);
}

async function* newestFirst(
  db: Kysely<Database>,
  { from, until, sources }: LabelledSpan,
): AsyncGenerator<Row[]> {
  const truth = sources && !sources.includes("truth") ? sql`false` : sql`d.truth is not null`;
  let [decided, seq] = [until.toISOString(), 0];
  for (;;) {
    const { rows } = await sql<Row>`
      select d.transaction_id, d.decided_at::text as decided, d.decided_at, d.seq, d.time_seconds, d.v, d.features,
        d.amount_minor::text as amount_minor, d.currency, d.conversion, d.country, d.channel,
        d.model_name, d.model_version, ${sources?.includes("truth") === false ? sql`null::boolean` : sql`d.truth`} as truth,
        l.label, l.source, l.labelled_at, c.selected_by, c.chance
      from decisions d
      left join labels l using (transaction_id)
      left join review_cases c on d.review and c.transaction_id = d.transaction_id
      where d.decided_at >= ${from}::timestamptz and d.decided_at <= ${decided}::timestamptz
        and (d.decided_at, d.seq) < (${decided}::timestamptz, ${seq}::bigint)
        and d.redacted_at is null and (l.label is not null or ${truth})
      order by d.decided_at desc, d.seq desc limit ${sql.lit(PAGE)}`.execute(db);
    if (rows.length === 0) return;
    yield rows;
    const last = rows.at(-1)!;
    [decided, seq] = [last.decided, Number(last.seq)];
  }
}

/** What the model reads of a payment, as it was; words where that is not known. */
function asSeen(
  row: Row,
  wanted: readonly string[] | undefined,
  columns: readonly string[] | undefined,
  { currency }: LabelledSpan,
): Float32Array | string {
  if (!wanted) return new Float32Array();
  const values = new Map<string, number | null>();
  if (row.features) {
    if (!columns) return "nobody knows which columns its model read";
    for (const [i, name] of columns.entries()) values.set(contractField(name), row.features[i] ?? null);
  } else if (row.v) {
    if (row.currency !== currency) return `its amount is not in ${currency}`;
    values.set("time", row.time_seconds);
    for (let i = 0; i < V_COUNT; i++)
      values.set(contractField(CONTRACT_INPUTS[i + 1] as string), row.v[i] ?? null);
    values.set("amount", unitsOf(row.amount_minor, row.currency));
  } else return "what its model read was not kept";
  const vector = new Float32Array(wanted.length);
  for (const [i, name] of wanted.entries()) {
    const value = values.get(name);
    if (value === undefined) return `its model did not read ${name}`;
    if (value === null) return `${name} was missing`;
    vector[i] = value;
  }
  return vector;
}

function wayOf({ truth, source, selected_by }: Row): LabelWay {
  if (truth !== null) return "known_by_source";
  if (selected_by === "control") return "control_group";
  if (selected_by === "policy") return "sent_to_people";
  return source === "truth" ? "known_by_source" : "reported_later";
}

function weightOf(row: Row, way: LabelWay): number {
  if (way === "reported_later") return 0;
  return way === "control_group" ? Math.min(HEAVIEST, 1 / (row.chance ?? 1)) : 1;
}

function columnsOf(
  rows: readonly Row[],
  vectors: readonly Float32Array[],
  { from, until, inputs = [] }: LabelledSpan,
  leftOut: Readonly<Record<string, number>>,
): LabelledPayments {
  const features = newMatrix(rows.length, inputs);
  const hash = createHash("sha256");
  const ways = rows.map(wayOf);
  const labels = Uint8Array.from(rows, ({ label, truth }) =>
    Number(label === null ? truth === true : label === "fraud"),
  );
  const weights = Float64Array.from(rows, (row, r) => weightOf(row, ways[r] as LabelWay));
  for (const [r, vector] of vectors.entries()) {
    features.values.set(vector, r * inputs.length);
    hash.update(`${rows[r]?.transaction_id}\t${labels[r]}\t${weights[r]}\n`);
    hash.update(vector);
  }
  const counts: Partial<Record<LabelWay, number>> = {};
  for (const way of ways) counts[way] = (counts[way] ?? 0) + 1;
  return {
    ids: rows.map((row) => row.transaction_id),
    features,
    labels,
    times: Float64Array.from(rows, (row) => row.decided_at.getTime() / 1_000),
    knownAt: Float64Array.from(
      rows,
      // The source knew it with the payment; a person when it was said.
      (row) => (row.labelled_at && row.truth === null ? row.labelled_at : row.decided_at).getTime() / 1_000,
    ),
    weights,
    ways,
    amounts: Float64Array.from(rows, (row) => unitsOf(row.amount_minor, row.currency)),
    currencies: rows.map((row) => row.currency),
    countries: rows.map((row) => row.country),
    channels: rows.map((row) => row.channel),
    data: {
      ...{ from: from.toISOString(), until: until.toISOString(), rows: rows.length },
      frauds: labels.reduce((sum, label) => sum + label, 0),
      ...{ ways: counts, leftOut, sha256: hash.digest("hex") },
    },
  };
}

/** What figures made of such labels hold for, in words. */
export function holdsFor(ways: readonly LabelWay[]): string {
  if (ways.includes("control_group"))
    return "all payments: of those not sent to people a control group was looked at";
  if (ways.includes("known_by_source") && !ways.includes("sent_to_people"))
    return "all payments: their source knows each";
  if (ways.includes("known_by_source"))
    return "payments that were sent to people, and those whose source knows";
  return "payments that were sent to people alone: without a control group nobody knows what was missed";
}
