const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;

/**
 * Where clocks of a file are: the offset east of UTC, milliseconds, of a moment that is given as those clocks showed it
 * (as if it were UTC). Undefined for a moment that they skipped in spring; of an hour that they showed twice in autumn
 * the first is meant.
 */
export type Zone = (localMs: number) => number | undefined;

/** Clocks that show UTC. */
export const UTC: Zone = () => 0;

const OFFSET = /^([+-])(\d\d):?(\d\d)$/;

/** A zone by its name: `UTC`, an offset such as `+02:00`, or one of the IANA's such as `Europe/Prague`; else undefined. */
export function zoneOf(name: string): Zone | undefined {
  if (/^(utc|z)$/i.test(name)) return UTC;
  const offset = offsetMs(name);
  if (offset !== undefined) return () => offset;
  try {
    return zoneOfPlace(name);
  } catch {
    return undefined;
  }
}

/** Milliseconds east of UTC of `+02:00`, `-0330` or `Z`; undefined for anything else. */
export function offsetMs(text: string): number | undefined {
  if (text === "Z" || text === "z") return 0;
  const match = OFFSET.exec(text);
  if (!match) return undefined;
  const [hours, minutes] = [Number(match[2]), Number(match[3])];
  if (hours > 18 || minutes > 59) return undefined;
  return (match[1] === "-" ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** @throws RangeError when there is no such place */
function zoneOfPlace(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  // Offsets change on a quarter of an hour, and asking is slow.
  const known = new Map<number, number>();
  const at = (utcMs: number): number => {
    const quarter = Math.floor(utcMs / QUARTER_MS);
    const before = known.get(quarter);
    if (before !== undefined) return before;
    const name = format.formatToParts(utcMs).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const offset = offsetMs(name.replace("GMT", "")) ?? 0;
    if (known.size > 100_000) known.clear();
    known.set(quarter, offset);
    return offset;
  };
  return (localMs) => {
    const [earlier, later] = [at(localMs - DAY_MS), at(localMs + DAY_MS)];
    return [earlier, later].find((offset) => at(localMs - offset) === offset);
  };
}
