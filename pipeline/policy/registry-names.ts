import { type ServingNames, servingNames } from "../../features/policy/serving-names.ts";
import { readModel, resolveModel } from "../../scorer/serving/registry.ts";
import { readServingOrLast } from "../../scorer/serving/state.ts";

/**
 * What the models that serve have for rules to read, as the registry's files say.
 *
 * @returns undefined where there is no registry that can be read: nothing is said of names then
 */
export async function registryNames(root: string): Promise<ServingNames | undefined> {
  try {
    const { champion, challenger } = (await readServingOrLast(root)).state;
    const references = [champion, challenger?.model ?? ""].filter((reference) => reference !== "");
    return servingNames(
      await Promise.all(
        references.map(async (reference) => {
          const { name, version, card, schema } = await readModel(root, await resolveModel(root, reference));
          return { model: { name, version }, inputs: card.inputs, schema };
        }),
      ),
    );
  } catch {
    return undefined;
  }
}
