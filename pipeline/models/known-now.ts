import type { KnownModels, KnownVersion } from "../../domain/model-care.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { versionBefore } from "../../scorer/serving/promotion.ts";
import { listVersions, readModel } from "../../scorer/serving/registry.ts";
import { readServing, readServingHistory } from "../../scorer/serving/state.ts";

/** The protocols that figures of a card may be by, the most honest first. */
const PROTOCOLS = ["walk-forward"];

/** Who serves and what there is, as the registry's files say. A version that cannot be read is left out. @throws DomainError when the registry cannot be read */
export async function knownModels(registry: string): Promise<KnownModels> {
  const serving = await readServing(registry);
  const versions: KnownVersion[] = [];
  for (const version of await listVersions(registry)) {
    const stored = await readModel(registry, version).catch((error: unknown) => messageOf(error));
    if (typeof stored === "string") continue;
    const { card } = stored;
    const figures = card.metrics.filter(({ name }) => name === "auprc");
    const auprc = figures.find(({ protocol }) => PROTOCOLS.includes(protocol ?? "")) ?? figures[0];
    const { training_run: run } = card as { readonly training_run?: { readonly run?: number } };
    versions.push({
      id: `${version.name}@${version.version}`,
      algorithm: card.algorithm,
      trainedAt: card.created_at,
      auprc: auprc
        ? {
            ...{ value: auprc.value, low: auprc.low ?? null, high: auprc.high ?? null },
            protocol: auprc.protocol ?? card.split.protocol,
          }
        : null,
      runId: typeof run?.run === "number" ? run.run : null,
    });
  }
  return {
    champion: serving.champion,
    challenger: serving.challenger,
    shadows: serving.shadows,
    before: versionBefore(await readServingHistory(registry), "champion", serving.champion) ?? "",
    versions,
  };
}

/** Changes when who serves does, or when a version comes or goes. Cheap to look at. */
export async function servingSignature(registry: string): Promise<string> {
  const [serving, versions] = await Promise.all([readServing(registry), listVersions(registry)]);
  return JSON.stringify([serving, versions]);
}
