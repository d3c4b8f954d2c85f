import type { FC } from "hono/jsx";
import { price } from "../../impact/money.ts";
import type { Programme } from "../../impact/programme.ts";
import { colours } from "../charts/draw.ts";
import { alertsChart, foundChart, moneyChart } from "../charts/manager.ts";
import { count, few, ofHundred, range, score } from "../format.ts";
import { part, sum } from "../manager/words.ts";
import { Figure, Tag, Tile } from "../parts.tsx";
import type { Study } from "../study.ts";
import { Decision, Limits } from "./manager-words.tsx";

/** The first page, for somebody who decides about money and people: one page of words and three pictures. */
export const ManagerPage: FC<{ study: Study }> = ({ study }) => {
  const { card, manager, honest, exploration, impact } = study;
  const { found, looked, honest: innocent, money: year } = manager;
  return (
    <section class="manager">
      <header class="cover">
        <div class="over">PaySecure · for whoever decides about money and people</div>
        <h1>{`What ${card.name}, version ${card.version}, would do for us`}</h1>
        <p>
          Report of {study.createdAt.slice(0, 10)} · judged on {study.data.file} · the scientist's part begins
          on the next page
        </p>
      </header>
      {honest.unproven && <p class="warning">{honest.unproven}</p>}
      <Headline study={study} />
      <div class="tiles">
        <Tile
          name="Frauds it finds"
          value={`${count(100 * found.value)} of 100`}
          note={`range ${range(found, ofHundred)}; of the stolen money ${part(manager.moneyFound.value)} (${range(manager.moneyFound, ofHundred)})`}
        />
        <Tile
          name="Payments to look at"
          value={`${few(looked.value)} a day`}
          note={`High and Critical; range ${range(looked, few)}, out of ${count(exploration.day.transactions)}`}
        />
        <Tile
          name="Of these, honest customers"
          value={`${few(innocent.value)} a day`}
          note={`range ${range(innocent, few)}; blocked, or asked to confirm`}
        />
        <Tile
          name="Left over"
          value={`${sum(year.net.value)} a year`}
          note={`range ${range(year.net, sum)}; ${sum(perDay(year.net.value))} a day, as assumed below`}
        />
      </div>
      <Pictures study={study} />
      <p>
        <b>Money.</b> A day without the model loses {sum(perDay(impact.impact.lossWithout))} to fraud, a day
        with it {sum(perDay(year.lossWith.value))} ({range(year.lossWith, (end) => sum(perDay(end)))}); to run
        it costs {sum(perDay(year.cost.value))} a day. Of 100 frauds {ofHundred(year.stopped.value)} are
        stopped ({range(year.stopped, ofHundred)}): neither a person nor a confirmation stops each that is
        found. The assumptions are placeholders for our own figures, and no range covers them:{" "}
        {aboutWorst(study)}
      </p>
      <p class="small">{assumptions(impact.programme)}</p>
      <div class="row">
        <Limits study={study} />
        <Decision study={study} />
      </div>
      <p class="basis">
        <b>Where the figures come from.</b> <Tag source="honest" /> {honest.evaluation.protocol}:{" "}
        {count(honest.evaluation.transactions)} later payments of {study.data.file} with{" "}
        {count(honest.evaluation.frauds)} frauds; a day is one of the whole file (
        {few(exploration.day.frauds)} frauds). {manager.claim && <Tag source="walk-forward" />}
        {manager.claim && " as the model's card claims it, on its own file. "}
        <Tag source="assumptions" /> the same with the amounts above. A range is a 95 % interval, right
        nineteen times in twenty: it covers the luck of few frauds and nothing else.
      </p>
    </section>
  );
};

const perDay = (year: number): number => year / 365;

/** How good the model is: what its card claims forward in time, where it does, beside the test. */
const Headline: FC<{ study: Study }> = ({ study: { manager, honest } }) => {
  const { auprc } = honest.evaluation.figures;
  const ranged = (figure: typeof auprc) => (
    <>
      <b>{score(figure.value, 2)}</b> ({range(figure, (end) => score(end, 2))})
    </>
  );
  return (
    <p class="lead">
      {manager.claim ? (
        <>
          <b>How good it is:</b> <Tag source="walk-forward" /> judged over and over on payments that came
          after those it had learned from, it scores {ranged(manager.claim)} out of 1. That is the figure to
          count on; in the single test that the rest of this page is of, it scored {ranged(auprc)}.{" "}
        </>
      ) : (
        <>
          <b>How good it is:</b> <Tag source="honest" /> on payments that came after those it had learned
          from, it scored {ranged(auprc)} out of 1.{" "}
        </>
      )}
      The score is 1 when every fraud is put before every honest payment, and{" "}
      {honest.evaluation.fraudRate.toFixed(3)} by guessing.
    </p>
  );
};

