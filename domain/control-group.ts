/**
 * Payments that the policy would not send to people, drawn by chance and looked at all the same: what nobody looks at
 * teaches nothing, and figures of what was looked at hold for that alone. Their labels stand for 1 ÷ share payments each.
 */
export interface ControlGroup {
  /** Of the payments that are not sent to people, 0 to 1. */
  readonly share: number;
  /** How long such a case may stay open, milliseconds. */
  readonly slaMs: number;
  /** Draws from [0, 1); chance that nobody can tell where it is left out. */
  readonly draw?: () => number;
}

export const NO_CONTROL_GROUP: ControlGroup = { share: 0, slaMs: 0 };
