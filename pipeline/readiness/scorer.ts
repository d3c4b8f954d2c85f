import { DomainError } from "../../platform/process/errors.ts";
import type { ScorerClient } from "../../scorer/client.ts";

/**
 * Looks whether a payment could be scored.
 *
 * @returns what is wrong, as words that follow "scorer"; undefined when nothing is
 */
export async function scorerTrouble(scorer: Pick<ScorerClient, "health">): Promise<string | undefined> {
  try {
    return (await scorer.health()) === "serving"
      ? undefined
      : "does not serve: it has no model, or is stopping";
  } catch (error) {
    const { code } = DomainError.from(error);
    if (code === "unauthenticated" || code === "permission_denied") return "does not take our SCORER_API_KEY";
    return "does not answer";
  }
}
