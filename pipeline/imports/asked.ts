import { stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { labelDelayMs } from "../../domain/features/label-delay.ts";
import {
  givenColumns,
  givenDecimal,
  givenDelay,
  givenSchema,
  givenZone,
} from "../../features/offline/given.ts";
import { leftOpen, sampleOf } from "../../features/offline/left-open.ts";
import { type ColumnMapping, mappingOf, proposeMapping } from "../../features/offline/mapping.ts";
import { openTable } from "../../features/offline/open-table.ts";
import type { Table } from "../../features/offline/table.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { describeProposal, type Proposed, stillToSay } from "./proposal.ts";
import { agree, ask, canAsk } from "./questions.ts";

/** What differs between the commands that are given a file of payments. */
export interface Command {
  readonly usage: string;
  /** What was not done, e.g. "nothing was imported". */
  readonly undone: string;
  readonly question: string;
  /** Options with a value that it has beside the others. */
  readonly more?: readonly string[];
}

const USAGE = `npm run import -- FILE --schema SCHEMA.yaml [options]
  FILE                payments of the past: CSV (commas, semicolons, tabs), JSON lines (also gzip) or Parquet
  --column WHAT=COL   a column that is not named like the field or entity it is; again for each
  --zone UTC          where the clocks of times without an offset are: UTC, +02:00, Europe/Prague
  --decimal comma     what stands before decimals: point or comma
  --label-known COL   the column that says when it was known what was fraud
  --label-delay 7d    how long after a payment that is known where no column says it; as the schema has it when left out
  --yes               the proposal is right: begin without asking
Shows what it takes the columns for and asks; then brings the payments into the store and makes the aggregates anew. No
case is opened and nothing is decided. Rows that are refused are in FILE.refused.csv. Stopped in between, run it again.`;

const IMPORT: Command = {
  usage: USAGE,
  undone: "nothing was imported",
  question: "Import it like that?",
};

/** What was asked for and agreed to. */
export interface Asked {
  readonly path: string;
  readonly table: Table;
  readonly mapping: ColumnMapping;
  readonly schema: ModelSchema;
  /** How much of the file is read, 0 to 1. */
  readonly share: () => number;
  /** The command's own options. */
  readonly more: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the command line, proposes a mapping and has it agreed to: by `--yes` or by a person at the terminal.
 *
 * @param say where the proposal goes
 * @returns undefined where help was asked for, or a person said no
 * @throws DomainError `invalid_argument` with what is wrong, or still to be said
 */
export async function askedFor(
  args: readonly string[],
  say: (text: string) => void,
  command: Command = IMPORT,
): Promise<Asked | undefined> {
  const { values, positionals, more: own } = given(args, command);
  if (values.help) {
    process.stdout.write(`${command.usage}\n`);
    return undefined;
  }
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0 || values.schema === undefined) throw wrong(command.usage);
  let { zone, decimal } = values;
  givenZone(zone);
  givenDecimal(decimal);
  const { schema } = await givenSchema(values.schema);
  const delay = givenDelay(values["label-delay"]) ?? labelDelayMs(schema);
  const known = values["label-known"];
  const columns = [...values.column, ...(known === undefined ? [] : [`label_time=${known}`])];
  let read = 0;
  const onBytes = (bytes: Uint8Array) => {
    read += bytes.length;
  };
  const table = await openTable(path, { onBytes, brokenLines: "handed on" });
  const proposal = proposeMapping(schema, await table.columns(), givenColumns(columns));
  const sample = await sampleOf(table, Object.values(proposal.columns));
  const open = leftOpen(sample, mappingOf(schema, proposal), schema);
  const proposed = (): Proposed => ({
    ...{ path, schema, proposal, sample, open, zone, decimal },
    labelDelayMs: delay,
  });
  const asking = canAsk() && !values.yes;
  say(describeProposal(proposed()));
  if (asking && proposal.missing.length === 0) {
    if (open.zone !== undefined && zone === undefined) {
      zone = await ask("Which zone? (UTC, +02:00, Europe/Prague, …)", (text) => givenZone(text) && text);
    }
    if (open.decimal !== undefined && decimal === undefined) {
      decimal = await ask("Decimals stand behind a point or a comma?", (text) => givenDecimal(text));
    }
  }
  const missing = stillToSay(proposed());
  if (missing.length > 0) throw wrong(`${command.undone}: say what is missing`);
  if (!values.yes && !asking) throw wrong(`${command.undone}: if that is right, say --yes`);
  if (asking && !(await agree(command.question))) return undefined;
  const { size } = await stat(path);
  read = 0;
  return {
    ...{ path, table, schema, more: own },
    mapping: { ...mappingOf(schema, proposal, givenZone(zone), givenDecimal(decimal)), labelDelayMs: delay },
    share: () => Math.min(1, read / Math.max(1, size)),
  };
}

const OPTIONS = {
  schema: { type: "string" as const },
  column: { type: "string" as const, multiple: true as const, default: [] as string[] },
  zone: { type: "string" as const },
  decimal: { type: "string" as const },
  "label-known": { type: "string" as const },
  "label-delay": { type: "string" as const },
  yes: { type: "boolean" as const, default: false },
  help: { type: "boolean" as const, default: false },
};

function given(args: readonly string[], { usage, more = [] }: Command) {
  try {
    const others = Object.fromEntries(more.map((name) => [name, { type: "string" as const }]));
    // Typed by the options that all commands have; the command's own are read by their names.
    const options: typeof OPTIONS = { ...others, ...OPTIONS };
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const own = more.map((name) => [name, Reflect.get(values, name) as string | undefined] as const);
    return { values, positionals, more: Object.fromEntries(own) };
  } catch (error) {
    throw new DomainError("invalid_argument", `${messageOf(error)}\n${usage}`, { cause: error });
  }
}

function wrong(message: string): DomainError {
  return new DomainError("invalid_argument", message);
}
