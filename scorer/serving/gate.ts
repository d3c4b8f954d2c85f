import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { edgeRows, requireProbabilities, type ScoreRows } from "./probes.ts";
import type { ModelCard, StoredModel } from "./registry.ts";

/** What a model is to do: the first two answer payments, a shadow only scores along. */
export type ModelRole = "champion" | "challenger" | "shadow";

/** How the protocol that reproduces the original's figures begins. */
const ORIGINAL = "original";

/**
 * The one gate in front of every role, for the command line and the scorer's administration alike. A model that is to
 * answer payments must have figures by an honest protocol in which it credibly ranks fraud above the rest, and one from
 * elsewhere must have been compared with what it answered there; any model must
 * give probabilities at the corners of what may come. Its card and hash were checked when it was read.
 *
 * @param force lets a model in whose figures speak against it; nothing lets one in that gives no probabilities
 * @returns what was overridden by `force`; "" when nothing was
 * @throws DomainError `invalid_argument` saying what keeps it out
 */
export async function requireFit(
  { name, version, card }: Pick<StoredModel, "name" | "version" | "card">,
  role: ModelRole,
  score: ScoreRows,
  force = false,
): Promise<string> {
  const refuse = (why: string): never => {
    throw new DomainError("invalid_argument", `${name}@${version} cannot be ${role}: ${why}`);
  };
  const objection = role === "shadow" ? "" : (objectionTo(card) ?? "");
  if (objection !== "" && !force) refuse(objection);
  try {
    await requireProbabilities(edgeRows(card.inputs), score, card.inputs);
  } catch (error) {
    if (error instanceof DomainError && error.code === "invalid_argument") refuse(messageOf(error));
    throw error;
  }
  return objection;
}

/** What speaks against a model of a protocol that is to answer payments; undefined where nothing does. */
export function protocolAgainst(protocol: string): string | undefined {
  return protocol.startsWith(ORIGINAL)
    ? "it was trained by the original protocol and is not calibrated: it would stop one payment in six"
    : undefined;
}

/** A model from elsewhere of which no sample of scores shows that it answers here as it did there. */
const UNPROVEN =
  "nothing shows that it scores here as where it was trained: import it again with a sample of rows and the scores that they should have, --expected SAMPLE";

/** What its card says against letting a model answer payments; undefined where it says nothing. */
export function objectionTo({ split, metrics, parameters, parity }: ModelCard): string | undefined {
  const auc = metrics.find(({ name }) => name === "auc");
  const byProtocol = protocolAgainst(split.protocol) ?? protocolAgainst(auc?.protocol ?? "");
  if (byProtocol !== undefined) return byProtocol;
  if (!auc) return "its card has no AUC, so nothing shows that it ranks fraud above the rest";
  const { value, low = value, high = value } = auc;
  if (low > 0.5) {
    const foreign = parameters["imported_from"] !== undefined;
    return foreign && parity.rows === 0 ? UNPROVEN : undefined;
  }
  const interval = `AUC ${value.toFixed(3)}, 95 %: ${low.toFixed(3)} to ${high.toFixed(3)}`;
  return high < 0.5
    ? `it ranks legitimate above fraud (${interval})`
    : `it does not credibly rank fraud above the rest (${interval})`;
}
