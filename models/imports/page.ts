import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PaymentRow } from "../../features/offline/payments.ts";
import { parseSchema } from "../../features/schema/read.ts";
import { loadCsv } from "../data/csv.ts";
import type { Dataset } from "../data/dataset.ts";
import { syntheticCsv } from "../data/synthetic.ts";
import { type ForeignModel, foreignModels } from "./foreign-models.ts";
import type { Outcome } from "./outcome.ts";
import { PAYMENT_SCHEMA, type PaymentFile, paymentFiles } from "./payment-files.ts";
import { type FileQuirk, trainingFiles } from "./training-files.ts";
import { tryPayments, tryTraining } from "./try-files.ts";
import { tryModel } from "./try-model.ts";

/** A case and what became of it. */
export interface Tried<Case, Taken extends object> {
  readonly of: Case;
  readonly outcome: Outcome<Taken>;
}

/** All cases and what became of each: what the page tells and the tests judge. */
export interface TriedImports {
  /** What the models were measured on. */
  readonly data: Dataset;
  readonly models: readonly Tried<ForeignModel, { readonly bytes: Uint8Array; readonly auc: number }>[];
  readonly training: readonly Tried<FileQuirk, { readonly data: Dataset }>[];
  readonly payments: readonly Tried<PaymentFile, { readonly rows: readonly PaymentRow[] }>[];
}

/** Tries every case for real, with files in a folder that is taken away again. */
export async function tryImports(): Promise<TriedImports> {
  const folder = await mkdtemp(join(tmpdir(), "imports-"));
  try {
    const csv = join(folder, "data.csv");
    await writeFile(csv, syntheticCsv(600, 60));
    const data = await loadCsv(csv);
    const schema = parseSchema(PAYMENT_SCHEMA);
    return {
      data,
      models: await each(foreignModels, (model) => tryModel(model, data)),
      training: await each(trainingFiles, (quirk) => tryTraining(quirk, folder)),
      payments: await each(paymentFiles, (quirk) => tryPayments(quirk, schema, folder)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function each<Case, Taken extends object>(
  cases: readonly Case[],
  run: (one: Case) => Promise<Outcome<Taken>>,
): Promise<Tried<Case, Taken>[]> {
  const tried: Tried<Case, Taken>[] = [];
  for (const one of cases) tried.push({ of: one, outcome: await run(one) });
  return tried;
}

/** docs/imports-table.md: each kind of file, and what becomes of it. `npm run imports-table` writes it. */
export function importsPage({ models, training, payments }: TriedImports): string {
  const rows = <Case, Taken extends object>(
    tried: readonly Tried<Case, Taken>[],
    name: (one: Case) => readonly string[],
    plain: string,
  ): string[] => tried.map(({ of, outcome }) => row([...name(of), ...become(outcome, plain)]));
  return `${[
    "# What can be imported, and what is said of the rest",
    "",
    "Written by `npm run imports-table`, which tries every line of it; a test holds the page to what happens. Nothing is guessed silently: what is taken for something is said, what cannot be known is asked for, and a refusal says where and what to do.",
    "",
    "## Models from elsewhere",
    "",
    "`npm run models -- import FILE.onnx --data FILE --name NAME` ([models.md](models.md#a-model-from-elsewhere)). Every file is measured on labelled rows and tried on the corners of what may come before it is taken in. A second file of weights beside the model is read; one that is missing, cut or elsewhere is refused. Without `--expected SAMPLE` a version can be a shadow, and nothing more.",
    "",
    row(["From", "The file", "", "Taken as, or refused with"]),
    "| --- | --- | --- | --- |",
    ...rows(models, ({ from, what }) => [from, what], ""),
    "",
    "## Files of labelled transactions",
    "",
    "Time, V1 to V28, Amount, Class: `npm run train -- --data FILE`, `npm run models`, `npm run report`. What is taken for something is said on stderr.",
    "",
    row(["The file", "", "Taken as, or refused with"]),
    "| --- | --- | --- |",
    ...rows(training, ({ what }) => [what], "as it is"),
    "",
    "## Files of payments",
    "",
    "By a schema of your own: `npm run import -- FILE --schema SCHEMA.yaml` ([your-own-data.md](your-own-data.md)), `npm run train -- --schema`, `npm run replay`. An import shows first which column it takes for what; rows that are refused are kept in a file beside it.",
    "",
    row(["The file", "", "Refused with"]),
    "| --- | --- | --- |",
    ...rows(payments, ({ what }) => [what], ""),
  ].join("\n")}\n`;
}

function become(outcome: Outcome<object>, plain: string): [string, string] {
  if ("refused" in outcome) return ["refused", outcome.refused];
  return ["handled", outcome.taken || plain];
}

/** Bars and line ends would end a cell, a backslash could hide one. */
function row(cells: readonly string[]): string {
  const safe = cells.map((cell) =>
    cell.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("\n", " "),
  );
  return `| ${safe.join(" | ")} |`;
}
