import { unitsOf } from "../../domain/money.ts";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import type { EscalatedCase } from "../review/escalate.ts";

/** Something a person should know now. */
export interface Alert {
  readonly kind: "case_escalated";
  readonly at: Date;
  readonly case: EscalatedCase;
}

/** Sends an alert somewhere. It left the outbox: when this throws it is sent again later, so it may come twice. */
export type AlertSink = (alert: Alert) => Promise<void>;

/** Every alert as a warning in the log. */
export function logAlerts(logger: Logger): AlertSink {
  return async ({ kind, case: c }) => {
    logger.warn(
      {
        alert: kind,
        caseId: c.caseId,
        riskTier: c.riskTier,
        amount: unitsOf(c.amountMinor, c.currency),
        currency: c.currency,
        dueAt: c.dueAt.toISOString(),
      },
      `case ${c.caseId} passed its review deadline undecided`,
    );
  };
}

/**
 * One sink out of several: all are told, whatever one of them says.
 *
 * @throws AggregateError when one failed: all are told again then
 */
export function allOf(sinks: readonly AlertSink[]): AlertSink {
  return async (alert) => {
    const results = await Promise.allSettled(sinks.map((sink) => sink(alert)));
    const reasons = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    if (reasons.length > 0)
      throw new AggregateError(reasons, `not told: ${reasons.map(messageOf).join("; ")}`);
  };
}
