import { z } from "zod";
import { LABELS, type Label } from "../../domain/verdicts.ts";
import { instant, label } from "../doors/fields.ts";

/** What a bank says of a payment weeks later. */
export interface Chargeback {
  readonly transactionId: string;
  /** `legitimate` is a chargeback that was reversed; fraud when left out. */
  readonly label?: Label | undefined;
  /** ISO 8601 with an offset. */
  readonly reportedAt: string;
  /** The scheme's or the bank's word for why, e.g. "10.4". */
  readonly reasonCode?: string | undefined;
}

const FUTURE = "lies in the future";

/** Whether a moment has not come yet. */
export function isToCome(atMs: number): boolean {
  return atMs > Date.now();
}

/** A chargeback as programs send it and files hold it. */
export const chargebackBody = z.strictObject({
  transaction_id: label(128, 1).meta({ description: "As the payment was decided or imported." }),
  label: z.enum(LABELS, "must be fraud or legitimate").default("fraud").meta({
    description: "legitimate: the chargeback was reversed.",
  }),
  reported_at: instant
    .refine((at) => !isToCome(Date.parse(at)), FUTURE)
    .meta({ description: "When it became known: from then on it is learned from." }),
  reason_code: label(64).optional().meta({
    description: "The scheme's or the bank's word for why; kept in the audit log.",
  }),
});

/** The same for the code. */
export function chargebackOf(body: z.output<typeof chargebackBody>): Chargeback {
  return {
    transactionId: body.transaction_id,
    label: body.label,
    reportedAt: body.reported_at,
    reasonCode: body.reason_code,
  };
}
