import { DomainError } from "../../platform/process/errors.ts";

/** How fast a file is replayed. */
export type Pace =
  /** Seconds of the file per second of the clock. */
  | { readonly speed: number }
  /** Payments a second. */
  | { readonly rate: number };

/**
 * `--speed 10x` or `--rate 500`; neither is as fast as the queue takes them.
 *
 * @throws DomainError `invalid_argument`
 */
export function givenPace(speed: string | undefined, rate: string | undefined): Pace {
  if (speed !== undefined && rate !== undefined) throw wrong("--speed and --rate: say one of them");
  if (rate !== undefined) return { rate: positive("--rate", rate, "500") };
  if (speed === undefined) return { speed: Number.POSITIVE_INFINITY };
  return { speed: positive("--speed", speed.replace(/x$/i, ""), "10x") };
}

/**
 * A bound on event times.
 *
 * @returns milliseconds since 1970
 * @throws DomainError `invalid_argument`
 */
export function givenBound(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d.*(?:Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(ms)) throw wrong(`${name} ${text}: a day (2026-11-01, UTC) or a time with its zone`);
  return ms;
}

/** When each payment is due, as they come in the file's order. */
export function dueTimes(pace: Pace, startMs: number): (eventTimeMs: number) => number {
  let first: number | undefined;
  let count = 0;
  return (eventTimeMs) => {
    if ("rate" in pace) return startMs + (count++ / pace.rate) * 1_000;
    first ??= eventTimeMs;
    return startMs + Math.max(0, (eventTimeMs - first) / pace.speed);
  };
}

function positive(name: string, text: string, example: string): number {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw wrong(`${name} ${text}: a number above 0, e.g. ${name} ${example}`);
}

function wrong(message: string): DomainError {
  return new DomainError("invalid_argument", message);
}
