import { randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { recordAct } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { writeCursor } from "./cursor.ts";
import { type Dataset, type Place, placeOf, type Row } from "./dataset.ts";
import { FORMATS, type FormatName } from "./formats.ts";
import { follow, settledUntil, walk } from "./walk.ts";

/** What somebody wants to take out. */
export interface Asked {
  readonly dataset: Dataset;
  readonly format: FormatName;
  /** ISO 8601 in UTC, to the millisecond. Included. */
  readonly since?: string | undefined;
  /** … not included; what is there when the export begins without it. */
  readonly until?: string | undefined;
  /** Only rows behind it: where another file ended. */
  readonly after?: Place | undefined;
  /** As it grows, until the signal. */
  readonly follow?: { readonly signal: AbortSignal; readonly onAway?: () => void } | undefined;
}

/** A file in the making. */
export interface Export {
  /** The file. Whoever does not read it to its end returns the generator, so that the audit log is told. */
  readonly bytes: AsyncGenerator<Uint8Array>;
  /** What lies before it is in the file, if it comes to its end: where the next export begins. Null of one that follows. */
  readonly until: string | null;
  /** How far it is. */
  readonly progress: { readonly rows: number; readonly cursor: string | null };
}

/**
 * Begins to take a dataset out. The audit log is told before the first row leaves (who, what, which part), and at the
 * end how many left, and whether that was all.
 *
 * @param from where the caller is, for the audit log
 * @throws DomainError `invalid_argument` for a part that cannot be, or a format that cannot follow
 */
export async function beginExport(
  db: Kysely<Database>,
  asked: Asked,
  actor: Actor,
  from: Readonly<Record<string, string>> = {},
): Promise<Export> {
  const { dataset, format, since, after } = asked;
  if (asked.follow && !FORMATS[format].endless) {
    throw new DomainError(
      "invalid_argument",
      `${format} cannot be read before it has ended: follow with jsonl or csv`,
    );
  }
  if (asked.follow && asked.until !== undefined) {
    throw new DomainError("invalid_argument", "until goes without follow, which has no end");
  }
  if (since !== undefined && asked.until !== undefined && since >= asked.until) {
    throw DomainError.invalid([{ field: "until", description: "must be after since" }]);
  }
  const settled = await settledUntil(db);
  const until = asked.until !== undefined && asked.until < settled ? asked.until : settled;
  const subject = `export:${dataset.name}`;
  const id = randomUUID();
  await recordAct(db, {
    ...{ actor, act: "data.exported", subject },
    detail: {
      ...{ export: id, format, ...from },
      ...(since === undefined ? {} : { since }),
      ...(asked.follow ? { follow: true } : { until }),
      ...(after ? { after: writeCursor(after) } : {}),
    },
  });
  const progress = { rows: 0, cursor: after ? writeCursor(after) : (null as string | null) };
  const rows = asked.follow
    ? follow(
        db,
        dataset,
        { since: since ?? (after ? undefined : settled), after },
        asked.follow.signal,
        asked.follow.onAway,
      )
    : walk(db, dataset, { since, until, after });
  const counted = async function* (): AsyncGenerator<readonly Row[]> {
    for await (const some of rows) {
      yield some;
      progress.rows += some.length;
      progress.cursor = writeCursor(placeOf(dataset, some.at(-1) as Row));
    }
  };
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    let whole = false;
    try {
      yield* FORMATS[format].encode(dataset.columns, counted());
      whole = true;
    } finally {
      // What goes wrong here must not hide what went wrong before.
      const told = recordAct(db, {
        ...{ actor, act: "data.export_ended", subject },
        detail: {
          export: id,
          rows: progress.rows,
          whole,
          ...(progress.cursor === null ? {} : { cursor: progress.cursor }),
        },
      });
      await (whole ? told : told.catch(() => {}));
    }
  };
  return { bytes: bytes(), until: asked.follow ? null : until, progress };
}