const Pictures: FC<{ study: Study }> = ({ study }) => {
  const { manager, impact, honest } = study;
  const { found, looked, money: year } = manager;
  const [all, ...tiers] = manager.alerts;
  const last = manager.curve.at(-1);
  const more = last ? `; looking at ${few(last.perDay)} finds ${count(100 * last.found.value)}` : "";
  const sees = {
    found: `Looking at ${few(looked.value)} payments a day finds ${count(100 * found.value)} of 100 frauds${more}.`,
    alerts: all
      ? `Of 100 alerts ${count(100 * all.fraud.value)} (${range(all.fraud, ofHundred)}) are fraud: ${tiers.map(({ name, fraud }) => `${count(100 * fraud.value)} in ${name}`).join(", ")}.`
      : "No payment of the test raised an alert.",
    money: `With the model, fraud costs ${sum(impact.impact.lossWithout - year.lossWith.value)} a year less, and running it costs ${sum(year.cost.value)}.`,
  };
  const titles = {
    found: "Frauds found, by payments looked at a day",
    alerts: "Who is behind 100 alerts, by tier",
    money: "Fraud and its prevention, euros a year",
  };
  const test = `${study.data.file}, ${count(honest.evaluation.frauds)} frauds`;
  return (
    <>
      <div class="row">
        <Picture
          title={titles.found}
          svg={foundChart(`${titles.found}. ${sees.found}`, manager.curve, {
            perDay: looked.value,
            found,
            analysts: impact.programme.analysts,
            capacity: impact.impact.reviewCapacityPerDay,
          })}
          source="honest"
          see={sees.found}
          basis={`${test}; shade and line: 95 % interval.`}
        />
        <Picture
          title={titles.alerts}
          svg={alertsChart(`${titles.alerts}. ${sees.alerts}`, manager.alerts)}
          source="honest"
          see={sees.alerts}
          basis={`${test}; lines: 95 % interval.`}
        />
      </div>
      <Picture
        title={titles.money}
        svg={moneyChart(`${titles.money}. ${sees.money}`, [
          {
            name: "Fraud, without the model",
            colour: colours.fraud,
            amount: { value: impact.impact.lossWithout },
          },
          { name: "Fraud, with the model", colour: colours.fraud, amount: year.lossWith },
          {
            name: "Reviews and running costs",
            colour: colours.legitimate,
            amount: { value: year.cost.value },
          },
          { name: "Left over", colour: colours.good, amount: year.net },
        ])}
        source="assumptions"
        see={sees.money}
        basis={`${test}; lines: 95 % interval, the assumptions taken as given.`}
      />
    </>
  );
};

/** A picture with its title above, and below it what to see, then what it is of. */
const Picture: FC<{
  title: string;
  svg: string;
  source: "honest" | "assumptions";
  see: string;
  basis: string;
}> = ({ title, svg, source, see, basis }) => (
  <div class="picture">
    <div class="title">{title}</div>
    <Figure svg={svg} source={source}>
      <b>{see}</b> {basis}
    </Figure>
  </div>
);

function assumptions(programme: Programme): string {
  const { analysts, analystHoursPerDay, minutesPerReview, analystHourlyCost, programmeCostPerYear } =
    programme;
  const { recoveryRate, chargebackFee, reviewEffectiveness, challengeEffectiveness } = programme;
  const { reviewChurnRate, challengeChurnRate, customerValue } = programme;
  return `Assumed: ${analysts} analysts, ${analystHoursPerDay} hours a day, ${minutesPerReview} minutes a payment, ${price(analystHourlyCost)} an hour; ${price(programmeCostPerYear)} a year for licences, hosting and engineers; a review stops ${part(reviewEffectiveness)} of the frauds it looks at, a customer's confirmation ${part(challengeEffectiveness)}; ${part(recoveryRate)} of what is lost comes back, a lost fraud costs ${price(chargebackFee)} more; ${part(reviewChurnRate)} of the honest customers held for a review leave, ${part(challengeChurnRate, 1)} of those asked to confirm, each worth ${price(customerValue)}.`;
}

/** How far the assumption that matters most moves what is left over. */
function aboutWorst({ impact }: Study): string {
  const [most] = impact.tornado;
  if (!most) return "";
  const name = most.assumption.slice(0, 1).toLowerCase() + most.assumption.slice(1);
  return `what matters most is “${name}”: from ${most.lowText} to ${most.highText} it moves what is left over from ${sum(most.netAtLow)} to ${sum(most.netAtHigh)}.`;
}
