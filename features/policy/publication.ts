import { setImmediate as breathe } from "node:timers/promises";
import { z } from "zod";
import type { DecisionPolicy } from "../../domain/policy/decision-policy.ts";
import { LIST_NAME } from "../../domain/policy/lists.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { PublicationPlace } from "../../platform/process/published.ts";
import { parsePolicy } from "./document.ts";
import { ListsInMemory } from "./lists.ts";

/** Where Redis carries it. */
export function policyPlace(prefix: string): PublicationPlace {
  return { key: `${prefix}:policy`, field: "text" };
}

/** A list with its entries, as it is handed over. */
export interface PublishedList {
  readonly name: string;
  readonly entries: readonly { readonly value: string; readonly expiresAt: Date | null }[];
}

/** What scorers decide by: the active policy and every list, under a number that each change makes larger. */
export interface PublishedPolicy {
  readonly version: number;
  readonly policy: DecisionPolicy;
  readonly lists: ListsInMemory;
}

const headSchema = z.object({
  version: z.int().nonnegative(),
  policy: z.unknown(),
  lists: z.array(z.object({ name: z.string().regex(LIST_NAME), entries: z.int().nonnegative() })),
});

/** Entries that are read between two breaths. */
const AT_ONCE = 5_000;

/**
 * One text: a line of JSON, then a line for each entry, its end in milliseconds since 1970 ("" for never), a tab, its
 * value. Values are single lines, so that a long list is read in pieces while payments are answered.
 */
export function writePublication(
  version: number,
  policy: DecisionPolicy,
  lists: readonly PublishedList[],
): string {
  const head = {
    version,
    policy,
    lists: lists.map(({ name, entries }) => ({ name, entries: entries.length })),
  };
  const lines = lists.flatMap(({ entries }) =>
    entries.map(({ value, expiresAt }) => `${expiresAt?.getTime() ?? ""}\t${value}`),
  );
  return [JSON.stringify(head), ...lines, ""].join("\n");
}

/** @throws DomainError `invalid_argument`, SyntaxError or ZodError for what is no such text */
export async function readPublication(text: string): Promise<PublishedPolicy> {
  let position = text.indexOf("\n");
  const head = headSchema.parse(JSON.parse(text.slice(0, position)));
  const policy = parsePolicy(head.policy);
  const lists = new ListsInMemory();
  let read = 0;
  for (const { name, entries } of head.lists) {
    lists.open(name);
    for (let i = 0; i < entries; i++) {
      if (++read % AT_ONCE === 0) await breathe();
      const tab = text.indexOf("\t", position + 1);
      const end = text.indexOf("\n", position + 1);
      if (tab === -1 || end < tab) {
        throw new DomainError("invalid_argument", `the list ${name} ends in the middle`);
      }
      const expires = text.slice(position + 1, tab);
      lists.add(name, text.slice(tab + 1, end), expires === "" ? undefined : Number(expires));
      position = end;
    }
  }
  return { version: head.version, policy, lists };
}
