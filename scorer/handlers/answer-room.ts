import { DomainError } from "../../platform/process/errors.ts";
import type { ServedPolicy } from "../policy/served-policy.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import type { BatchRequest } from "../wire/decode-request.ts";
import { decisionSize } from "../wire/encode-response.ts";
import { modelField, reasonsBytes } from "../wire/model-fields.ts";
import { longestPolicyFields } from "../wire/policy-fields.ts";
import { seenBytes } from "../wire/seen-fields.ts";

/** What V1…V28 take in a request, key and length included: for a model that reads them, a transaction without them is not scored. */
const V_BYTES = 3 + 28 * 4;
/** Key and length of a result in the answer. */
const RESULT_BYTES = 4;
/** What ScoreResponse.conversion takes at most: two doubles, a currency, a day. */
const CONVERSION_BYTES = 3 + 9 + 5 + 9 + 12;
/** 128 characters of four bytes. */
const MAX_ID_BYTES = 512;

/**
 * The room in a batch's one answer, known before any work is done. A decision without reasons takes no more than its
 * transaction took in the request: the id comes back, V1…V28 do not. What is left over is shared between reasons, at
 * their longest, and what is said about transactions that fail.
 */
export class AnswerRoom {
  readonly #models: readonly ServedModel[];
  readonly #count: number;
  readonly #maxBytes: number;
  /** What one decision takes at most, and all of them together. */
  readonly #maxDecisionBytes: number;
  readonly #decisionBytes: number;
  /** Kept for reasons. */
  #kept = 0;

  /** @param maxBytes the largest message that may be sent */
  constructor(
    { ranges, withFeatures }: BatchRequest,
    models: readonly ServedModel[],
    policy: ServedPolicy,
    maxBytes: number,
  ) {
    this.#models = models;
    this.#count = ranges.length / 2;
    this.#maxBytes = maxBytes;
    const fields = longestPolicyFields(policy.outcomes);
    const besidesId =
      Math.max(
        ...models.map((model) => decisionSize(0, modelField(model), fields) + seenOf(model, withFeatures)),
      ) + RESULT_BYTES;
    this.#maxDecisionBytes = MAX_ID_BYTES + besidesId;
    const inPlace = models.every(({ inputs }) => inputs.inPlace);
    const allNeedV = models.every(({ inputs }) => inputs.needsV);
    let bytes = this.#count * Math.max(0, besidesId + CONVERSION_BYTES - (allNeedV ? V_BYTES : 0));
    for (let i = 0; i < ranges.length; i += 2) {
      const sent = (ranges[i + 1] as number) - (ranges[i] as number);
      // Names of unknown fields come back too.
      bytes += inPlace ? Math.min(sent, this.#maxDecisionBytes) : sent;
    }
    this.#decisionBytes = bytes;
  }

  /**
   * Keeps room for the reasons of so many transactions.
   *
   * @throws DomainError `invalid_argument` that says how many there would be room for
   */
  keepForReasons(transactions: number): void {
    this.#kept = transactions * Math.max(...this.#models.map(reasonsBytes));
    const needed = this.#decisionBytes + this.#kept;
    if (needed <= this.#maxBytes) return;
    const fitting = Math.floor((this.#count * this.#maxBytes) / needed);
    throw DomainError.invalid([
      {
        field: "explain_from_tier",
        description:
          `asks for the reasons of ${transactions} transactions, which do not fit into one answer; ` +
          `send at most ${fitting} transactions like these at once, or ask from a higher tier`,
      },
    ]);
  }

  /** Bytes that the result of a transaction may take that fails and took `requestBytes` in the request. */
  ofFailure(requestBytes: number): number {
    return Math.min(requestBytes, this.#maxDecisionBytes) + this.#share - RESULT_BYTES;
  }

  /** Bytes that the rules of one decision may take. */
  get ofRules(): number {
    return Math.max(0, this.#share - RESULT_BYTES);
  }

  /** What is left over, for each transaction. */
  get #share(): number {
    return Math.floor(Math.max(0, this.#maxBytes - this.#decisionBytes - this.#kept) / this.#count);
  }
}

/** What an answer may say of what the model read. */
function seenOf({ inputs }: ServedModel, withFeatures: boolean): number {
  if (inputs.inPlace) return 0;
  return seenBytes(withFeatures ? inputs.width : 0);
}
