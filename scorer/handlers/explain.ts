import { DomainError } from "../../platform/errors.ts";
import type { ExplainResponse } from "../../proto/gen/paysecure/scoring/v1/ExplainResponse.ts";

import { tierRank } from "../scoring/risk-tier.ts";
import { INPUT_WIDTH, TEXT, TransactionInput } from "../scoring/transaction-input.ts";
import { validateTransaction } from "../scoring/validate.ts";
import type { Caller } from "../security/api-keys.ts";
import { toGrpcStatus } from "../status.ts";
import { decodeExplainRequest } from "../wire/decode-request.ts";
import type { HandlerContext } from "./context.ts";
import type { GuardedUnary } from "./guard.ts";

const input = new TransactionInput();

/** `Explain`: one transaction's score and how much each feature moved it. */
export function explainHandler(context: HandlerContext): GuardedUnary<Buffer, ExplainResponse> {
  return (call, callback, caller) => {
    explain(context, call.request, caller).then(
      (answer) => callback(null, answer),
      (error: unknown) => callback(toGrpcStatus(error)),
    );
  };
}

async function explain(context: HandlerContext, bytes: Buffer, caller: Caller): Promise<ExplainResponse> {
  caller.spend(1);
  const row = new Float32Array(INPUT_WIDTH);
  input.reset(bytes, row, 0);
  const options = decodeExplainRequest(bytes, input);
  if (!options.present) {
    throw DomainError.invalid([{ field: "transaction", description: "must be set" }]);
  }
  const violations = validateTransaction(input, "transaction");
  if (violations) throw DomainError.invalid(violations);
  const transactionId = input.text(TEXT.transactionId);
  context.admission.enter(1);
  try {
    const model = await context.catalog.acquire(options.model);
    try {
      const [explained] = await model.inference.explain(row, options.top);
      if (!explained) throw new DomainError("internal", "no explanation came back");
      const { thresholds } = model.card;
      const rank = tierRank(explained.probability, thresholds);
      return {
        score: {
          transactionId,
          fraudProbability: explained.probability,
          riskTier: (rank + 1) as 1 | 2 | 3 | 4,
          action: (rank + 1) as 1 | 2 | 3 | 4,
          fraudPredicted: explained.probability >= thresholds.fraud,
          model: model.ref,
        },
        baseline: explained.baseline,
        contributions: explained.reasons.map((reason) => ({ ...reason })),
        remainder: explained.remainder,
        unit: explained.unit,
        method: explained.method,
        rawScore: explained.rawScore,
      };
    } finally {
      model.release();
    }
  } finally {
    context.admission.leave(1);
  }
}
