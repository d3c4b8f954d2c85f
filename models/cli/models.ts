import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CURRENCY_FORM, DEFAULT_CURRENCY } from "../../domain/money.ts";
import { givenDecimal } from "../../features/offline/given.ts";
import { publicSetSchema } from "../../features/schema/public-set.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { holderOf } from "../../scorer/serving/promotion.ts";
import { listVersions, readModel, resolveModel, type StoredModel } from "../../scorer/serving/registry.ts";
import { readSchemaText } from "../../scorer/serving/schema-file.ts";
import { type readServing, readServingHistory } from "../../scorer/serving/state.ts";
import { type Dataset, inputNames } from "../data/dataset.ts";
import { readExpectedScores } from "../data/expected-scores.ts";
import { withExternalData } from "../onnx/external-data.ts";
import { describeInputs } from "../own/described.ts";
import { describeChange, promote, rollBack } from "../promotion.ts";
import { type ImportOptions, importModel } from "../protocol/import.ts";
import { countLook } from "../protocol/looks.ts";
import { compareFiles, requireRowsOf } from "../protocol/measure-file.ts";
import { describeMeasuredOn } from "../protocol/measured-on.ts";
import { type Capacity, retune } from "../protocol/retune.ts";
import { thresholds, WALK_FORWARD } from "../protocol/train.ts";
import { aliasNames, type CardDraft, openServedRegistry, writeVersion } from "../registry.ts";
import { libraryVersions, loadAndDescribe, modelName, oneOf, runCommand, wholeNumber } from "./arguments.ts";
import { cardFigures, comparisonTable, interval, table } from "./tables.ts";
import { verifyVersion } from "./verify.ts";

const usage = `npm run models -- <command> [--registry FOLDER]   (the registry that is served, DATA_DIR/registry)
  list                                     every version, its aliases and its main figures
  show [REF]                               a version's figures, what it looks at, and what of that moved, in words
  compare REF REF [--data FILE]            two cards side by side; with data, both files on the same test rows
  promote ALIAS REF [--share N] [--force] [--reason TEXT]
                                           points champion, challenger or shadow at a version; --force overrides
                                           what its figures say against it, and is written down;
                                           --share of the cards, 0 to 1, for a challenger
  rollback [ALIAS] [--force] [--reason TEXT]
                                           points an alias (champion) where it pointed before
  history [ALIAS]                          who changed who serves, when and why
  import FILE.onnx --data FILE --name NAME [--expected SAMPLE] [--fraud-class LABEL] [--output NAME]
         [--columns A,B,…] [--currency EUR] [--algorithm TEXT] [--seed 42]
                                           takes in a classifier trained elsewhere and measures it; its
                                           amounts are in --currency. SAMPLE (CSV, JSON lines, Parquet) has rows
                                           of its inputs and, as "expected", what it answered there: without it
                                           the version can be a shadow only. Where the file does not say them:
                                           which class is fraud, which output is the probability, and which
                                           columns its input reads, in its order
  retune REF --data FILE --reviews-per-day N [--alerts-per-day N]
                                           a new version with tiers that the review capacity fits
  verify [REF] [--data FILE]               hash, card and graph of one version or all; with data, the figures too
REF is an alias, a name (its newest version) or name@version; FILE labelled transactions, Time, V1 to V28, Amount and
Class: CSV (commas, semicolons, tabs or bars; also gzip), ARFF, JSON lines or Parquet; --decimal comma where it has them.`;

const options = {
  registry: { type: "string" },
  data: { type: "string" },
  name: { type: "string" },
  algorithm: { type: "string", default: "imported" },
  currency: { type: "string", default: DEFAULT_CURRENCY },
  "fraud-class": { type: "string" },
  output: { type: "string" },
  columns: { type: "string" },
  expected: { type: "string" },
  seed: { type: "string", default: "42" },
  "reviews-per-day": { type: "string" },
  "alerts-per-day": { type: "string" },
  share: { type: "string" },
  force: { type: "boolean", default: false },
  reason: { type: "string", default: "" },
  decimal: { type: "string" },
} as const;

