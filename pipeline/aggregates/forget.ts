import type { StateStore } from "../../features/online/state-store.ts";
import type { ServedSchemas } from "./served-schemas.ts";

/**
 * Takes the states of one entity out of the online store, for every schema that serves: those of the entity alone, and
 * those it has together with others. Its next payment begins anew.
 *
 * @returns how many states went
 */
export async function forgetEntity(
  store: StateStore,
  schemas: Pick<ServedSchemas, "engines">,
  { entity, id }: { readonly entity: string; readonly id: string },
): Promise<number> {
  const identities = new Map<string, { readonly place: number; readonly of: number }>();
  for (const engine of await schemas.engines()) {
    engine.streams.forEach(({ key }, stream) => {
      const names = key.kind === "field" ? [] : key.names;
      const place = names.indexOf(entity);
      if (place >= 0) identities.set(engine.identities[stream] ?? "", { place, of: names.length });
    });
  }
  let gone = 0;
  for (const [identity, at] of identities) gone += await store.dropEntity(identity, id, at);
  return gone;
}
