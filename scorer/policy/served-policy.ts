import { compilePolicy, type PolicyDecision } from "../../domain/policy/decide.ts";
import { TIER_POLICY } from "../../domain/policy/decision-policy.ts";
import { type ReadyPolicy, type RuleContext, readyPolicy } from "../../features/policy/compile.ts";
import type { PublishedPolicy } from "../../features/policy/publication.ts";
import {
  addScore,
  type PaymentReader,
  paymentReads,
  type RuleScope,
} from "../../features/policy/variables.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { TEXT, type TransactionInput } from "../scoring/transaction-input.ts";

/** How often each rule has fired and failed since the process started, by its id. */
export interface RuleCounts {
  fired: number;
  failed: number;
}

const NONE = {};

/** Reused: reading never yields. */
let reading: TransactionInput;
const reader: PaymentReader = {
  amount: () => reading.amount,
  currency: () => reading.text(TEXT.currency),
  eventTimeMs: () => reading.eventTimeMs,
  text: (name) => reading.text(TEXT[name]),
  fields: () => reading.fields?.values ?? NONE,
  entities: () => reading.entities?.values ?? NONE,
};

/** A policy that decides about payments as the scorer has them. Requests keep the one that they began with. */
export class ServedPolicy {
  readonly version: string;
  /** By tier, before any rule: the four answers of a payment that no rule fires for. */
  readonly outcomes: readonly PolicyDecision[];
  readonly #ready: ReadyPolicy;
  readonly #read: ((from: PaymentReader) => RuleScope) | undefined;
  readonly #readsFeatures: boolean;
  readonly #counts: Map<string, RuleCounts>;

  private constructor(ready: ReadyPolicy, counts: Map<string, RuleCounts>) {
    this.#ready = ready;
    this.#counts = counts;
    this.version = ready.compiled.version;
    this.outcomes = Object.values(ready.compiled.byTier);
    this.#readsFeatures = ready.uses.has("features");
    this.#read = ready.compiled.hasRules ? paymentReads(ready.uses) : undefined;
  }

  /** The policy of the house, by tier. */
  static byTier(): ServedPolicy {
    const compiled = compilePolicy<RuleScope>();
    return new ServedPolicy(
      { policy: TIER_POLICY, compiled, uses: new Set(), readFeatures: new Set() },
      new Map(),
    );
  }

  /**
   * @param counts goes on from one policy to the next
   * @throws PolicyError when a condition cannot be read
   */
  static async of(
    { policy, lists }: Pick<PublishedPolicy, "policy" | "lists">,
    counts: Map<string, RuleCounts>,
    variables: RuleContext["variables"] = {},
  ): Promise<ServedPolicy> {
    return new ServedPolicy(await readyPolicy(policy, { lists, variables }), counts);
  }

  /**
   * What the rules read of the transaction decoded last, copied out while its bytes are at hand; undefined where no rule
   * reads anything, which costs nothing.
   */
  take(input: TransactionInput): RuleScope | undefined {
    if (!this.#read) return undefined;
    reading = input;
    return this.#read(reader);
  }

  /**
   * What is done with a payment.
   *
   * @param probability the model's, a number
   * @param taken what {@link take} gave for it
   * @param rows where the row lies that the model read, from `offset` on
   */
  decide(
    model: ServedModel,
    probability: number,
    taken: RuleScope | undefined,
    rows: Float32Array,
    offset: number,
  ): PolicyDecision {
    const tier = model.tierOf(probability);
    const { compiled } = this.#ready;
    if (!taken) return compiled.byTier[tier];
    const features = this.#readsFeatures ? featuresOf(model, rows, offset) : undefined;
    const decision = compiled.decide(tier, addScore(taken, probability, tier, model.id, features));
    for (const { rule, kind } of decision.rules) this.#count(rule, kind === "failed");
    return decision;
  }

  #count(rule: string, failed: boolean): void {
    let counts = this.#counts.get(rule);
    if (!counts) {
      counts = { fired: 0, failed: 0 };
      this.#counts.set(rule, counts);
    }
    if (failed) counts.failed++;
    else counts.fired++;
  }
}

/** What a model read, by its names. */
function featuresOf({ inputs }: ServedModel, rows: Float32Array, offset: number): Record<string, number> {
  const features: Record<string, number> = {};
  for (const [i, { name }] of inputs.columns.entries()) features[name] = rows[offset + i] as number;
  return features;
}