await runCommand(
  usage,
  options,
  async ({ values, positionals }) => {
    const [command, ...rest] = positionals;
    const registry = values.registry ?? (await openServedRegistry());
    const seed = wholeNumber("seed", values.seed);
    const decimal = givenDecimal(values.decimal);
    const path = values.data;
    const data = path === undefined ? undefined : () => loadAndDescribe(path, decimal);
    switch (command) {
      case "list":
        expectArguments(rest, 0);
        console.log(await list(registry));
        return;
      case "show":
        if (rest.length > 1) expectArguments(rest, 1);
        console.log(show(await read(registry, rest[0] ?? "champion")));
        return;
      case "compare":
        expectArguments(rest, 2);
        console.log(await compare(registry, rest[0]!, rest[1]!, data, seed));
        return;
      case "promote": {
        expectArguments(rest, 2);
        const alias = oneOf("alias", rest[0]!, aliasNames);
        const { force, reason } = values;
        const share = values.share === undefined ? {} : { share: Number(values.share) };
        if (values.share !== undefined && !(Number(values.share) >= 0 && Number(values.share) <= 1)) {
          throw new DomainError("invalid_argument", `--share must be from 0 to 1, not ${values.share}`);
        }
        console.log(
          describeChange(await promote(registry, rest[1]!, { role: alias, force, reason, ...share })),
        );
        return;
      }
      case "rollback": {
        if (rest.length > 1) expectArguments(rest, 1);
        const alias = oneOf("alias", rest[0] ?? "champion", aliasNames);
        const { force, reason } = values;
        console.log(describeChange(await rollBack(registry, { role: alias, force, reason })));
        return;
      }
      case "history":
        if (rest.length > 1) expectArguments(rest, 1);
        console.log(await history(registry, rest[0] && oneOf("alias", rest[0], aliasNames)));
        return;
      case "import": {
        expectArguments(rest, 1);
        const { name, currency, algorithm, expected } = values;
        const { "fraud-class": fraudClass, output, columns } = values;
        if (!CURRENCY_FORM.test(currency)) {
          throw new DomainError(
            "invalid_argument",
            `--currency ${currency}: must be an ISO 4217 code, e.g. EUR`,
          );
        }
        if (data === undefined || name === undefined) {
          throw new DomainError("invalid_argument", `import needs --data and --name\n${usage}`);
        }
        const asked = {
          name: modelName(name),
          algorithm,
          currency,
          seed,
          expected,
          said: { fraudClass, output, columns: columns?.split(",").map((column) => column.trim()) },
        };
        console.log(await importFile(registry, rest[0]!, data, asked));
        return;
      }
      case "retune": {
        expectArguments(rest, 1);
        const { "reviews-per-day": reviews, "alerts-per-day": alerts } = values;
        if (data === undefined || reviews === undefined) {
          throw new DomainError("invalid_argument", `retune needs --data and --reviews-per-day\n${usage}`);
        }
        const capacity: Capacity = {
          reviewsPerDay: wholeNumber("reviews-per-day", reviews, 1),
          ...(alerts !== undefined && { alertsPerDay: wholeNumber("alerts-per-day", alerts, 1) }),
        };
        console.log(await retuneVersion(registry, rest[0]!, data, capacity));
        return;
      }
      case "verify":
        if (rest.length > 1) expectArguments(rest, 1);
        await verify(registry, rest[0], data);
        return;
      default:
        throw new DomainError("invalid_argument", command ? `unknown command "${command}"\n${usage}` : usage);
    }
  },
  { allowPositionals: true },
);

/** Reads the labelled transactions that were given. */
type LoadData = () => Promise<Dataset>;

function expectArguments(given: readonly string[], count: number): void {
  if (given.length !== count) {
    throw new DomainError("invalid_argument", `${count} arguments wanted, ${given.length} given\n${usage}`);
  }
}

