import { setImmediate as breathe } from "node:timers/promises";
import { type CompiledPolicy, compilePolicy, type Predicate } from "../../domain/policy/decide.ts";
import type { DecisionPolicy } from "../../domain/policy/decision-policy.ts";
import type { PolicyRule } from "../../domain/policy/rules.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { type Expression, ExpressionError, Language, type Variables } from "../expressions/language.ts";
import { type ListLookup, NO_LISTS } from "./lists.ts";
import { type ServingNames, strangersIn } from "./serving-names.ts";
import { PAYMENT_MAPS, PAYMENT_VARIABLES, type RuleScope, SCORE_MAPS, SCORE_VARIABLES } from "./variables.ts";

/** Parts of all enabled rules together: what a payment costs at most by a policy, some hundred microseconds. */
const MAX_POLICY_PARTS = 5_000;

/** What rules may read and ask. */
export interface RuleContext {
  readonly lists?: ListLookup;
  /** Beside those of every payment and score: a schema's own fields and features. */
  readonly variables?: Variables;
  /** What models that serve have to read; left out where that is not known. */
  readonly serving?: ServingNames | undefined;
}

/** What is wrong with one rule's condition. */
export interface RuleProblem {
  /** The rule's id. */
  readonly rule: string;
  readonly message: string;
  /** Offsets in the condition's text. */
  readonly start: number;
  readonly end: number;
}

/** A policy that is ready to decide. */
export interface ReadyPolicy {
  readonly policy: DecisionPolicy;
  readonly compiled: CompiledPolicy<RuleScope>;
  /** The variables that its enabled rules read. */
  readonly uses: ReadonlySet<string>;
  /** Those of them that read what the model read, by their ids. */
  readonly readFeatures: ReadonlySet<string>;
}

/** A policy some of whose conditions cannot be used. */
export class PolicyError extends DomainError {
  readonly problems: readonly RuleProblem[];

  constructor(problems: readonly RuleProblem[]) {
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
    super(
      "invalid_argument",
      `rule ${first?.rule}: ${first?.message}, at character ${(first?.start ?? 0) + 1}${more}`,
    );
    this.problems = problems;
  }
}

/** The language of rules: the variables of every payment and score, those of the context, and `in_list(name, value)`. */
export class RuleLanguage {
  readonly #language: Language;
  readonly #lists: ListLookup;
  /** Every name that a rule may read. */
  readonly variables: Variables;

  constructor({ lists = NO_LISTS, variables = {} }: RuleContext = {}) {
    this.#lists = lists;
    this.variables = { ...variables, ...PAYMENT_VARIABLES, ...SCORE_VARIABLES };
    const inList = {
      "in_list(string, string): bool": (list: string, value: string) => lists.has(list, value),
    };
    this.#language = new Language(this.variables, inList, { ...PAYMENT_MAPS, ...SCORE_MAPS });
  }

  /**
   * Reads one condition.
   *
   * @throws ExpressionError with the place; also for a list that there is not
   */
  compile(when: string): Expression {
    const expression = this.#language.compile(when, ["flag"]);
    for (const { name, text, start, end } of expression.calls) {
      if (name !== "in_list") continue;
      if (text === undefined) {
        throw new ExpressionError(
          'in_list() takes the list\'s name as a text: in_list("name", …)',
          start,
          end,
        );
      }
      if (!this.#lists.names.has(text)) {
        throw new ExpressionError(`there is no list "${text.slice(0, 64)}"`, start, end);
      }
    }
    return expression;
  }
}

/**
 * Compiles a policy for deciding. Breathes between rules: a scorer that takes a policy over answers meanwhile.
 *
 * @param failed told of each rule that throws on a payment
 * @throws PolicyError naming each condition that cannot be read; disabled rules need not be readable
 */
export async function readyPolicy(
  policy: DecisionPolicy,
  context: RuleContext = {},
  failed?: (rule: PolicyRule, error: unknown) => void,
): Promise<ReadyPolicy> {
  const language = new RuleLanguage(context);
  const problems: RuleProblem[] = [];
  const predicates = new Map<string, Predicate<RuleScope>>();
  const uses = new Set<string>();
  const readFeatures = new Set<string>();
  let parts = 0;
  for (const { id, when } of policy.rules.filter(({ enabled }) => enabled)) {
    await breathe();
    try {
      const expression = language.compile(when);
      parts += expression.parts;
      if (parts > MAX_POLICY_PARTS) {
        throw new ExpressionError("with this rule the policy is too large to decide quickly", 0, when.length);
      }
      for (const name of expression.uses) uses.add(name);
      if (expression.uses.includes("features")) readFeatures.add(id);
      predicates.set(id, (scope) => expression.evaluate(scope) === true);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      problems.push({ rule: id, message: error.message, start: error.start, end: error.end });
    }
  }
  if (problems.length > 0) throw new PolicyError(problems);
  const compiled = compilePolicy(policy, ({ id }) => predicates.get(id) as Predicate<RuleScope>, failed);
  return { policy, compiled, uses, readFeatures };
}

/** What may be right and is mostly not meant, in words that follow "it"; undefined where there is nothing. */
export function doubtAbout(
  expression: Pick<Expression, "uses" | "reads">,
  serving?: ServingNames,
): string | undefined {
  const { uses } = expression;
  const alike = uses.includes("amount") && !uses.includes("currency");
  const doubts = [
    serving && strangersIn(expression, serving),
    alike ? 'compares amounts of every currency alike: add currency == "EUR" &&' : undefined,
  ].filter((doubt) => doubt !== undefined);
  return doubts.length === 0 ? undefined : doubts.join("; it ");
}

/** {@link doubtAbout} each enabled rule that can be read, by its id. */
export function doubtsAbout(policy: DecisionPolicy, context: RuleContext = {}): Map<string, string> {
  const language = new RuleLanguage(context);
  const doubts = new Map<string, string>();
  for (const { id, when } of policy.rules.filter(({ enabled }) => enabled)) {
    try {
      const doubt = doubtAbout(language.compile(when), context.serving);
      if (doubt !== undefined) doubts.set(id, doubt);
    } catch {
      // What cannot be read is said elsewhere.
    }
  }
  return doubts;
}
