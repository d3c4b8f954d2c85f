import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { inputColumns, type ModelSchema } from "../../domain/features/definition.ts";
import { byEdgedTier, EDGED_TIERS } from "../../domain/tiers.ts";
import { contractField } from "../../domain/transaction.ts";
import { codeOf, DomainError, messageOf } from "../../platform/process/errors.ts";
import { unreadable } from "./registry-file.ts";
import { readModelSchema } from "./schema-file.ts";
import { readServing } from "./state.ts";

/**
 * The registry on disk: `<root>/<name>/<version>/{model.onnx,card.json}` (immutable) and who serves (state.ts). The
 * offline side writes versions; roles move by promotion.ts and the administration alone.
 */

/** 0 < the first < … < the last ≤ 1 */
function areRising(edges: readonly number[]): boolean {
  return edges.every((edge, i) => (edges[i - 1] ?? 0) < edge && edge <= 1);
}

/** A figure with its protocol; `low`/`high` are the ends of the 95 % interval. */
const metricSchema = z.object({
  name: z.string(),
  protocol: z.string(),
  value: z.number(),
  low: z.number().optional(),
  high: z.number().optional(),
  note: z.string().optional(),
});

/** A transformed feature, in the order of the graph's `features` output: value = (f(raw) − center) / scale. */
const featureSchema = z.object({
  name: z.string(),
  /**
   * Of the input named by `input`: "identity", "log1p", "hour" (mod 86,400 / 3,600: hour of day, with its
   * fraction) or "hour_index" (floor(/ 3,600): the original's hour since the start of the data).
   */
  transform: z.enum(["identity", "log1p", "hour", "hour_index"]),
  input: z.string(),
  center: z.number(),
  scale: z.number(),
});

export const cardSchema = z.looseObject({
  schema: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
  created_at: z.iso.datetime(),
  algorithm: z.string(),
  /** SHA-256 of model.onnx, lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** What the graph reads, in its order: Time, V1…V28, Amount, or fields of a team's own. */
  inputs: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(512)
    .refine((names) => new Set(names).size === names.length, "must be distinct"),
  features: z.array(featureSchema),
  /** Lower edges of the tiers and of `fraud_predicted`. */
  thresholds: z
    .object({ ...byEdgedTier(() => z.number()), fraud: z.number() })
    .refine((edges) => areRising(EDGED_TIERS.map((tier) => edges[tier])), {
      message: `tier thresholds must rise: 0 < ${EDGED_TIERS.join(" < ")} ≤ 1`,
    }),
  parameters: z.record(z.string(), z.unknown()),
  data: z.looseObject({ sha256: z.string(), rows: z.number().int() }),
  split: z.looseObject({ protocol: z.string() }),
  /** Where the figures come from; older cards have only `data`, which they were trained and measured on. */
  measured_on: z
    .object({
      file: z.string(),
      sha256: z.string(),
      rows: z.number().int(),
      frauds: z.number().int(),
      /** What the number of frauds is worth. */
      note: z.string(),
    })
    .optional(),
  seed: z.number().int(),
  libraries: z.record(z.string(), z.string()),
  metrics: z.array(metricSchema),
  parity: z.object({ rows: z.number().int(), max_abs_diff: z.number() }),
  limits: z.array(z.string()),
});

export type ModelCard = z.output<typeof cardSchema>;
export type ModelMetric = z.output<typeof metricSchema>;

/** Names a version exactly. */
export interface ModelVersion {
  readonly name: string;
  readonly version: string;
}

/** A version read from disk, its hash checked. */
export interface StoredModel extends ModelVersion {
  readonly bytes: Buffer;
  readonly card: ModelCard;
  /** The card as it stands in the file. */
  readonly cardJson: string;
  readonly aliases: readonly string[];
  /** What it reads of a payment; undefined where the card's inputs say so alone. */
  readonly schema?: ModelSchema | undefined;
}

/** Who has which role, as references to models may say it. @throws DomainError as {@link readServing} */
export async function readAliases(root: string): Promise<Readonly<Record<string, string>>> {
  const { champion, challenger, shadows } = await readServing(root);
  return {
    ...(challenger ? { challenger: challenger.model } : {}),
    ...(champion === "" ? {} : { champion }),
    ...(shadows[0] === undefined ? {} : { shadow: shadows[0] }),
  };
}

/** Every version on disk, by name then version. @throws DomainError `not_found` when there is no such folder */
export async function listVersions(root: string): Promise<ModelVersion[]> {
  const found: ModelVersion[] = [];
  try {
    for (const name of await readdir(root, { withFileTypes: true })) {
      if (!name.isDirectory()) continue;
      for (const version of await readdir(join(root, name.name), { withFileTypes: true })) {
        if (version.isDirectory()) found.push({ name: name.name, version: version.name });
      }
    }
  } catch (error) {
    throw unreadable(error);
  }
  return found.sort((a, b) => a.name.localeCompare(b.name) || compareVersions(a.version, b.version));
}

/**
 * Resolves "", an alias, "name" (its newest version) or "name@version".
 *
 * @throws DomainError `not_found` when nothing of that name is there
 */
export async function resolveModel(root: string, reference: string): Promise<ModelVersion> {
  const aliases = await readAliases(root);
  const alias = reference === "" ? "champion" : reference;
  const wanted = (Object.hasOwn(aliases, alias) ? aliases[alias] : undefined) ?? reference;
  const [name = "", version] = wanted.split("@");
  const versions = (await listVersions(root)).filter((v) => v.name === name);
  const found = version === undefined ? versions.at(-1) : versions.find((v) => v.version === version);
  if (!found) throw new DomainError("not_found", `no model "${reference || "champion"}" in the registry`);
  return found;
}

/**
 * Reads one version and verifies it: the card against its schema, the file against the card's hash.
 *
 * @throws DomainError `not_found` when a file is missing, `invalid_argument` when the card, the hash or the schema is
 *   wrong
 */
export async function readModel(root: string, { name, version }: ModelVersion): Promise<StoredModel> {
  const folder = join(root, name, version);
  let bytes: Buffer;
  let cardJson: string;
  try {
    [bytes, cardJson] = await Promise.all([
      readFile(join(folder, "model.onnx")),
      readFile(join(folder, "card.json"), "utf8"),
    ]);
  } catch (error) {
    throw new DomainError("not_found", `the files of ${name}@${version} cannot be read (${codeOf(error)})`, {
      cause: error,
    });
  }
  let card: ModelCard;
  try {
    card = cardSchema.parse(JSON.parse(cardJson));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new DomainError("invalid_argument", `card.json of ${name}@${version} is wrong: ${why}`, {
      cause: error,
    });
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== card.sha256) {
    throw new DomainError(
      "invalid_argument",
      `model.onnx of ${name}@${version} does not match its card: ${sha256} instead of ${card.sha256}`,
    );
  }
  const schema = await readModelSchema(root, { name, version });
  if (schema && inputColumns(schema).join() !== card.inputs.map(contractField).join()) {
    throw new DomainError(
      "invalid_argument",
      `card.json of ${name}@${version} names other inputs than its schema.yaml: ` +
        `${card.inputs.join(", ")} instead of ${inputColumns(schema).join(", ")}`,
    );
  }
  const self = `${name}@${version}`;
  const aliases = Object.entries(await readAliases(root))
    .filter(([, target]) => target === self)
    .map(([alias]) => alias);
  return { name, version, bytes, card, cardJson, aliases, ...(schema ? { schema } : {}) };
}

/** Orders "2026-11-22.2" before "2026-11-22.10". */
function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