async function read(registry: string, reference: string): Promise<StoredModel> {
  return readModel(registry, await resolveModel(registry, reference));
}

async function list(registry: string): Promise<string> {
  const rows: string[][] = [
    ["model", "aliases", "algorithm", "AUPRC (95 %)", "AUC (95 %)", "frauds", "kB", "protocol"],
  ];
  for (const version of await listVersions(registry)) {
    const reference = `${version.name}@${version.version}`;
    try {
      const { card, aliases, bytes } = await readModel(registry, version);
      const [auprc, auc] = ["auprc", "auc"].map((name) => cardFigures(card).get(name));
      const size = String(Math.round(bytes.length / 1000));
      const figures = [interval(auprc), interval(auc), String(card.measured_on?.frauds ?? "–")];
      rows.push([reference, aliases.join(" "), card.algorithm, ...figures, size, card.split.protocol]);
    } catch (error) {
      rows.push([reference, "", `broken: ${messageOf(error)}`]);
    }
  }
  return rows.length === 1 ? "the registry is empty" : table(rows);
}

/** The claim of a card that has one. */
function claimOf({ metrics }: StoredModel["card"]): string[] {
  const claimed = metrics.find(({ name, protocol }) => name === "auprc" && protocol === WALK_FORWARD);
  return claimed ? [`AUPRC ${interval(claimed)} (claim: mean of a walk forward)`] : [];
}

/** AUPRC on the single test stretch. */
function atTest({ metrics }: StoredModel["card"]) {
  return metrics.find(({ name, protocol }) => name === "auprc" && protocol !== WALK_FORWARD);
}

function show({ name, version, card, schema, aliases }: StoredModel): string {
  const figures = cardFigures(card);
  return [
    `${name}@${version}${aliases.length > 0 ? ` (${aliases.join(", ")})` : ""}: ${card.algorithm}, ${card.inputs.length} columns`,
    ...claimOf(card),
    `AUPRC ${interval(atTest(card))}, AUC ${interval(figures.get("auc"))} (${card.split.protocol})`,
    ...(card.measured_on ? [describeMeasuredOn(card.measured_on)] : []),
    ...describeInputs(card, schema),
    ...card.limits.map((limit) => `- ${limit}`),
  ].join("\n");
}

async function compare(registry: string, a: string, b: string, data: LoadData | undefined, seed: number) {
  const [first, second] = [await read(registry, a), await read(registry, b)];
  const cards = comparisonTable(first, second);
  if (data === undefined) return cards;
  const rows = await data();
  for (const model of [first, second]) requireRowsOf(model, rows);
  const looked = await countLook(registry, rows);
  const { first: one, second: two, difference } = await compareFiles(first.bytes, second.bytes, rows, seed);
  const decided = difference.low > 0 || difference.high < 0;
  return [
    cards,
    "",
    `Both files on the honest test rows of ${rows.file}, AUPRC with 95 % interval over the same draws:`,
    `  ${first.name}@${first.version}  ${interval(one)}`,
    `  ${second.name}@${second.version}  ${interval(two)}`,
    `  difference  ${interval(difference)}: ${decided ? "more than chance" : "within chance"}`,
    looked,
  ].join("\n");
}

async function history(registry: string, role: string | undefined): Promise<string> {
  const all = await readServingHistory(registry);
  const rows = all
    .filter((made) => role === undefined || made.role === role)
    .map(({ at, actor, act, role: changed, before, after, reason, despite }) => {
      const forced = despite === "" ? "" : ` (forced: ${despite})`;
      const what =
        changed === "" ? "" : `${changed} ${shown(before, changed)} → ${shown(after, changed)}${forced}`;
      return [at, actor.name, act, what, reason];
    });
  return rows.length === 0 ? "nothing has been changed" : table([["at", "by", "", "", "reason"], ...rows]);
}

