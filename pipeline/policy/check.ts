import type { Kysely } from "kysely";
import type { DecisionPolicy } from "../../domain/policy/decision-policy.ts";
import {
  doubtsAbout,
  PolicyError,
  type ReadyPolicy,
  type RuleProblem,
  readyPolicy,
} from "../../features/policy/compile.ts";
import { type ExampleResult, type PolicyExample, runExamples } from "../../features/policy/examples.ts";
import { ListsInMemory } from "../../features/policy/lists.ts";
import type { ServingNames } from "../../features/policy/serving-names.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Database } from "../store/schema.ts";

/** What may be said of a policy before it decides anything. */
export interface PolicyCheck {
  /** Conditions that cannot be used; what else there is, is then not known. */
  readonly problems: readonly RuleProblem[];
  /** A sentence on what is mostly not meant, by the rule's id. */
  readonly doubts: ReadonlyMap<string, string>;
  readonly examples: readonly ExampleResult[];
}

/**
 * Reads every enabled rule and decides the examples, by the lists as they are. Every list, and of their values those of
 * the examples.
 *
 * @param serving what models that serve have to read; left out where that is not known
 */
export async function checkPolicy(
  db: Kysely<Database>,
  policy: DecisionPolicy,
  examples: readonly PolicyExample[],
  serving?: ServingNames,
): Promise<PolicyCheck> {
  const lists = await listsFor(db, examples);
  const doubts = doubtsAbout(policy, { lists, serving });
  let ready: ReadyPolicy;
  try {
    ready = await readyPolicy(policy, { lists });
  } catch (error) {
    if (error instanceof PolicyError) return { problems: error.problems, doubts, examples: [] };
    throw error;
  }
  return { problems: [], doubts, examples: runExamples(ready, examples) };
}

/** @throws DomainError `invalid_argument` that names the first condition that cannot be read, or the examples that fail */
export async function demandReady(
  db: Kysely<Database>,
  policy: DecisionPolicy,
  examples: readonly PolicyExample[],
): Promise<void> {
  const { problems, examples: results } = await checkPolicy(db, policy, examples);
  if (problems.length > 0) throw new PolicyError(problems);
  const failing = results.filter(({ passed }) => !passed).map(({ example }) => `"${example.name}"`);
  if (failing.length > 0) {
    const description = `${failing.slice(0, 5).join(", ")} ${failing.length === 1 ? "does" : "do"} not come out as it says`;
    throw DomainError.invalid([{ field: "examples", description }]);
  }
}

/** The names of all lists, in memory without their values: to read conditions, not to decide. */
export async function listNames(db: Kysely<Database>): Promise<ListsInMemory> {
  const lists = new ListsInMemory();
  for (const { name } of await db.selectFrom("policy_lists").select("name").execute()) lists.open(name);
  return lists;
}

async function listsFor(db: Kysely<Database>, examples: readonly PolicyExample[]): Promise<ListsInMemory> {
  const lists = await listNames(db);
  const values = examples.flatMap(({ payment }) =>
    Object.values(payment).filter((value) => typeof value === "string"),
  );
  if (values.length === 0) return lists;
  const rows = await db
    .selectFrom("policy_list_entries")
    .select(["list", "value", "expires_at"])
    .where("value", "in", values)
    .execute();
  for (const { list, value, expires_at } of rows) lists.add(list, value, expires_at?.getTime());
  return lists;
}
