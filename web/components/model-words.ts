import type {
  KnownModels,
  LabelWay,
  LifeComparison,
  ModelAct,
  ModelRequest,
  RequestState,
  RunState,
} from "../../domain/model-care.ts";
import type { Verdict } from "../../domain/verdicts.ts";
import { formatMoney, formatShare, sentence } from "./format.ts";

/** What a model is for, e.g. "challenger for 5.0 % of the cards"; "" for one that has no part. */
export function roleOf({ champion, challenger, shadows }: KnownModels, model: string): string {
  if (model === champion) return "champion";
  if (model === challenger?.model) return `challenger for ${formatShare(challenger.share)} of the cards`;
  return shadows.includes(model) ? "shadow" : "";
}

const ACTS: Readonly<Record<Exclude<ModelAct, "set_challenger" | "set_shadows">, string>> = {
  promote: "Promote",
  roll_back: "Roll back",
  retrain: "Train a version",
  compare: "Compare with the champion",
};

/** What was asked, e.g. "Promote own@2". */
export function askedInWords({ act, model, share }: Pick<ModelRequest, "act" | "model" | "share">): string {
  if (act === "set_challenger") {
    return model === "" ? "No challenger" : `${model} as challenger for ${formatShare(share)} of the cards`;
  }
  if (act === "set_shadows") return model === "" ? "No shadows" : `Shadows: ${model.split(" ").join(", ")}`;
  return model === "" ? ACTS[act] : act === "roll_back" ? `Roll back to ${model}` : `${ACTS[act]} ${model}`;
}

interface Tag {
  readonly name: string;
  /** The colour of a verdict. */
  readonly kind?: Verdict;
  readonly severity?: "warning";
}

/** How a request is shown. */
export const REQUEST_TAGS: Readonly<Record<RequestState, Tag>> = {
  waiting: { name: "waiting" },
  running: { name: "running", severity: "warning" },
  done: { name: "done", kind: "legitimate" },
  refused: { name: "refused", kind: "fraud" },
  failed: { name: "failed", kind: "fraud" },
};

/** How a training is shown. */
export const RUN_TAGS: Readonly<Record<RunState, Tag>> = {
  running: { name: "running", severity: "warning" },
  accepted: { name: "accepted", kind: "legitimate" },
  refused: { name: "refused", kind: "fraud" },
  failed: { name: "failed", kind: "fraud" },
};

/** How a label came about, in words. */
export const WAY_WORDS: Readonly<Record<LabelWay, string>> = {
  sent_to_people: "Sent to people, who decided",
  control_group: "Of the control group: looked at by chance",
  known_by_source: "Known by the source that sent the payment",
  reported_later: "Reported later, as by a chargeback",
};

/** Whether something is under way, so that a page that shows it asks again. */
export function isUnderWay({ state }: Pick<ModelRequest, "state">): boolean {
  return state === "waiting" || state === "running";
}

/** 0.6234: four digits, for figures that are held against each other. */
export const figure = (value: number): string => value.toFixed(4).replace("-", "−");

/** +0.0123 or −0.0123. */
export function difference(value: number): string {
  return `${value > 0 ? "+" : ""}${figure(value)}`;
}

/** Whether an interval of a difference tells the two apart. */
export function toldApart({ low, high }: { readonly low: number; readonly high: number }): boolean {
  return low > 0 || high < 0;
}

/** Money, one text for each currency, the most first; "none" for no money. */
export function moneyByCurrency(caught: Readonly<Record<string, number>>): readonly string[] {
  const each = Object.entries(caught).toSorted(([, a], [, b]) => b - a);
  return each.length === 0 ? ["none"] : each.map(([currency, amount]) => formatMoney(amount, currency));
}

/** "34.2"; above a thousand nobody reads digits. */
export const eValue = (value: number): string =>
  value >= 1_000 ? "> 1,000" : value.toLocaleString("en", { maximumSignificantDigits: 3 });

/** p as people compare it. */
export const pValue = (value: number): string => (value < 0.001 ? "< 0.001" : value.toFixed(3));

/** What the evidence of a comparison says, in plain words. */
export function evidenceWords({ champion, other, evidence }: LifeComparison): string {
  if (evidence.favours === "") return "neither: they are not told apart yet";
  return evidence.favours === "other" ? `${other}: it catches more` : `${champion}: it catches more`;
}

/** What a worker says, as a sentence; a model's name at its beginning stays as it is. */
export function toldOf(words: string): string {
  const [first = ""] = words.split(" ", 1);
  return first.includes("@") ? `${first}${sentence(words).slice(first.length)}` : sentence(words);
}
