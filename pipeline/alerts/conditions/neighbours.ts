import type { AlertKind } from "../../../domain/alerts.ts";
import type { Reading } from "./reading.ts";

/** Neighbours as readiness names them, and what is told when they are away. */
const KINDS = {
  scorer: "scorer_away",
  redis: "redis_away",
  postgresql: "store_away",
} as const satisfies Record<string, AlertKind>;

export type Neighbour = keyof typeof KINDS;

/** How long neighbours have been away, by what readiness says at each look. */
export class NeighbourWatch {
  readonly #since = new Map<Neighbour, number>();

  /**
   * @param missing neighbour → what is wrong with it, in words
   * @param thresholds seconds
   */
  read(
    missing: ReadonlyMap<string, string>,
    at: Date,
    thresholds: Readonly<Record<Neighbour, number>>,
  ): Reading[] {
    return (Object.keys(KINDS) as Neighbour[]).map((name) => {
      const kind = KINDS[name];
      const why = missing.get(name);
      if (why === undefined) {
        this.#since.delete(name);
        return { kind, level: "clear", value: 0, words: "nothing is wrong with it" };
      }
      const since = this.#since.get(name) ?? at.getTime();
      this.#since.set(name, since);
      const seconds = Math.round((at.getTime() - since) / 1_000);
      const level = seconds >= thresholds[name] ? "over" : "between";
      return { kind, level, value: seconds, words: `${name} ${why}` };
    });
  }
}