/** Who has a role, with a challenger's share. */
function shown(state: Awaited<ReturnType<typeof readServing>>, role: string): string {
  const holder = holderOf(state, role) || "none";
  return role === "challenger" && state.challenger ? `${holder} ${state.challenger.share}` : holder;
}

async function importFile(
  registry: string,
  file: string,
  data: LoadData,
  {
    currency,
    expected,
    ...asked
  }: Pick<ImportOptions, "name" | "algorithm" | "seed" | "said"> & {
    readonly currency: string;
    readonly expected: string | undefined;
  },
) {
  let given: Uint8Array;
  try {
    given = await readFile(file);
  } catch (error) {
    throw new DomainError("invalid_argument", `${basename(file)} cannot be read: ${messageOf(error)}`);
  }
  const sample = expected === undefined ? undefined : await readExpectedScores(expected, inputNames);
  const dataset = await data();
  const options = {
    ...asked,
    expected: sample,
    thresholds,
    libraries: libraryVersions(),
    file: basename(file),
  };
  let imported: Awaited<ReturnType<typeof importModel>>;
  try {
    const whole = await withExternalData(given, (beside) => readFile(join(dirname(file), beside)));
    imported = await importModel(whole, dataset, options);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new DomainError(error.code, `${basename(file)} is refused: ${error.message}`, { cause: error });
  }
  const looked = await countLook(registry, dataset);
  const schema = publicSetSchema(imported.card.name, currency);
  const version = await writeVersion(registry, imported.card, imported.bytes, { schema });
  const figures = cardFigures(imported.card);
  return [
    `imported ${version.name}@${version.version}; probability: ${imported.card.parameters["probability"]}`,
    `  AUPRC ${interval(figures.get("auprc"))}, AUC ${interval(figures.get("auc"))} (${imported.card.split.protocol})`,
    ...measuredLines(imported.card),
    `  ${looked}`,
    ...(sample
      ? [`  scores as ${sample.file} says (column ${sample.column}, ${sample.lines.length} rows)`]
      : []),
    ...imported.questions.map((question) => `  ${question}`),
  ].join("\n");
}

async function retuneVersion(registry: string, reference: string, data: LoadData, capacity: Capacity) {
  const model = await read(registry, reference);
  const rows = await data();
  requireRowsOf(model, rows);
  const card = await retune(model, rows, capacity);
  const looked = await countLook(registry, rows);
  const schema = (await readSchemaText(registry, model)) ?? publicSetSchema(card.name, DEFAULT_CURRENCY);
  const version = await writeVersion(registry, card, model.bytes, { schema });
  const figures = cardFigures(card);
  const perDay = (name: string) => figures.get(name)?.value.toFixed(1) ?? "?";
  const { medium, high, critical } = card.thresholds;
  return [
    `${version.name}@${version.version}: Medium from ${medium}, High from ${high}, Critical from ${critical}`,
    `  ${perDay("reviews_per_day")} reviews and ${perDay("alerts_per_day")} alerts a day; promote it to use it`,
    ...measuredLines(card),
    `  ${looked}`,
  ].join("\n");
}

function measuredLines({ measured_on: measured }: CardDraft): string[] {
  return measured ? [`  ${describeMeasuredOn(measured)}`] : [];
}

async function verify(registry: string, reference: string | undefined, data: LoadData | undefined) {
  const versions =
    reference === undefined ? await listVersions(registry) : [await resolveModel(registry, reference)];
  const dataset = await data?.();
  let broken = 0;
  for (const version of versions) {
    const label = `${version.name}@${version.version}`;
    try {
      for (const line of await verifyVersion(registry, version, dataset)) console.log(`${label}: ${line}`);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      broken++;
      console.error(`${label}: BROKEN: ${error.message}`);
    }
  }
  console.log(`${versions.length - broken} of ${versions.length} versions are as their cards say`);
  if (broken > 0) process.exitCode = 1;
}
