import type { FC } from "hono/jsx";
import type { DeadLetter } from "../../pipeline/dead-letters/letters.ts";
import { formatCount, formatDateTime } from "./format.ts";
import type { View } from "./view.ts";

/** Reasons in words. */
const REASONS: Readonly<Record<string, string>> = {
  invalid_argument: "Not as it has to be",
  conflict: "The id is another payment's",
  not_found: "Something it names is not there",
  internal: "Given up after many tries",
};

/** A reason as people read it: its code in words, or as it is. */
export function reasonInWords(reason: string): string {
  return REASONS[reason] ?? reason.replaceAll("_", " ");
}

/** What wait, by reason: each a link to its list. */
export const ReasonTabs: FC<{
  readonly counts: readonly { readonly reason: string; readonly count: number }[];
  readonly chosen: string | undefined;
  readonly state: string;
}> = ({ counts, chosen, state }) => {
  const all = counts.reduce((sum, { count }) => sum + count, 0);
  const current = (here: boolean) => (here ? "true" : undefined);
  const waiting = state === "waiting";
  return (
    <div class="segments-row">
      <nav class="segments" aria-label="Which dead letters">
        <a href="/dead-letters" aria-current={current(waiting && chosen === undefined)}>
          Waiting <span class="soft">{formatCount(all)}</span>
        </a>
        {counts.map(({ reason, count }) => (
          <a
            href={`/dead-letters?reason=${encodeURIComponent(reason)}`}
            aria-current={current(waiting && chosen === reason)}
          >
            {reasonInWords(reason)} <span class="soft">{formatCount(count)}</span>
          </a>
        ))}
        <a href="/dead-letters?state=redriven" aria-current={current(state === "redriven")}>
          Handed in again
        </a>
        <a href="/dead-letters?state=discarded" aria-current={current(state === "discarded")}>
          Put aside
        </a>
      </nav>
    </div>
  );
};

/** Dead letters, the newest first. */
export const DeadLetterTable: FC<{ readonly letters: readonly DeadLetter[]; readonly view: View }> = ({
  letters,
  view,
}) => (
  <div class="table-wrap">
    <table class="audit">
      <caption class="visually-hidden">Dead letters, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Transaction</th>
          <th scope="col">Why</th>
          <th scope="col">Came by</th>
          <th scope="col">When</th>
        </tr>
      </thead>
      <tbody>
        {letters.map((letter) => (
          <tr>
            <td>
              <a href={`/dead-letters/${letter.id}`}>{letter.transactionId ?? "no id"}</a>
              <span class="second">letter {letter.id}</span>
            </td>
            <td class="letter-why">
              <strong>{reasonInWords(letter.reason)}</strong>
              <span class="second" dir="auto">
                {letter.error}
              </span>
              {letter.handledBy && (
                <span class="second">
                  {letter.state === "redriven" ? "handed in again" : "put aside"} by {letter.handledBy.name}
                </span>
              )}
            </td>
            <td>
              {letter.source ?? "–"}
              <span class="second">{letter.queue}</span>
            </td>
            <td class="nowrap">
              <time datetime={letter.at.toISOString()}>{formatDateTime(letter.at, view.timeZone)}</time>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

/** A payload as somebody edits it: numbers of a list on one line. */
export function payloadText(payload: object): string {
  // A line break stands between values alone: inside a text it is written \n.
  return JSON.stringify(payload, null, 2).replace(/\[\n[\s\d,.eE+-]*\]/g, (list) =>
    list.replace(/\s+/g, " ").replace("[ ", "[").replace(" ]", "]"),
  );
}
