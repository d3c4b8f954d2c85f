import type { FC } from "hono/jsx";
import type { Action } from "../../../domain/actions.ts";
import { TIER_POLICY } from "../../../domain/policy/decision-policy.ts";
import { byTierName } from "../../../domain/tiers.ts";
import { bandIsProven, type TierRow } from "../../evaluate/tiers.ts";
import { tierChart } from "../charts/quality.ts";
import { count, percent, percentInterval } from "../format.ts";
import { Figure, Table } from "../parts.tsx";
import type { Study } from "../study.ts";

const DONE: Readonly<Record<Action, string>> = {
  approve: "approve",
  monitor: "approve and monitor",
  verify: "verify",
  block: "block",
};

/** What the policy does with each tier. */
const ACTIONS = byTierName((tier) => {
  const { action, review } = TIER_POLICY.tiers[tier];
  return review ? `${DONE[action]}, review` : DONE[action];
});

/** Tiers: what the policy does with the stream. */
export const TiersSection: FC<{ study: Study }> = ({ study: { honest, original } }) => {
  const { tiers, perDay } = honest.evaluation;
  const band = (from: number, to: number) => (
    <span class="keep">{`${Math.round(100 * from)}–${percent(to, 0)}`}</span>
  );
  return (
    <section>
      <h2>Risk tiers</h2>
      <p>
        A tier is a band of the score, and the score is a probability: of the transactions in a tier, a share
        inside its band should turn out to be fraud. The edges are a policy kept in the model's card, to be
        moved with the review capacity or the cost.
      </p>
      <Table
        source="honest"
        caption="Tiers. Counts are of a day of the whole file; fraud rate (95 % interval) and shares are those of the test rows. Few rows: inside the band, as far as they can tell."
        text={[1, 2]}
        head={["Tier", "Band", "Action", "A day", "Frauds a day", "Fraud rate", "In band", "Of frauds"]}
        rows={tiers.map((tier, t) => [
          <b>{tier.tier}</b>,
          band(tier.from, tier.to),
          ACTIONS[tier.tier],
          count(perDay?.tiers[t]?.transactions ?? 0),
          count(perDay?.tiers[t]?.frauds ?? 0),
          tier.transactions === 0 ? "n/a" : percentInterval(tier.fraudRateInterval),
          bandVerdict(tier),
          percent(tier.fraudShare, 0),
        ])}
      />
      <Figure svg={tierChart(perDay?.tiers ?? tiers, "Shares of the tiers, honest protocol")} source="honest">
        How transactions, frauds and stolen money fall into the tiers.
      </Figure>
      <Figure
        svg={tierChart(original.forest.tiers, "Shares of the tiers, original protocol")}
        source="original"
      >
        The same of the original's forest on its own test set: half of it Critical, because half of it is
        fraud. Synthetic rows have no amount; the money is that of real rows.
      </Figure>
    </section>
  );
};

/** Whether a tier's fraud rate lies in its band, and whether its rows are enough to say so. */
function bandVerdict(tier: TierRow): string {
  if (tier.transactions === 0) return "empty";
  if (!tier.calibrated) return "no";
  return bandIsProven(tier) ? "yes" : "few rows";
}
