import type { Actor } from "../../domain/actors.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { type ModelRole, requireFit } from "./gate.ts";
import { withRole } from "./legacy-state.ts";
import type { ScoreRows } from "./probes.ts";
import { type ModelVersion, readModel, resolveModel, type StoredModel } from "./registry.ts";
import {
  changeServing,
  readServing,
  readServingHistory,
  type ServingChange,
  type ServingState,
} from "./state.ts";

/** One change of who has a role. */
export interface RoleChange {
  readonly at: string;
  readonly role: ModelRole;
  readonly act: "promote" | "roll_back";
  /** "name@version"; "" where nobody had it. */
  readonly from: string;
  readonly to: string;
  readonly actor: Actor;
  readonly reason: string;
  /** What the gate said against it when it was forced; "" when it was not. */
  readonly despite: string;
}

/** What a change needs beside its target. */
export interface ChangeRequest {
  readonly role: ModelRole;
  readonly actor: Actor;
  readonly reason: string;
  /** Of the cards, for a challenger; what it has, or none, when absent. */
  readonly share?: number;
  /** Lets a model in whose figures speak against it; see {@link requireFit}. */
  readonly force?: boolean;
  /** Runs the model that is to have the role. */
  score(model: StoredModel, ...rows: Parameters<ScoreRows>): ReturnType<ScoreRows>;
}

/**
 * Gives a role to a version: its card and hash are read and checked, the gate lets it in, the change is written down, then
 * made. A version that has the role already changes nothing.
 *
 * @param reference as `resolveModel` takes it
 * @throws DomainError `not_found` for no such version, `invalid_argument` saying what keeps it out, `conflict` when the
 *   registry cannot be written
 */
export async function promoteModel(
  root: string,
  reference: string,
  request: ChangeRequest,
): Promise<RoleChange> {
  return await change(root, "promote", reference, request);
}

/**
 * Gives a role back to who had it before the last promotion; again, and it goes one further back. The same gate as for a
 * promotion.
 *
 * @throws DomainError `conflict` when there is nothing to go back to, else as {@link promoteModel}
 */
export async function rollBackModel(root: string, request: ChangeRequest): Promise<RoleChange> {
  const { role } = request;
  const to = versionBefore(await readServingHistory(root), role, holderOf(await readServing(root), role));
  if (to === undefined) {
    throw new DomainError("conflict", `there is no ${role} to roll back to: the registry knows none before`);
  }
  return await change(root, "roll_back", to, request);
}

async function change(
  root: string,
  act: RoleChange["act"],
  reference: string,
  { role, actor, reason, share, force, score }: ChangeRequest,
): Promise<RoleChange> {
  const model = await readModel(root, await resolveModel(root, reference));
  const despite = await requireFit(model, role, (rows, count) => score(model, rows, count), force);
  const to = idOf(model);
  let from = "";
  const made = await changeServing(root, {
    ...{ actor, act, role, reason, despite },
    change: (now) => {
      from = holderOf(now, role);
      const next = withRole(now, role, to);
      const shared =
        role === "challenger" && share !== undefined && next.challenger
          ? { ...next, challenger: { ...next.challenger, share } }
          : next;
      return JSON.stringify(shared) === JSON.stringify(now) ? now : shared;
    },
  });
  return { at: made?.at ?? new Date().toISOString(), role, act, from, to, actor, reason, despite };
}

/** "name@version" of who has a role; "" when nobody does. */
export function holderOf(state: ServingState, role: string): string {
  if (role === "champion") return state.champion;
  return role === "challenger" ? (state.challenger?.model ?? "") : (state.shadows[0] ?? "");
}

function idOf({ name, version }: ModelVersion): string {
  return `${name}@${version}`;
}

/** Who had a role before its holder: promotions put what was there on a pile, roll-backs take from it. */
export function versionBefore(
  history: readonly ServingChange[],
  role: string,
  now: string,
): string | undefined {
  const pile: string[] = [];
  for (const made of history) {
    if (made.role !== role) continue;
    if (made.act === "roll_back") pile.pop();
    else pile.push(holderOf(made.before, role));
  }
  return pile.findLast((id) => id !== "" && id !== now);
}
