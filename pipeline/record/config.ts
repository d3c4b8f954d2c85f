import { z } from "zod";
import type { ControlGroup } from "../../domain/control-group.ts";
import { MAX_SLA_MINUTES, type ReviewSla } from "../../domain/policy/decision-policy.ts";

/** What whoever records decisions reads of the environment: which of them people look at beyond the policy, and by when. */
export const reviewEnv = {
  /** How long a case may stay open. */
  REVIEW_SLA_HIGH_MINUTES: z.coerce.number().positive().max(MAX_SLA_MINUTES).default(240),
  REVIEW_SLA_CRITICAL_MINUTES: z.coerce.number().positive().max(MAX_SLA_MINUTES).default(60),
  /** Of the payments that the policy does not send to people, the share that is drawn for the control group. */
  REVIEW_CONTROL_SHARE: z.coerce.number().min(0).max(1).default(0),
  REVIEW_CONTROL_MINUTES: z.coerce.number().positive().max(MAX_SLA_MINUTES).default(1_440),
};

const MINUTE_MS = 60_000;

/** The same as recording takes it. */
export function reviewing(config: Readonly<Record<keyof typeof reviewEnv, number>>): {
  readonly sla: ReviewSla;
  readonly control: ControlGroup;
} {
  return {
    sla: {
      high: config.REVIEW_SLA_HIGH_MINUTES * MINUTE_MS,
      critical: config.REVIEW_SLA_CRITICAL_MINUTES * MINUTE_MS,
    },
    control: { share: config.REVIEW_CONTROL_SHARE, slaMs: config.REVIEW_CONTROL_MINUTES * MINUTE_MS },
  };
}
