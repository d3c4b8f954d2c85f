import type { PartName, StatusPart } from "../../domain/status.ts";
import type { Found } from "./parts.ts";

/** Since when parts are not well: what the house knows, or when this process first saw it. */
export class Since {
  readonly #seen = new Map<PartName, Date>();

  /** @param known since when the workers' readings have it over its threshold, by part */
  of(part: Found, known: ReadonlyMap<PartName, Date>, at: Date): StatusPart {
    const { name, state, words } = part;
    if (state === "well") {
      this.#seen.delete(name);
      return { name, state, words, since: null };
    }
    const seen = this.#seen.get(name) ?? at;
    this.#seen.set(name, seen);
    const moments = [seen, part.since, state === "unknown" ? null : known.get(name)];
    const first = Math.min(...moments.flatMap((moment) => moment?.getTime() ?? []));
    return { name, state, words, since: new Date(first) };
  }
}
