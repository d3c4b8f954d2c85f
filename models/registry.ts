import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { dataDir } from "../platform/process/config.ts";
import { DomainError } from "../platform/process/errors.ts";
import type { ModelRole } from "../scorer/serving/gate.ts";
import { cardSchema, listVersions, type ModelCard, type ModelVersion } from "../scorer/serving/registry.ts";
import { seedRegistry } from "../scorer/serving/seed.ts";

/** Where the repository keeps its versions. */
export const registryRoot = fileURLToPath(new URL("./registry", import.meta.url));

/**
 * The registry that the product serves from: `registry` in the data folder, filled from {@link registryRoot} first.
 *
 * @throws DomainError `conflict` when it cannot be written
 */
export async function openServedRegistry(): Promise<string> {
  return await seedRegistry(registryRoot, join(dataDir(), "registry"), { keepServing: true });
}

/** The aliases that the scorer knows. */
export const aliasNames = ["champion", "challenger", "shadow"] as const satisfies readonly ModelRole[];

/** A card but for what the writer itself knows. */
export type CardDraft = Pick<
  ModelCard,
  | "name"
  | "algorithm"
  | "inputs"
  | "features"
  | "thresholds"
  | "parameters"
  | "data"
  | "split"
  | "seed"
  | "libraries"
  | "metrics"
  | "parity"
  | "limits"
  | "measured_on"
> &
  Readonly<Record<string, unknown>>;

export interface WriteOptions {
  /** Default: the next free number of the name. */
  readonly version?: string;
  readonly createdAt?: Date;
  /** What the model reads of a payment, as text: schema.yaml. Left out for Time, V1…V28, Amount. */
  readonly schema?: string | undefined;
}

/**
 * Writes a version: into a folder beside, then renamed, so that a reader sees all of it or nothing. Versions are
 * immutable.
 *
 * @throws DomainError `conflict` when the version is there, `invalid_argument` when the card is wrong
 */
export async function writeVersion(
  root: string,
  draft: CardDraft,
  bytes: Uint8Array,
  options: WriteOptions = {},
): Promise<ModelVersion> {
  const { name } = draft;
  const version = options.version ?? (await nextVersion(root, name));
  const checked = cardSchema.safeParse({
    schema: 1,
    version,
    created_at: (options.createdAt ?? new Date()).toISOString(),
    sha256: createHash("sha256").update(bytes).digest("hex"),
    ...draft,
  });
  if (!checked.success) {
    throw new DomainError(
      "invalid_argument",
      `the card of ${name}@${version} is wrong: ${z.prettifyError(checked.error)}`,
    );
  }
  await mkdir(join(root, name), { recursive: true });
  // Beside the names, not inside one: a reader lists the folders of a name as its versions.
  const folder = await mkdtemp(join(root, ".writing-"));
  try {
    // mkdtemp keeps others out; a registry is for every process to read.
    await chmod(folder, 0o755);
    await writeFile(join(folder, "model.onnx"), bytes);
    await writeFile(join(folder, "card.json"), `${JSON.stringify(checked.data, null, 2)}\n`);
    if (options.schema !== undefined) await writeFile(join(folder, "schema.yaml"), options.schema);
    await rename(folder, join(root, name, version));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOTEMPTY" || code === "EEXIST") {
      throw new DomainError(
        "conflict",
        `${name}@${version} is in the registry already, versions are immutable`,
      );
    }
    throw error;
  }
  return { name, version };
}

async function nextVersion(root: string, name: string): Promise<string> {
  await mkdir(root, { recursive: true });
  const taken = (await listVersions(root)).filter((v) => v.name === name).map((v) => Number(v.version));
  return String(1 + Math.max(0, ...taken.filter(Number.isInteger)));
}
