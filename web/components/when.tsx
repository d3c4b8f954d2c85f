import type { FC } from "hono/jsx";
import { formatDateTime, formatRemaining, formatShort, formatTime, formatZone } from "./format.ts";
import type { View } from "./view.ts";

/** A moment in the browser's zone, the whole of it in the tooltip. */
export const When: FC<{
  readonly at: Date;
  readonly view: View;
  /** 21:43:07, 22 Nov 21:43:07, or with year and offset. */
  readonly style?: "time" | "short" | "full";
}> = ({ at, view, style = "time" }) => (
  <time
    datetime={at.toISOString()}
    title={`${formatDateTime(at, view.timeZone)}${view.timeZone === "UTC" ? "" : `, ${view.timeZone}`}`}
    class="nowrap"
  >
    {style === "time"
      ? formatTime(at, view.timeZone)
      : style === "short"
        ? formatShort(at, view.timeZone)
        : formatDateTime(at, view.timeZone)}
  </time>
);

/** Which zone the times of a page are in, said where they are seen. */
export const TimesIn: FC<{ readonly view: View }> = ({ view }) => (
  <span class="nowrap">times in {formatZone(view.timeZone, new Date())}</span>
);

/** Less than this until the deadline is "soon". */
const SOON_MS = 5 * 60_000;

/** What is left until a deadline; assets/clock.js counts on. */
export const Due: FC<{ readonly at: Date; readonly now?: Date }> = ({ at, now = new Date() }) => {
  const left = at.getTime() - now.getTime();
  return (
    <time
      class="due"
      datetime={at.toISOString()}
      data-due
      data-state={left < 0 ? "over" : left < SOON_MS ? "soon" : "calm"}
    >
      {formatRemaining(at, now)}
    </time>
  );
};
