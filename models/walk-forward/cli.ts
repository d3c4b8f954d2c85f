import { givenDecimal } from "../../features/offline/given.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { loadAndDescribe, modelName, oneFile, oneOf, runCommand, wholeNumber } from "../cli/arguments.ts";
import { checkOwnOptions, OWN_USAGE, type OwnValues, ownOptions } from "../cli/own-options.ts";
import { readOwnGiven } from "../cli/own-training.ts";
import { requireBoth } from "../protocol/honest.ts";
import { openServedRegistry } from "../registry.ts";
import { publicField } from "./candidates.ts";
import { chooseAndClaim, type Walkable } from "./choose-and-claim.ts";
import type { Field } from "./field.ts";
import { ownField } from "./own-field.ts";
import { splitAt, testStartOf } from "./rows.ts";
import { ownWalkable, publicWalkable } from "./walkables.ts";

const names = ({ candidates }: Field) => Object.keys(candidates);

const usage = `npm run walk-forward -- FILE.csv[.gz] [options]
  --candidates ${names(publicField).join(",")}
                      with --schema ${names(ownField).join(",")}
  --all               those that take long too (mlp)
  --until SECONDS     only rows before this Time are read; by default where the test stretch begins
  --label-delay 0     how late labels come, seconds: training rows end so long before a window begins
  --seeds 3           fits of each, with the seeds 1, 2, …; a figure is their mean, and none is picked
  --threads 2
  --claim NAME        opens the test stretch, once, for the chosen one's figures, and writes it as a version of that name
  --look-again        opens a stretch that was looked at before; the card and looks.json of the registry say so
  --registry FOLDER   the registry that is served (DATA_DIR/registry); models/registry to commit
With a schema, on a file of your own (CSV, JSON lines, Parquet), in the order of recording; its last fifth is the test stretch:
  --schema SCHEMA.yaml       what a payment has and which features the model reads (npm run schema -- check FILE)
${OWN_USAGE}
  --store                    in place of FILE: the payments of the store, decided and imported
Chooses a kind of model forward in time, on rows before the test stretch alone: of those within one standard error of the
best, the simplest. Windows hold about as many frauds each; how many there are follows from the frauds of the file.`;

const options = {
  candidates: { type: "string" },
  all: { type: "boolean", default: false },
  until: { type: "string" },
  seeds: { type: "string", default: "3" },
  threads: { type: "string", default: "2" },
  claim: { type: "string" },
  "look-again": { type: "boolean", default: false },
  registry: { type: "string" },
  ...ownOptions,
} as const;

await runCommand(
  usage,
  options,
  async ({ values, positionals }) => {
    const name = values.claim === undefined ? undefined : modelName(values.claim);
    checkOwnOptions(values, "FILE", positionals[0], { delays: true });
    const file = values.store ? undefined : oneFile(positionals, "npm run walk-forward -- FILE.csv");
    const field = values.schema === undefined ? publicField : ownField;
    const asked = values.candidates?.split(",").map((each) => oneOf("candidates", each, names(field)));
    const seeds = wholeNumber("seeds", values.seeds, 1);
    const threads = wholeNumber("threads", values.threads, 1);
    const of =
      values.schema === undefined
        ? await publicOf(file as string, values, name !== undefined)
        : await ownOf(file, { ...values, schema: values.schema });
    await chooseAndClaim(of, {
      // In the order of simplicity, whatever order they were named in.
      names: names(field).filter(
        (each) => asked?.includes(each) ?? (values.all || field.candidates[each]?.slow !== true),
      ),
      ...{ seeds, threads },
      claim:
        name === undefined
          ? undefined
          : { name, registry: values.registry ?? (await openServedRegistry()), again: values["look-again"] },
    });
  },
  { allowPositionals: true },
);

interface Values extends OwnValues {
  readonly until?: string | undefined;
}

async function publicOf(file: string, values: Values, claims: boolean): Promise<Walkable> {
  const labelDelay = wholeNumber("label-delay", values["label-delay"] ?? "0");
  const until = values.until === undefined ? undefined : wholeNumber("until", values.until, 1);
  const data = await loadAndDescribe(file, givenDecimal(values.decimal));
  const testStart = until ?? testStartOf(data);
  if (claims) requireBoth(data, splitAt(data, testStart).test, "test", `Time ≥ ${testStart}`);
  return publicWalkable(data, testStart, labelDelay);
}

async function ownOf(
  file: string | undefined,
  values: Values & { readonly schema: string },
): Promise<Walkable> {
  if (values.until !== undefined) {
    throw new DomainError("invalid_argument", "--until is the public data set's: leave it out with --schema");
  }
  const { schema: schemaFile, column: columns, zone, decimal, rates, "label-delay": labelDelay } = values;
  return ownWalkable(
    await readOwnGiven({ schemaFile, file, columns, zone, decimal, rates, labelDelay }),
    values.store,
  );
}
