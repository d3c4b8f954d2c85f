import { byEdgedTier } from "../../domain/tiers.ts";
import type { GetModelRequest__Output } from "../../proto/gen/paysecure/scoring/v1/GetModelRequest.ts";
import type { GetModelResponse } from "../../proto/gen/paysecure/scoring/v1/GetModelResponse.ts";
import { toGrpcStatus } from "../contract/status.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import type { HandlerContext } from "./context.ts";
import type { GuardedUnary } from "./guard.ts";

/** `GetModel`: what the server knows about a model it can use. */
export function getModelHandler(
  context: HandlerContext,
): GuardedUnary<GetModelRequest__Output, GetModelResponse> {
  return (call, callback) => {
    context.catalog
      .find(call.request.model)
      .then(async (model) => describe(model, await context.catalog.aliasesOf(model.id)))
      .then(
        (answer) => callback(null, answer),
        (error: unknown) => callback(toGrpcStatus(error)),
      );
  };
}

function describe(model: ServedModel, aliases: string[]): GetModelResponse {
  const { card } = model;
  const trainedAt = Date.parse(card.created_at);
  return {
    model: model.ref,
    sha256: card.sha256,
    trainedAt: { seconds: Math.floor(trainedAt / 1000), nanos: (trainedAt % 1000) * 1e6 },
    inputs: [...card.inputs],
    thresholds: byEdgedTier((tier) => card.thresholds[tier]),
    metrics: card.metrics.map(({ name, protocol, value, low, high }) => ({
      name,
      protocol,
      value,
      interval: low !== undefined && high !== undefined ? { low, high } : null,
    })),
    cardJson: model.cardJson,
    schemaJson: model.inputs.schema?.signature ?? "",
    aliases,
  };
}
