import { type ServingModel, type ServingNames, servingNames } from "../../features/policy/serving-names.ts";
import type { Deps } from "../context.ts";

/** A page does not wait longer than this for the models, milliseconds. */
const PATIENCE_MS = 500;
/** How long an answer is good for, milliseconds: a condition is looked at as it is typed. */
const GOOD_FOR_MS = 5_000;

type Scorer = Pick<Deps["scorer"], "getModel">;
const remembered = new WeakMap<
  Scorer,
  { readonly at: number; readonly names: Promise<ServingNames | undefined> }
>();

/**
 * What champion and challenger have for rules to read.
 *
 * @returns undefined when the scorer does not answer: nothing is said of names then
 */
export function servingNamesOf(scorer: Scorer): Promise<ServingNames | undefined> {
  const known = remembered.get(scorer);
  if (known && performance.now() - known.at < GOOD_FOR_MS) return known.names;
  const names = ask(scorer);
  remembered.set(scorer, { at: performance.now(), names });
  return names;
}

function isSame({ model: one }: ServingModel, { model: other }: ServingModel): boolean {
  return one.name === other.name && one.version === other.version;
}

async function ask(scorer: Scorer): Promise<ServingNames | undefined> {
  const get = (alias: string): Promise<ServingModel | undefined> =>
    scorer.getModel(alias, { deadlineMs: PATIENCE_MS }).catch(() => undefined);
  const [champion, challenger] = await Promise.all([get("champion"), get("challenger")]);
  if (!champion) return undefined;
  const others = challenger && !isSame(challenger, champion) ? [challenger] : [];
  return servingNames([champion, ...others]);
}
