/** What is to be done with a payment, from nothing to the strongest. Which one is the policy's to say, not the tier's. */
export const ACTIONS = ["approve", "monitor", "verify", "block"] as const;
export type Action = (typeof ACTIONS)[number];
