import { IDENTITY_LENGTH } from "../engine/stream-identity.ts";
import type { StateStore } from "./state-store.ts";

/** How much of what was recorded the states of a stream hold. */
export type Completeness =
  /** All of it. */
  | "complete"
  /** A rebuild is under way. */
  | "building"
  /** Nobody knows: Redis lost them, or the stream is new and there is history before it. */
  | "unknown";

const COMPLETE = "complete";
const BUILDING = "building:";
/** A rebuild that has died is forgotten after this, milliseconds. */
const BUILDING_MS = 30_000;

/** How complete each stream's states are. @throws Redis' error */
export async function completeness(
  store: StateStore,
  identities: readonly string[],
): Promise<Completeness[]> {
  return (await store.marks(identities)).map((mark) => {
    if (mark === COMPLETE) return "complete";
    return mark?.startsWith(BUILDING) ? "building" : "unknown";
  });
}

/** Says that the streams' states hold all that was recorded. */
export async function markComplete(store: StateStore, identities: readonly string[]): Promise<void> {
  await store.mark(identities, COMPLETE);
}

/** Says that no stream's states hold all that was recorded any more: there is history that none of them has seen. */
export async function forgetComplete(store: StateStore): Promise<void> {
  await store.unmark(COMPLETE, IDENTITY_LENGTH);
}

/** Says that `who` is rebuilding the streams' states; said again at least every {@link RENEW_MS}. */
export async function markBuilding(
  store: StateStore,
  identities: readonly string[],
  who: string,
): Promise<void> {
  await store.mark(identities, `${BUILDING}${who}`, BUILDING_MS);
}

export const RENEW_MS = BUILDING_MS / 3;
