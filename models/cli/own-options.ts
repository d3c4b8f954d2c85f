import { DomainError } from "../../platform/process/errors.ts";

/** Options of commands that read a team's own payments. */
export const ownOptions = {
  schema: { type: "string" },
  column: { type: "string", multiple: true, default: [] as string[] },
  zone: { type: "string" },
  decimal: { type: "string" },
  store: { type: "boolean", default: false },
  rates: { type: "string" },
  "label-delay": { type: "string" },
} as const;

/** What {@link ownOptions} are, for a usage: all but --schema and --store. */
export const OWN_USAGE = `  --column WHAT=COLUMN       a column that is not named like the field or entity it is, or label; again for each
  --zone UTC                 where the clocks of times without an offset are: UTC, +02:00, Europe/Prague
  --decimal comma            what stands before decimals: point or comma
  --rates RATES.csv          what amounts in other currencies are converted by (npm run rates -- export FILE)
  --label-delay 7d           how late labels come; as the schema has it when left out`;

/** What was given of {@link ownOptions}. */
export interface OwnValues {
  readonly schema?: string | undefined;
  readonly column: readonly string[];
  readonly zone?: string | undefined;
  readonly decimal?: string | undefined;
  readonly store: boolean;
  readonly rates?: string | undefined;
  readonly "label-delay"?: string | undefined;
}

/**
 * Refuses what does not go together.
 *
 * @param fileWord how the command names its file: --data, FILE
 * @param file what was given as such
 * @param delays whether the command takes --label-delay without a schema too
 * @throws DomainError `invalid_argument` for an option without --schema, or one of a file beside --store
 */
export function checkOwnOptions(
  values: OwnValues,
  fileWord: string,
  file: string | undefined,
  { delays = false } = {},
): void {
  const { schema, store, column, zone, decimal, rates } = values;
  const late = delays ? undefined : values["label-delay"];
  if (schema === undefined && (store || column.length > 0 || (zone ?? rates ?? late) !== undefined)) {
    throw new DomainError(
      "invalid_argument",
      `--store, --column, --zone${delays ? " and --rates" : ", --rates and --label-delay"} are for payments of your own: say --schema`,
    );
  }
  if (store && (file ?? zone ?? decimal ?? column[0]) !== undefined) {
    throw new DomainError(
      "invalid_argument",
      `--store reads no file: leave ${fileWord}, --column, --zone and --decimal out`,
    );
  }
}
