import type { FC } from "hono/jsx";
import type { Interval } from "../../evaluate/bootstrap.ts";
import { count, few, ofHundred, range } from "../format.ts";
import { part, sum } from "../manager/words.ts";
import type { Study } from "../study.ts";

/** What the model cannot do, in words. */
export const Limits: FC<{ study: Study }> = ({ study: { manager, honest, data, exploration } }) => {
  const days = data.lastTime / 86_400;
  const [missed, money] = [restOf(manager.found), restOf(manager.moneyFound)];
  return (
    <div class="words">
      <p>
        <b>What it cannot do.</b>
      </p>
      <ul>
        <li>
          It does not find {ofHundred(missed.value)} of 100 frauds ({range(missed, ofHundred)}), nor{" "}
          {part(money.value)} of the stolen money ({range(money, ofHundred)}).
        </li>
        <li>
          It knows {days.toFixed(days < 10 ? 1 : 0)} days of payments, one in{" "}
          {count(exploration.day.transactions / exploration.day.frauds)} a fraud. Fraud changes: it has to be
          watched and taught again.
        </li>
        <li>It says which payments to look at. It proves nothing against a person.</li>
        {honest.cautions.map((caution) => (
          <li>{caution}</li>
        ))}
      </ul>
    </div>
  );
};

const restOf = ({ value, low, high }: Interval): Interval => ({
  value: 1 - value,
  low: 1 - high,
  high: 1 - low,
});

/** What is asked of the reader. */
export const Decision: FC<{ study: Study }> = ({ study: { manager, impact } }) => {
  const { programme, impact: year } = impact;
  const { low, value } = manager.money.net;
  const people =
    year.reviewsLeftOver > 0.5
      ? `How many people: the model sends ${few(manager.looked.value)} payments a day, ${count(programme.analysts)} analysts manage ${few(year.reviewCapacityPerDay)}; the other customers have to confirm. ${count(year.analystsNeeded)} analysts would look at all and leave ${sum(manager.netWithAllReviews.value)} a year (${range(manager.netWithAllReviews, sum)}), not ${sum(value)}.`
      : `How many people: ${count(year.analystsNeeded)} can look at everything that the model sends; ${count(programme.analysts)} are assumed.`;
  return (
    <div class="words decision">
      <p>
        <b>What we ask you to decide.</b>
      </p>
      <ul>
        <li>{verdict(low, value)}</li>
        <li>{people}</li>
        <li>
          Whether {few(manager.honest.value)} honest customers a day (up to {few(manager.honest.high)}) who
          are held up are worth {ofHundred(manager.found.value)} of 100 frauds found (
          {range(manager.found, ofHundred)}
          ).
        </li>
      </ul>
    </div>
  );
};

function verdict(low: number, value: number): string {
  if (low > 0)
    return `Whether to use it: by these assumptions it pays even at the bad end of the range, with ${sum(low)} a year left over. Our own amounts have to replace them first.`;
  if (value > 0)
    return `Whether to use it: by these assumptions it pays, but it is not sure: at the bad end of the range it loses ${sum(-low)} a year.`;
  return `Whether to use it: by these assumptions it does not pay; it loses ${sum(-value)} a year.`;
}
