import type { Actor } from "./actors.ts";

/** What can be asked of whoever has the registry of models. */
export const MODEL_ACTS = [
  "promote",
  "roll_back",
  "set_challenger",
  "set_shadows",
  "retrain",
  "compare",
] as const;
export type ModelAct = (typeof MODEL_ACTS)[number];

/** `waiting` for a worker, `running`, `done`, or `refused` with words; `failed` when something broke on the way. */
export const REQUEST_STATES = ["waiting", "running", "done", "refused", "failed"] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

/** What somebody asked to be done with models, and what became of it. */
export interface ModelRequest {
  readonly requestId: number;
  readonly act: ModelAct;
  /** "name@version"; of shadows all that there shall be, with spaces between; "" where the act names none. */
  readonly model: string;
  /** Of the cards, for a challenger; null elsewhere. */
  readonly share: number | null;
  readonly reason: string;
  readonly askedBy: Actor;
  readonly askedAt: Date;
  readonly state: RequestState;
  /** What came of it, in words; "" before. */
  readonly answer: string;
  readonly endedAt: Date | null;
}

/** How a label came about: what a figure may be made of, and with which weight. */
export const LABEL_WAYS = ["sent_to_people", "control_group", "known_by_source", "reported_later"] as const;
export type LabelWay = (typeof LABEL_WAYS)[number];

/** One question of the gate, with what was found. */
export interface GateCheck {
  /** e.g. "figures": stable, for tests and tools. */
  readonly name: string;
  readonly passed: boolean;
  /** What was asked, e.g. "catches as much at the same review load". */
  readonly asked: string;
  /** What was found, in words and numbers. */
  readonly found: string;
}

/** Figures of a model on the judged payments, each as all payments weigh. */
export interface JudgedFigures {
  readonly auprc: number;
  /** Share of frauds among the riskiest, at the review load of the champion. */
  readonly recall: number;
  /** Share of the flagged that is fraud, at that load. */
  readonly precision: number;
  /** Mean score ÷ share of frauds; 1 is right. */
  readonly calibration: number;
  /** Share of payments that its own edges would send to people. */
  readonly load: number;
}

/** What the gate said of a candidate beside the champion. */
export interface GateReport {
  readonly passed: boolean;
  readonly checks: readonly GateCheck[];
  readonly candidate: JudgedFigures;
  readonly champion: JudgedFigures;
  /** Payments that were judged on, and the frauds among them. */
  readonly rows: number;
  readonly frauds: number;
  /** From when on they were decided, ISO 8601. */
  readonly since: string;
  /** What the figures hold for: all payments, or those alone that were sent to people. */
  readonly holdsFor: string;
}

export const RUN_STATES = ["running", "accepted", "refused", "failed"] as const;
export type RunState = (typeof RUN_STATES)[number];

/** What a run learned from. */
export interface RunData {
  /** ISO 8601. */
  readonly from: string;
  readonly until: string;
  readonly rows: number;
  readonly frauds: number;
  /** Rows by how their label came about. */
  readonly ways: Readonly<Partial<Record<LabelWay, number>>>;
  /** Labelled payments that could not be used, by why. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** SHA-256 over ids, labels, weights and what the model read, in order; lower-case hex. */
  readonly sha256: string;
}

/** One training out of the store, kept for good. */
export interface TrainingRun {
  readonly runId: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly askedBy: Actor;
  readonly state: RunState;
  /** "name@version" of what was made; "" where it did not come so far. */
  readonly model: string;
  /** Of the champion it was held against. */
  readonly champion: string;
  readonly seed: number;
  /** Version and commit of the code, and the libraries it ran on. */
  readonly code: Readonly<Record<string, string>>;
  readonly data: RunData | null;
  readonly gate: GateReport | null;
  /** What happened, in words. */
  readonly words: string;
}

/** Who serves and what there is, as a worker last saw it. */
export interface KnownModels {
  readonly champion: string;
  readonly challenger: { readonly model: string; readonly share: number } | null;
  readonly shadows: readonly string[];
  /** Who would be champion after a roll-back; "" where there is nobody. */
  readonly before: string;
  readonly versions: readonly KnownVersion[];
}

export interface KnownVersion {
  /** "name@version" */
  readonly id: string;
  readonly algorithm: string;
  /** ISO 8601. */
  readonly trainedAt: string;
  /** AUPRC with its interval, and by which protocol; null where its card has none. */
  readonly auprc: {
    readonly value: number;
    readonly low: number | null;
    readonly high: number | null;
    readonly protocol: string;
  } | null;
  /** The training run that made it; null for others. */
  readonly runId: number | null;
}

/** How two models do on the same labelled payments. */
export interface LifeComparison {
  readonly at: string;
  readonly champion: string;
  readonly other: string;
  /** What the other one is. */
  readonly role: "challenger" | "shadow";
  /** Days that are looked back on … */
  readonly days: number;
  /** … but not to before this, ISO 8601: what a model learned from does not judge it. */
  readonly since: string;
  readonly rows: number;
  readonly frauds: number;
  /** Labelled payments that the other one could not score: it reads what was not kept. */
  readonly unscored: number;
  readonly holdsFor: string;
  readonly champions: LifeFigures;
  readonly others: LifeFigures;
  /** Frauds that exactly one of them would send to people, and the exact two-sided McNemar p of as uneven a split. */
  readonly mcnemar: { readonly onlyChampion: number; readonly onlyOther: number; readonly p: number };
  /** Difference of AUC, other − champion, with its 95 % interval (DeLong). */
  readonly auc: { readonly difference: number; readonly low: number; readonly high: number };
  /** … of AUPRC (bootstrap over payments). */
  readonly auprc: { readonly difference: number; readonly low: number; readonly high: number };
  /**
   * Evidence against "neither catches more", as an e-value over the split frauds in the order of their labels: may be
   * looked at whenever one likes, and 20 is as sure as 5 %.
   */
  readonly evidence: { readonly value: number; readonly favours: "champion" | "other" | "" };
  /** Only for a challenger: what each arm did with its own cards. */
  readonly arms: ArmsComparison | null;
  readonly words: string;
}

/** What one model would have done with the payments. */
export interface LifeFigures {
  readonly auprc: number;
  /** Share of frauds that its edges send to people. */
  readonly recall: number;
  /** Share of what it sends to people that is fraud. */
  readonly precision: number;
  /** Payments it would send to people, as all payments weigh. */
  readonly reviews: number;
  /** Money of the frauds it catches, by currency, units. */
  readonly caught: Readonly<Record<string, number>>;
}

/** An A/B test: each card belongs to one of two models. */
export interface ArmsComparison {
  readonly since: string;
  readonly share: number;
  readonly champion: Arm;
  readonly challenger: Arm;
  /** e-value against "both find fraud in as many of their reviews". */
  readonly evidence: { readonly value: number; readonly favours: "champion" | "challenger" | "" };
}

export interface Arm {
  readonly payments: number;
  readonly reviewed: number;
  /** Of the reviewed, how many have a label, and how many of those are fraud. */
  readonly labelled: number;
  readonly frauds: number;
  /** Frauds that became known and had not been sent to people. */
  readonly missed: number;
}
