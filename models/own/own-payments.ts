import { createHash } from "node:crypto";
import { NO_RATES, type RatesSource } from "../../domain/exchange.ts";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { FeatureEngine } from "../../features/engine/engine.ts";
import type { PaymentRow, RefusedRow } from "../../features/offline/payments.ts";
import { OfflineRun } from "../../features/offline/run.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { type Matrix, newMatrix } from "../features/matrix.ts";

/** The labelled payments of a team's own, out of a file or the store, with the features that their schema asks for. */
export interface OwnPayments {
  /** The file's name without its folder, or "store". */
  readonly file: string;
  /** Of the file as it lies there, or of the payments' ids and labels; lower-case hex. */
  readonly sha256: string;
  /** n × columns of the schema, each row as of its own moment. */
  readonly features: Matrix;
  /** 1 is fraud. */
  readonly labels: Uint8Array;
  /** Seconds since 1970. */
  readonly times: Float64Array;
  /** In the schema's currency; 1 where payments have no amount. */
  readonly amounts: Float64Array;
  /** When each label was known, seconds since 1970; the schema's delay after the payment where this is left out. */
  readonly knownAt?: Float64Array | undefined;
  /** How many payments a row stands for, to learner and to figures; one each where this is left out. */
  readonly weights?: { readonly learn: Float64Array; readonly judge: Float64Array } | undefined;
  /** Payments that are in the windows and not among the rows: nobody said what they were. */
  readonly unlabelled: number;
  /** Rows of the file that are no payment, or that the schema refuses. */
  readonly refused: number;
  /** What was wrong with the first of them. */
  readonly firstRefused: string | undefined;
}

/** Rows in a part of a matrix that grows. */
const PART = 1 << 16;

/** Where payments come from. */
export interface PaymentSource {
  /** What people call it: {@link OwnPayments.file}. */
  readonly file: string;
  /** In the order of their recording. */
  readonly rows: AsyncIterable<readonly (PaymentRow | RefusedRow)[]>;
  /** Of the whole, once it is read; of what was read, where it is not a file. */
  readonly sha256?: () => Promise<string>;
}

/**
 * Reads payments in the order of their recording, and computes their features.
 *
 * @throws DomainError `invalid_argument` when they are broken, or none has a label
 */
export async function readOwnPayments(
  { file, rows: given, sha256 }: PaymentSource,
  schema: ModelSchema,
  rates: RatesSource = NO_RATES,
): Promise<OwnPayments> {
  const hash = createHash("sha256");
  const run = new OfflineRun(new FeatureEngine(schema, { rates }));
  const { columns } = run.engine;
  const rows = new GrowingRows(columns.length);
  let [unlabelled, refused] = [0, 0];
  let firstRefused: string | undefined;
  for await (const some of given) {
    for (const row of some) {
      const label = "refused" in row ? undefined : row.label;
      const place = label ? rows.next() : undefined;
      const wrong =
        "refused" in row ? row.refused : run.next(row.payment, label, place?.values, place?.offset);
      if (wrong) {
        refused++;
        firstRefused ??= `row ${row.line}: ${wrong[0]?.field}: ${wrong[0]?.description}`;
      } else if ("payment" in row) {
        if (!sha256) hash.update(`${row.payment.transactionId}\t${label ? Number(label.fraud) : ""}\n`);
        if (!label) unlabelled++;
        else rows.keep(Number(label.fraud), row.payment.eventTimeMs / 1_000, row.payment.fields["amount"]);
      }
    }
  }
  if (rows.count === 0) {
    const why = firstRefused ?? "none of them has a label";
    throw new DomainError("invalid_argument", `${file}: no labelled payment could be read: ${why}`);
  }
  return {
    file,
    sha256: sha256 ? await sha256() : hash.digest("hex"),
    ...rows.done(columns),
    ...{ unlabelled, refused, firstRefused },
  };
}

/** Rows whose number is known at the end. */
class GrowingRows {
  readonly #columns: number;
  readonly #parts: Float32Array[] = [];
  readonly #labels: number[] = [];
  readonly #times: number[] = [];
  readonly #amounts: number[] = [];

  constructor(columns: number) {
    this.#columns = columns;
  }

  get count(): number {
    return this.#labels.length;
  }

  /** Where the next row goes; it counts once it is kept. */
  next(): { readonly values: Float32Array; readonly offset: number } {
    const at = this.#labels.length;
    if (at === this.#parts.length * PART) this.#parts.push(new Float32Array(PART * this.#columns));
    return { values: this.#parts.at(-1) as Float32Array, offset: (at % PART) * this.#columns };
  }

  keep(label: number, seconds: number, amount: unknown): void {
    this.#labels.push(label);
    this.#times.push(seconds);
    this.#amounts.push(typeof amount === "number" ? amount : 1);
  }

  done(names: readonly string[]): Pick<OwnPayments, "features" | "labels" | "times" | "amounts"> {
    const features = newMatrix(this.#labels.length, names);
    for (const [p, part] of this.#parts.entries()) {
      const from = p * PART * this.#columns;
      features.values.set(part.subarray(0, Math.min(part.length, features.values.length - from)), from);
    }
    return {
      features,
      labels: Uint8Array.from(this.#labels),
      times: Float64Array.from(this.#times),
      amounts: Float64Array.from(this.#amounts),
    };
  }
}
