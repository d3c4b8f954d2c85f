import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { codeOf, DomainError, messageOf } from "../../platform/process/errors.ts";
import { replaceFile } from "../../platform/process/replace-file.ts";
import { type ModelRole, requireFit } from "./gate.ts";
import type { ScoreRows } from "./probes.ts";
import {
  ALIASES,
  type ModelVersion,
  readAliases,
  readModel,
  resolveModel,
  type StoredModel,
} from "./registry.ts";

/** Every change of an alias, one JSON line each, oldest first; only added to. */
const HISTORY = "aliases.history.jsonl";

const changeSchema = z.object({
  at: z.iso.datetime(),
  alias: z.string(),
  action: z.enum(["promote", "roll_back"]),
  /** "name@version"; "" where the alias was not there. */
  from: z.string(),
  to: z.string(),
  /** Who asked for it, and why. */
  by: z.string(),
  reason: z.string(),
  /** What the gate said against it when it was forced; "" when it was not. */
  despite: z.string().default(""),
});

/** One change of what an alias points at. */
export type AliasChange = Readonly<z.output<typeof changeSchema>>;

/** What a change needs beside its target. */
export interface ChangeRequest {
  readonly alias: ModelRole;
  readonly by: string;
  readonly reason: string;
  /** Lets a model in whose figures speak against it; see {@link requireFit}. */
  readonly force?: boolean;
  /** Runs the model that is to be pointed at. */
  score(model: StoredModel, ...rows: Parameters<ScoreRows>): ReturnType<ScoreRows>;
  /** Called once all checks have passed, before anything is written; when it throws nothing is. */
  beforeChange?(change: AliasChange): Promise<void>;
}

/**
 * Points an alias at a version, the only way there is: its card and hash are read and checked, the gate lets it in, the
 * change is added to the registry's history, then made. Pointing where the alias points already changes nothing.
 *
 * @param reference as `resolveModel` takes it
 * @throws DomainError `not_found` for no such version, `invalid_argument` saying what keeps it out, `conflict` when the
 *   registry cannot be written
 */
export async function promoteModel(
  root: string,
  reference: string,
  request: ChangeRequest,
): Promise<AliasChange> {
  return await change(root, "promote", reference, request);
}

/**
 * Points an alias where it pointed before its last promotion; again, and it goes one further back. The same gate as for a
 * promotion.
 *
 * @throws DomainError `conflict` when there is nothing to go back to, else as {@link promoteModel}
 */
export async function rollBackModel(root: string, request: ChangeRequest): Promise<AliasChange> {
  const { alias } = request;
  const to = versionBefore(await readAliasHistory(root), alias, await pointedAt(root, alias));
  if (to === undefined) {
    throw new DomainError("conflict", `there is no ${alias} to roll back to: the registry knows none before`);
  }
  return await change(root, "roll_back", to, request);
}

async function change(
  root: string,
  action: AliasChange["action"],
  reference: string,
  { alias, by, reason, force, score, beforeChange }: ChangeRequest,
): Promise<AliasChange> {
  const model = await readModel(root, await resolveModel(root, reference));
  const despite = await requireFit(model, alias, (rows, count) => score(model, rows, count), force);
  const from = await pointedAt(root, alias);
  const to = idOf(model);
  const made: AliasChange = { at: new Date().toISOString(), alias, action, from, to, by, reason, despite };
  if (from === to) return made;
  await beforeChange?.(made);
  await remember(root, made);
  const aliases = { ...(await readAliases(root)), [alias]: to };
  const sorted = Object.fromEntries(Object.entries(aliases).sort(([a], [b]) => a.localeCompare(b)));
  await replaceFile(join(root, ALIASES), `${JSON.stringify(sorted, null, 2)}\n`, "the registry");
  return made;
}

/** "name@version" of what an alias points at, or what it says where that is not there; "" without the alias. */
async function pointedAt(root: string, alias: string): Promise<string> {
  const said = (await readAliases(root))[alias];
  return said === undefined ? "" : await resolveModel(root, said).then(idOf, () => said);
}

function idOf({ name, version }: ModelVersion): string {
  return `${name}@${version}`;
}

/** What every alias has pointed at, oldest change first. @throws DomainError `invalid_argument` naming a wrong line, `not_found` when it cannot be read */
export async function readAliasHistory(root: string): Promise<AliasChange[]> {
  let text: string;
  try {
    text = await readFile(join(root, HISTORY), "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw new DomainError("not_found", `${HISTORY} of the registry cannot be read (${codeOf(error)})`, {
      cause: error,
    });
  }
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line, i) => {
    try {
      return changeSchema.parse(JSON.parse(line));
    } catch (error) {
      const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
      throw new DomainError(
        "invalid_argument",
        `${HISTORY} of the registry, line ${i + 1}, is wrong: ${why}`,
      );
    }
  });
}

/** Promotions put what was there on a pile, roll-backs take from it. */
function versionBefore(history: readonly AliasChange[], alias: string, now: string): string | undefined {
  const pile: string[] = [];
  for (const made of history) {
    if (made.alias !== alias) continue;
    if (made.action === "promote") pile.push(made.from);
    else pile.pop();
  }
  return pile.findLast((id) => id !== "" && id !== now);
}

async function remember(root: string, made: AliasChange): Promise<void> {
  try {
    await appendFile(join(root, HISTORY), `${JSON.stringify(made)}\n`);
  } catch (error) {
    throw new DomainError("conflict", `the registry cannot be written (${codeOf(error)})`, { cause: error });
  }
}
