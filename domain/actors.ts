/**
 * Who did something: `system` is the house itself, `user` a person with an account, `api_key` a program with a key,
 * `operator` whoever works at the machine's command line.
 */
export const ACTOR_KINDS = ["system", "user", "api_key", "operator"] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

/** Who did something. `id` is stable (a user's number, a key's id), `name` is what people call it and may change. */
export interface Actor {
  readonly kind: ActorKind;
  readonly id: string;
  readonly name: string;
}

/** What happens by itself: timers, retention, the reconciler. */
export const SYSTEM: Actor = { kind: "system", id: "system", name: "system" };

/** A person with an account, as the actor of what they do. */
export function userActor(userId: number, name: string): Actor {
  return { kind: "user", id: String(userId), name };
}

/** The same actor, whatever it is called now. */
export function isSameActor(a: Pick<Actor, "kind" | "id">, b: Pick<Actor, "kind" | "id">): boolean {
  return a.kind === b.kind && a.id === b.id;
}
