/** What a person says of a payment after looking at it. The machine's word is a decision, never a verdict. */
export const VERDICTS = ["fraud", "legitimate"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What a verdict says more closely, when somebody says it. */
export const VERDICT_KINDS = {
  fraud: ["stolen_card", "counterfeit_card", "account_takeover", "card_testing", "scam", "first_party"],
  legitimate: ["useful_alert"],
} as const satisfies Record<Verdict, readonly string[]>;
export type VerdictKind = (typeof VERDICT_KINDS)[Verdict][number];
export const ALL_VERDICT_KINDS: readonly VerdictKind[] = VERDICTS.flatMap((verdict) => [
  ...VERDICT_KINDS[verdict],
]);

/** Whether the kind is one of this verdict. */
export function isKindOf(kind: VerdictKind, verdict: Verdict): boolean {
  return (VERDICT_KINDS[verdict] as readonly VerdictKind[]).includes(kind);
}

/** What else was done about a payment that somebody judged. */
export const FOLLOW_UPS = ["refunded", "customer_contacted"] as const;
export type FollowUp = (typeof FOLLOW_UPS)[number];

/** What is learned from: a verdict, a chargeback or what the source knows, once it counts as the truth. */
export const LABELS = VERDICTS;
export type Label = Verdict;

/** Where a label comes from: a person's verdict, the source's own knowledge (simulator, replay), a chargeback. */
export const LABEL_SOURCES = ["analyst", "truth", "chargeback"] as const;
export type LabelSource = (typeof LABEL_SOURCES)[number];
