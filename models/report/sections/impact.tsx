import type { FC } from "hono/jsx";
import { atTrueBaseRate } from "../../data/dataset.ts";
import { exactMoney, money, price } from "../../impact/money.ts";
import { ORIGINAL_IMPACT_CAVEAT, type OriginalImpact } from "../../impact/original-calculator.ts";
import type { TierDay } from "../../impact/programme.ts";
import { tornadoChart } from "../charts/bars.ts";
import { count, percent } from "../format.ts";
import { Figure, Table } from "../parts.tsx";
import type { Study } from "../study.ts";

/** Money, both ways. */
export const ImpactSection: FC<{ study: Study }> = ({
  study: { impact, original, basis, data, exploration },
}) => {
  const { programme, impact: year, breakEven } = impact;
  return (
    <section class="page">
      <h2>Business impact</h2>
      <h3>{atTrueBaseRate(data) ? "At the true base rate" : "At the rate of fraud of this file"}</h3>
      <p>
        A year of the tiers above on {count(programme.transactionsPerDay)} transactions a day with{" "}
        {count(exploration.day.frauds)} frauds of {money(exploration.day.fraudAmount)}: {basis}. The
        assumptions listed below are placeholders for the company's own figures; each can be changed, and the
        figure after them says which ones matter.
      </p>
      <Table
        source="assumptions"
        caption="A year of the programme."
        text={[2]}
        head={["", "A year", "How"]}
        rows={[
          [
            "Loss without a programme",
            money(year.lossWithout),
            `all frauds, less ${percent(programme.recoveryRate, 0)} recovered, plus fees`,
          ],
          [
            "Loss prevented",
            money(year.prevented),
            `${percent(year.fraudsStoppedShare, 0)} of frauds, ${percent(year.moneySavedShare, 0)} of their money`,
          ],
          ["Analysts", money(-year.analystCost), `${programme.analysts} analysts, paid for their hours`],
          ["Challenges", money(-year.challengeCost), "step-ups without an analyst"],
          ["Churn", money(-year.churnCost), "honest customers lost by reviews and challenges"],
          ["Programme", money(-year.programmeCost), "licences, hosting, engineers"],
          [
            <b>Net benefit</b>,
            <b>{money(year.netBenefit)}</b>,
            year.roiPercent === undefined ? "" : `${year.roiPercent.toFixed(0)} % of everything spent`,
          ],
        ]}
      />
      <Table
        source="assumptions"
        caption="A day of the programme, by tier."
        head={[
          "Tier",
          "Transactions",
          "Frauds",
          "To review",
          "Reviewed",
          "Challenged",
          "Frauds stopped",
          "Money saved",
        ]}
        rows={[
          ...year.tiers.map((tier) => [tier.tier, ...dayCells(tier)]),
          [<b>All</b>, ...dayCells(sumOfDays(year.tiers))],
        ]}
      />
      <p>
        {count(year.reviewsPerDay)} reviews a day for a capacity of {count(year.reviewCapacityPerDay)}
        {year.reviewsLeftOver > 0.5
          ? `; ${count(year.reviewsLeftOver)} a day are left over and only challenged: ${year.analystsNeeded} analysts would do them all.`
          : `; ${year.analystsNeeded} analyst${year.analystsNeeded === 1 ? "" : "s"} would do.`}
      </p>
      <Table
        source="assumptions"
        caption="The assumptions."
        text={[1]}
        head={["Assumption", "Value"]}
        rows={[
          ["Reviewed by an analyst", rates(programme.actions, "reviewRate")],
          ["Challenged when not reviewed", rates(programme.actions, "challengeRate")],
          [
            "Frauds stopped by a review, by a challenge",
            `${percent(programme.reviewEffectiveness, 0)}, ${percent(programme.challengeEffectiveness, 0)}`,
          ],
          [
            "Analysts; hours a day over the year; minutes a review; cost an hour",
            `${programme.analysts}; ${programme.analystHoursPerDay}; ${programme.minutesPerReview}; ${price(programme.analystHourlyCost)}`,
          ],
          [
            "Recovered after a loss; fee of a lost fraud; cost of a challenge",
            `${percent(programme.recoveryRate, 0)}; ${price(programme.chargebackFee)}; ${price(programme.challengeCost)}`,
          ],
          [
            "Honest customers lost by a review, by a challenge; value of one",
            `${percent(programme.reviewChurnRate, 1)}, ${percent(programme.challengeChurnRate, 1)}; ${price(programme.customerValue)}`,
          ],
          ["Programme cost a year", price(programme.programmeCostPerYear)],
        ]}
      />
      <Figure svg={tornadoChart(impact.tornado, year.netBenefit)} source="assumptions">
        Sensitivity: the net benefit when one assumption moves between the ends given and the others stay. The
        pale part is its low end, the dark part its high end.
      </Figure>
      <p>
        <b>Break-even.</b> With everything else as assumed, the programme pays while it costs no more than{" "}
        {money(breakEven.programmeCostPerYear)} a year
        {breakEven.fraudVolume !== undefined &&
          `, from ${breakEven.fraudVolume.toFixed(2)} times the measured number of frauds`}
        {breakEven.transactionsPerDay !== undefined &&
          `, and from ${count(breakEven.transactionsPerDay)} transactions a day`}
        .
      </p>
      <h3>The original's calculator</h3>
      <p class="warning">{ORIGINAL_IMPACT_CAVEAT}</p>
      <Table
        source="original"
        caption="The original's calculator, to the cent: from the published confusion matrix (TP 56,170, FP 65), and from the one reproduced here."
        head={["A year", "Published", "Reproduced here"]}
        rows={originalRows(original.publishedImpact, original.reproducedImpact)}
      />
    </section>
  );
};

