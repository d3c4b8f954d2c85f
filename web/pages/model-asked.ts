import { z } from "zod";
import type { KnownModels } from "../../domain/model-care.ts";
import type { AskedOfModels } from "../../pipeline/models/requests.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { FORM_ACTS } from "../components/model-acts.tsx";

/** What a form of the page sends. */
export const askForm = z.object({
  act: z.enum(FORM_ACTS),
  model: z.string().max(200).default(""),
  /** Percent of the cards. */
  share: z.string().max(20).default(""),
  reason: z.string().max(5_000).default(""),
});
export type AskForm = z.output<typeof askForm>;

/**
 * What a form asks for, as a worker is asked. Shadows are asked for whole, so those that there are now are read along.
 *
 * @throws DomainError `invalid_argument` for what nobody can do, `conflict` before a worker has looked
 */
export function askedBy(
  { act, model, share, reason }: AskForm,
  known: KnownModels | undefined,
): AskedOfModels {
  if (act === "retrain" || act === "compare") return { act, reason };
  if (!known) throw new DomainError("conflict", "no worker has looked yet which models there are");
  switch (act) {
    case "roll_back":
      if (known.before === "") throw new DomainError("conflict", "nobody was champion before");
      if (model !== known.before) {
        throw new DomainError("conflict", `a roll-back leads to ${known.before} by now: look again`);
      }
      return { act, model, reason };
    case "promote":
      return { act, model: versionOf(known, model), reason };
    case "challenge":
      return { act: "set_challenger", model: versionOf(known, model), share: shareOf(share), reason };
    case "end_challenge":
      if (known.challenger?.model !== model) {
        throw new DomainError("conflict", `${versionOf(known, model)} is no challenger any more`);
      }
      return { act: "set_challenger", reason };
    case "shadow":
      return shadows(
        [...known.shadows.filter((shadow) => shadow !== model), versionOf(known, model)],
        reason,
      );
    case "end_shadow":
      return shadows(
        known.shadows.filter((shadow) => shadow !== model),
        reason,
      );
  }
}

const shadows = (models: readonly string[], reason: string): AskedOfModels => ({
  act: "set_shadows",
  model: models.join(" "),
  reason,
});

function versionOf({ versions }: KnownModels, model: string): string {
  if (versions.some(({ id }) => id === model)) return model;
  throw new DomainError("conflict", "there is no such version any more");
}

/** Percent, as somebody types it. */
function shareOf(text: string): number {
  const percent = Number(text.replace(",", "."));
  if (text.trim() !== "" && percent >= 1 && percent <= 50) return percent / 100;
  throw DomainError.invalid([{ field: "share", description: "must be from 1 to 50 percent of the cards" }]);
}
