import { constants } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { SYSTEM } from "../../domain/actors.ts";
import { codeOf } from "../../platform/process/errors.ts";
import { resolveModel } from "./registry.ts";
import { changeServing, readServing, readServingHistory, type ServingState } from "./state.ts";

/** What `npm start -- --demo NAME` can show, and whose newest version is champion there. */
export const DEMO_CHAMPIONS = { payments: "payments-demo" } as const;
export type Demo = keyof typeof DEMO_CHAMPIONS;

export interface SeedOptions {
  /** Whose champion serves as long as nobody has chosen otherwise; the seed's own when left out. */
  readonly demo?: Demo | undefined;
  /** Leaves who serves alone where somebody does: for programs that only look on. */
  readonly keepServing?: boolean;
}

/**
 * Fills a registry from the one that came with the product: versions that are missing are copied, none is overwritten. Who
 * serves in the seed serves here as long as nobody has chosen otherwise: a new release's champion follows, an operator's
 * choice stays.
 *
 * @returns the folder to serve from: `seed` itself where `root` cannot be written
 */
export async function seedRegistry(seed: string, root: string, options: SeedOptions = {}): Promise<string> {
  try {
    await mkdir(root, { recursive: true });
    for (const name of await folders(seed)) {
      for (const version of await folders(join(seed, name))) await copyVersion(seed, root, name, version);
    }
    await followSeed(seed, root, options);
    return root;
  } catch (error) {
    if (["EACCES", "EROFS", "EPERM"].includes(codeOf(error) ?? "")) return seed;
    throw error;
  }
}

async function followSeed(seed: string, root: string, { demo, keepServing }: SeedOptions): Promise<void> {
  const wanted = demo ? await servingOf(seed, demo) : await readServing(seed);
  const history = await readServingHistory(root).catch(() => undefined);
  if (history === undefined) return;
  const chosen = history.some(({ act }) => act !== "seed" && act !== "load");
  // What is broken is not to be seeded over: the scorer serves the last state that it can read, and says so.
  const now = await readServing(root).catch(() => undefined);
  if (now === undefined || (keepServing && now.champion !== "")) return;
  if (chosen || JSON.stringify(now) === JSON.stringify(wanted)) return;
  // What an earlier version was told lies in its own files; somebody chose it.
  if (now.champion !== "" && history.length === 0) return;
  await changeServing(root, {
    ...{ actor: SYSTEM, act: "seed", role: "champion", reason: "as it came with the product" },
    // Another process may have been faster.
    change: (serving) => (JSON.stringify(serving) === JSON.stringify(wanted) ? serving : wanted),
  });
}

async function servingOf(seed: string, demo: Demo): Promise<ServingState> {
  const { name, version } = await resolveModel(seed, DEMO_CHAMPIONS[demo]);
  return { champion: `${name}@${version}`, challenger: null, shadows: [] };
}

async function folders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name);
}

/** Into a folder beside, then renamed: a reader sees all of a version or nothing. */
async function copyVersion(seed: string, root: string, name: string, version: string): Promise<void> {
  const target = join(root, name, version);
  await mkdir(join(root, name), { recursive: true });
  if ((await folders(join(root, name))).includes(version)) return;
  const beside = await mkdtemp(join(root, ".seeding-"));
  try {
    for (const file of await readdir(join(seed, name, version))) {
      await copyFile(join(seed, name, version, file), join(beside, file), constants.COPYFILE_FICLONE);
      // A copy has the rights of what was copied, and the checkout may be everybody's to read.
      await chmod(join(beside, file), 0o600);
    }
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    // Another process was faster.
    if (!["ENOTEMPTY", "EEXIST"].includes(codeOf(error) ?? "")) throw error;
  }
}