type DayFigures = Omit<TierDay, "tier" | "fraudMoney">;

function dayCells(day: DayFigures): string[] {
  return [
    count(day.transactions),
    day.frauds.toFixed(1),
    day.reviewsWanted.toFixed(1),
    day.reviewed.toFixed(1),
    day.challenged.toFixed(1),
    day.fraudsStopped.toFixed(1),
    money(day.moneySaved),
  ];
}

function sumOfDays(tiers: readonly TierDay[]): DayFigures {
  const sum = (of: (day: TierDay) => number): number => tiers.reduce((total, day) => total + of(day), 0);
  return {
    transactions: sum((day) => day.transactions),
    frauds: sum((day) => day.frauds),
    reviewsWanted: sum((day) => day.reviewsWanted),
    reviewed: sum((day) => day.reviewed),
    challenged: sum((day) => day.challenged),
    fraudsStopped: sum((day) => day.fraudsStopped),
    moneySaved: sum((day) => day.moneySaved),
  };
}

function rates(
  actions: Readonly<Record<string, { readonly reviewRate: number; readonly challengeRate: number }>>,
  which: "reviewRate" | "challengeRate",
): string {
  return Object.entries(actions)
    .map(([tier, action]) => `${tier} ${percent(action[which], 0)}`)
    .join(", ");
}

const percentage = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

function originalRows(a: OriginalImpact, b: OriginalImpact): string[][] {
  const roi = (value: number | undefined): string =>
    value === undefined ? "n/a" : `${percentage.format(value)} %`;
  return [
    ["Fraud prevented", exactMoney(a.fraudPrevented), exactMoney(b.fraudPrevented)],
    ["Investigation cost", exactMoney(a.investigation), exactMoney(b.investigation)],
    ["Churn", exactMoney(a.churn), exactMoney(b.churn)],
    ["Net benefit", exactMoney(a.netBenefit), exactMoney(b.netBenefit)],
    ["Return on investment", roi(a.roiPercent), roi(b.roiPercent)],
  ];
}
