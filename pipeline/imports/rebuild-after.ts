import { setTimeout as sleep } from "node:timers/promises";
import type { FeatureEngine } from "../../features/engine/engine.ts";
import { completeness } from "../../features/online/marks.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { type RebuildOptions, type RebuildProgress, rebuildAggregates } from "../aggregates/rebuild.ts";

const ASK_EVERY_MS = 2_000;

/**
 * Makes aggregates anew after an import, by the code of `npm run features:rebuild`, where anything is missing in them.
 * Waits for a rebuild that is under way, or died.
 *
 * @param engines two of one schema count once
 * @param changed whether the import changed anything
 * @returns undefined where nothing was missing
 */
export async function rebuildAfterImport(
  options: Omit<RebuildOptions, "engines"> & { readonly engines: readonly FeatureEngine[] },
  changed: boolean,
  onWait: () => void,
): Promise<RebuildProgress | undefined> {
  const identities = options.engines.flatMap((engine) => engine.identities);
  if (identities.length === 0) return undefined;
  const missing = async (): Promise<boolean> =>
    changed || (await completeness(options.store, identities)).some((state) => state !== "complete");
  for (let said = false; await missing(); said = true) {
    try {
      return await rebuildAggregates(options);
    } catch (error) {
      if (!(error instanceof DomainError && error.code === "conflict")) throw error;
    }
    if (!said) onWait();
    await sleep(ASK_EVERY_MS);
  }
  return undefined;
}
