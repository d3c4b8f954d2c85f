import type { FC } from "hono/jsx";
import { HOUR_FIGURES, type HourReading, type HourReport } from "../../domain/hour.ts";
import { formatCount, formatShare } from "./format.ts";

const inWords = ({ figure }: Pick<HourReading, "figure">, value: number | null): string =>
  HOUR_FIGURES[figure].kind === "share"
    ? formatShare(value)
    : value === null
      ? "–"
      : formatCount(Math.round(value));

/** What a manager reads first: whether the last hour is an ordinary one, and if not, what is not. */
function sentenceOf({ weeks, wanted, readings }: HourReport): string {
  const off = readings.filter(({ state }) => state === "low" || state === "high");
  if (weeks < wanted) {
    return `What is usual at this hour is not known yet: ${weeks} of the ${wanted} past weeks it takes had payments.`;
  }
  if (off.length === 0) return "The last hour is as usual.";
  const named = off.map(({ figure, state }) => {
    const { title, kind } = HOUR_FIGURES[figure];
    const [low, high] =
      kind === "share"
        ? ["a smaller share than usual", "a larger share than usual"]
        : ["fewer than usual", "more than usual"];
    return `${title}: ${state === "low" ? low : high}`;
  });
  return `The last hour is not as usual. ${named.join(". ")}.`;
}

/** The last hour beside the same hour of past weeks: a sentence, then the figures, those off their band first. */
export const Hour: FC<{ readonly hour: HourReport }> = ({ hour }) => {
  const known = hour.weeks >= hour.wanted;
  const rank = ({ state }: HourReading): number => (state === "usual" || state === "unknown" ? 1 : 0);
  const readings = hour.readings.toSorted((a, b) => rank(a) - rank(b));
  return (
    <section class="panel hour" aria-labelledby="hour-title">
      <div class="panel-head">
        <h2 id="hour-title">{sentenceOf(hour)}</h2>
        {known && <span class="sub">against the same hour of the last {hour.weeks} weeks with payments</span>}
      </div>
      {known && (
        <dl class="figures">
          {readings.map((reading) => (
            <div class="figure" data-state={reading.state}>
              <dt>
                <a href={HOUR_FIGURES[reading.figure].place}>{HOUR_FIGURES[reading.figure].title}</a>
              </dt>
              <dd>
                <p class="value">{inWords(reading, reading.value)}</p>
                <p class="note">
                  {reading.usual === null
                    ? "too few to judge"
                    : `${SAID[reading.state]}: ${inWords(reading, reading.usual.low)} to ${inWords(reading, reading.usual.high)}`}
                </p>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
};

const SAID: Readonly<Record<HourReading["state"], string>> = {
  usual: "usual",
  low: "▾ low, usually",
  high: "▴ high, usually",
  unknown: "not known",
};
