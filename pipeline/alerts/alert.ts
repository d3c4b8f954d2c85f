import { unitsOf } from "../../domain/money.ts";
import type { Logger } from "../../platform/process/logger.ts";
import type { EscalatedCase } from "../review/escalate.ts";

/** Something a person should know now. */
export interface Alert {
  readonly kind: "case_escalated";
  readonly at: Date;
  readonly case: EscalatedCase;
}

/** Sends an alert somewhere. Throwing makes the caller log it; the work that raised it is done either way. */
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

/** One sink out of several; one that fails does not keep the others from being told. */
export function allOf(sinks: readonly AlertSink[], logger: Logger): AlertSink {
  return async (alert) => {
    const results = await Promise.allSettled(sinks.map((sink) => sink(alert)));
    for (const result of results) {
      if (result.status === "rejected")
        logger.error({ alert: alert.kind, err: result.reason }, "alert not sent");
    }
  };
}
