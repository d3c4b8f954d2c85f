import { basename } from "node:path";
import type { Kysely } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { Database } from "../store/schema.ts";
import type { Chargeback } from "./chargeback.ts";
import { type ChargebackFile, readChargebacks } from "./read-rows.ts";
import {
  CHARGEBACK_OUTCOMES,
  CHARGEBACKS_AT_ONCE,
  type ChargebackOutcome,
  countOutcomes,
  takeChargebacks,
} from "./take.ts";

/** A row that changed nothing because something is wrong with it. */
export interface RefusedRow {
  readonly line: number;
  readonly why: string;
}

/** What became of a file. */
export interface TakenFile {
  readonly counts: Readonly<Record<ChargebackOutcome, number>>;
  /** The first of those that are unknown or refused, in the order of the file. */
  readonly firstRefused: readonly RefusedRow[];
}

export interface TakeFileOptions {
  readonly db: Kysely<Database>;
  readonly actor: Actor;
  readonly file: ChargebackFile;
  /** Says what would become of it, and writes nothing. */
  readonly dryRun?: boolean;
  readonly onProgress?: (rows: number) => void;
}

/** How many refused rows are named. */
const MOST_NAMED = 10;

interface Waiting {
  readonly line: number;
  readonly chargeback: Chargeback;
}

/**
 * Takes the chargebacks of a file, a chunk in a transaction. It is read twice: a file that cannot be read to its end, or
 * whose times are not known, changes nothing. Stopped in between, it is done again, and what was taken is a duplicate.
 *
 * @throws DomainError `invalid_argument` for a file that is broken; the database's error
 */
export async function takeChargebackFile(options: TakeFileOptions): Promise<TakenFile> {
  const { db, actor, file, dryRun = false, onProgress = () => {} } = options;
  for await (const _ of readChargebacks(file));
  const counts = { ...countOutcomes([]) };
  const refused: RefusedRow[] = [];
  let chunk: Waiting[] = [];
  let rows = 0;
  const flush = async (): Promise<void> => {
    const full = chunk;
    chunk = [];
    const taken = await takeChargebacks(
      db,
      actor,
      full.map(({ chargeback }) => chargeback),
      { file: basename(file.path), dryRun },
    );
    const counted = countOutcomes(taken);
    for (const outcome of CHARGEBACK_OUTCOMES) counts[outcome] += counted[outcome];
    for (const [i, { outcome, why = "" }] of taken.entries()) {
      if (outcome === "unknown" || outcome === "refused") refused.push({ line: full[i]!.line, why });
    }
    // Rows that could not be read were noted before those of their chunk were judged.
    refused.sort((a, b) => a.line - b.line).splice(MOST_NAMED);
    onProgress(rows);
  };
  for await (const some of readChargebacks(file)) {
    for (const { line, read } of some) {
      rows++;
      if ("refused" in read) {
        counts.refused++;
        if (refused.length < MOST_NAMED) refused.push({ line, why: read.refused });
      } else if (chunk.push({ line, chargeback: read }) === CHARGEBACKS_AT_ONCE) await flush();
    }
  }
  await flush();
  return { counts, firstRefused: refused };
}
