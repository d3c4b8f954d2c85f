/** What a person says of a payment after looking at it. The machine's word is a decision, never a verdict. */
export const VERDICTS = ["fraud", "legitimate"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What is learned from: a verdict, a chargeback or what the source knows, once it counts as the truth. */
export const LABELS = VERDICTS;
export type Label = Verdict;

/** Where a label comes from: a person's verdict, the source's own knowledge (simulator, replay), a chargeback. */
export const LABEL_SOURCES = ["analyst", "truth", "chargeback"] as const;
export type LabelSource = (typeof LABEL_SOURCES)[number];
