import { ACTIONS, type Action } from "../../domain/actions.ts";
import type { PolicyDecision } from "../../domain/policy/decide.ts";
import { LABELS, type Label } from "../../domain/verdicts.ts";
import { type AllRates, type Converted, DatedSum } from "../store/exchange-rates.ts";
import type { ByPolicy, Row } from "./back-test-rows.ts";

const [FRAUD, LEGITIMATE] = LABELS;

/** Money by currency (ISO 4217), in whole minor units as digits. */
export type MoneyByCurrency = Readonly<Record<string, string>>;

/** Some payments. */
export interface Group {
  readonly payments: number;
  readonly money: MoneyByCurrency;
  /** In the base currency, each payment by the rate of its day; null where no rate is set, left out by earlier versions. */
  readonly converted?: Converted | null;
}

/** What a policy would have made of the decisions of a span. */
export interface PolicyOutcome {
  readonly version: string;
  readonly actions: Readonly<Record<Action, number>>;
  /** Sent to people. */
  readonly reviews: number;
  /** Frauds that it stops or questions (verify, block) or sends to people, and those that it lets through unseen. */
  readonly caught: Group;
  readonly missed: Group;
  /** Payments not known to be fraud whose customers it stops or questions. */
  readonly hurt: Group;
  /** Of those, the ones that are known to be legitimate. */
  readonly hurtLegitimate: Group;
  /** By rule, how often it fired, could not be evaluated, and could not be told because features were not kept. */
  readonly rules: Readonly<Record<string, RuleOutcome>>;
}

export interface RuleOutcome {
  readonly fired: number;
  readonly failed: number;
  /** Left out by earlier versions. */
  readonly notKnown?: number;
}

/** What a policy's outcome counts, and when a decision counts in it. */
export const FIGURES = [
  "caught",
  "missed",
  "hurt",
  "hurt_legitimate",
  "reviews",
  "blocked",
  "asked",
] as const;
export type Figure = (typeof FIGURES)[number];

const COUNTS: Readonly<Record<Figure, (truth: Label | null, decision: PolicyDecision) => boolean>> = {
  caught: (truth, decision) => truth === FRAUD && catches(decision),
  missed: (truth, decision) => truth === FRAUD && !catches(decision),
  hurt: (truth, decision) => truth !== FRAUD && isFelt(decision),
  hurt_legitimate: (truth, decision) => truth === LEGITIMATE && isFelt(decision),
  reviews: (_, { review }) => review,
  blocked: (_, { action }) => action === "block",
  asked: (_, { action }) => action === "verify",
};

/** Which payments the two policies treat differently. */
export const DIFFERENCES = [
  "newly_caught",
  "no_longer_caught",
  "newly_hurt",
  "no_longer_hurt",
  "newly_reviewed",
  "no_longer_reviewed",
] as const;
export type Difference = (typeof DIFFERENCES)[number];

/** Those that do not go by what a payment turned out to be. */
const BY_DECISION: ReadonlySet<Figure | Difference> = new Set([
  ...["newly_reviewed", "no_longer_reviewed", "reviews", "blocked", "asked"],
] as const);

/** Whether a list of a figure's payments leaves out what only a simulation knows: it would answer what people are asked. */
export function goesByTruth(figure: Figure | Difference): boolean {
  return !BY_DECISION.has(figure);
}

/** Whether a decision counts in a figure. */
export function isIn(figure: Figure, row: Row, decision: PolicyDecision): boolean {
  return COUNTS[figure](truthOf(row), decision);
}

/** What is known of a payment: by a label, or by the simulation that made it. */
export function truthOf({ label, truth }: Row): Label | null {
  if (label !== null) return label;
  return truth === null ? null : truth ? FRAUD : LEGITIMATE;
}

export function isFraud(row: Row): boolean {
  return truthOf(row) === FRAUD;
}

/** A customer notices: asked, or refused. */
function isFelt({ action }: PolicyDecision): boolean {
  return action === "verify" || action === "block";
}

function catches(decision: PolicyDecision): boolean {
  return isFelt(decision) || decision.review;
}

/** Where the two differ for a payment. */
export function differencesOf(row: Row, before: PolicyDecision, after: PolicyDecision): Difference[] {
  const found: Difference[] = [];
  const note = (was: boolean, is: boolean, more: Difference, less: Difference): void => {
    if (is && !was) found.push(more);
    if (was && !is) found.push(less);
  };
  if (isFraud(row)) note(catches(before), catches(after), "newly_caught", "no_longer_caught");
  else note(isFelt(before), isFelt(after), "newly_hurt", "no_longer_hurt");
  note(before.review, after.review, "newly_reviewed", "no_longer_reviewed");
  return found;
}

/** Adds payments up. */
export class GroupSum {
  #payments = 0;
  readonly #money = new Map<string, bigint>();
  readonly #inBase: DatedSum;

  constructor(rates: AllRates) {
    this.#inBase = new DatedSum(rates);
  }

  get payments(): number {
    return this.#payments;
  }

  add({ amountMinor, currency, eventTime }: Row): void {
    const minor = BigInt(amountMinor);
    this.#payments++;
    this.#money.set(currency, (this.#money.get(currency) ?? 0n) + minor);
    this.#inBase.add(currency, minor, eventTime);
  }

  group(): Group {
    const money = [...this.#money].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      payments: this.#payments,
      money: Object.fromEntries(money.map(([currency, minor]) => [currency, String(minor)])),
      converted: this.#inBase.total(),
    };
  }
}

/** Adds up what one policy makes of decisions. */
export class OutcomeSum {
  readonly #version: string;
  readonly #actions = new Map<Action, number>();
  readonly #rules = new Map<string, { fired: number; failed: number; notKnown: number }>();
  readonly #groups: ReadonlyMap<Figure, GroupSum>;

  constructor(version: string, rates: AllRates) {
    this.#version = version;
    this.#groups = new Map(FIGURES.map((figure) => [figure, new GroupSum(rates)]));
  }

  add(row: Row, { decision, notKnown }: ByPolicy): void {
    this.#actions.set(decision.action, (this.#actions.get(decision.action) ?? 0) + 1);
    for (const [figure, sum] of this.#groups) if (isIn(figure, row, decision)) sum.add(row);
    for (const { rule, kind } of decision.rules) {
      const counts = this.#rules.get(rule) ?? { fired: 0, failed: 0, notKnown: 0 };
      if (notKnown.has(rule)) counts.notKnown++;
      else if (kind === "failed") counts.failed++;
      else counts.fired++;
      this.#rules.set(rule, counts);
    }
  }

  outcome(): PolicyOutcome {
    const sum = (figure: Figure): GroupSum => this.#groups.get(figure) as GroupSum;
    return {
      version: this.#version,
      actions: Object.fromEntries(
        ACTIONS.map((action) => [action, this.#actions.get(action) ?? 0]),
      ) as Record<Action, number>,
      reviews: sum("reviews").payments,
      ...{ caught: sum("caught").group(), missed: sum("missed").group(), hurt: sum("hurt").group() },
      hurtLegitimate: sum("hurt_legitimate").group(),
      rules: Object.fromEntries(this.#rules),
    };
  }
}
