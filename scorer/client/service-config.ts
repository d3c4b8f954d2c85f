import type { ServiceConfig } from "@grpc/grpc-js";

const SERVICE = "paysecure.scoring.v1.ScoringService";

/**
 * How the client balances and retries (gRFC A6, A24). Scoring changes nothing on the server, and what is recorded is
 * keyed by transaction id, so a call that the server never answered may be sent again. Calls that were refused for
 * overload are retried too, but only after the pause the server asked for, and retries stop while most calls fail.
 */
export const SERVICE_CONFIG: ServiceConfig = {
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: ["Score", "ScoreBatch", "Explain", "GetModel"].map((method) => ({ service: SERVICE, method })),
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: "0.05s",
        maxBackoff: "1s",
        backoffMultiplier: 3,
        retryableStatusCodes: ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
      },
    },
  ],
  retryThrottling: { maxTokens: 50, tokenRatio: 0.2 },
};
