/** Hours in which only what is critical leaves. */
export interface QuietHours {
  /** "22:00" */
  readonly from: string;
  /** "07:00"; before {@link from} it is the next day's. */
  readonly until: string;
  /** IANA. */
  readonly timeZone: string;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

/**
 * When quiet hours that `at` lies in are over; undefined when it lies in none. Looked at minute by minute on the zone's own
 * clock, so that a change to summer time is what it is.
 */
export function quietUntil({ from, until, timeZone }: QuietHours, at: Date): Date | undefined {
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const begins = minutesOf(from);
  const ends = minutesOf(until);
  const isQuiet = (ms: number): boolean => {
    const now = minutesOf(clock.format(ms));
    return begins <= ends ? begins <= now && now < ends : begins <= now || now < ends;
  };
  const start = Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS;
  if (!isQuiet(start)) return undefined;
  for (let minute = 1; minute <= DAY_MINUTES + 60; minute++) {
    if (!isQuiet(start + minute * MINUTE_MS)) return new Date(start + minute * MINUTE_MS);
  }
  return undefined;
}

function minutesOf(clock: string): number {
  const [hours = "0", minutes = "0"] = clock.split(":");
  return Number(hours) * 60 + Number(minutes);
}
