import type { FC } from "hono/jsx";
import type { CasePage, Neighbours } from "../../pipeline/review/case-page.ts";
import { mayDo } from "../auth/guard.ts";
import { DecisionTable } from "./decision-table.tsx";
import { sentence } from "./format.ts";
import { amountAgainstUsual } from "./payment.tsx";
import { PaymentStrip, StripLegend } from "./payment-strip.tsx";
import type { View } from "./view.ts";

interface NeighbourPanelsProps {
  readonly page: Pick<CasePage, "neighbours" | "decision" | "cardUsual" | "case">;
  readonly view: View;
}

/** The newest of an entity's payments are told in a table too; a merchant's are other people's. */
const LISTED = 5;
/** What the list of transactions is searched by. */
const SEARCHED = new Set(["card", "merchant"]);

/** Other payments of the payment's customer, card, terminal, … around that time: each as a strip, its newest in a table. */
export const NeighbourPanels: FC<NeighbourPanelsProps> = ({ page, view }) => (
  <>
    {page.neighbours.length === 0 && (
      <section class="panel case-neighbours" aria-labelledby="neighbours-none">
        <div class="panel-head">
          <h2 id="neighbours-none">Other payments</h2>
        </div>
        <p class="panel-body soft">The payment came without a card token, a merchant or an entity.</p>
      </section>
    )}
    {page.neighbours.map((neighbours, i) => (
      <NeighbourPanel neighbours={neighbours} page={page} view={view} explained={i === 0} />
    ))}
  </>
);

const NeighbourPanel: FC<
  NeighbourPanelsProps & { readonly neighbours: Neighbours; readonly explained: boolean }
> = ({ neighbours: { entity, id, decisions }, page, view, explained }) => {
  const name = entity.replaceAll("_", " ");
  const title = `neighbours-${entity}`;
  const against = entity === "card" ? amountAgainstUsual(page.decision, page.cardUsual) : null;
  return (
    <section class="panel case-neighbours" aria-labelledby={title}>
      <div class="panel-head">
        <h2 id={title}>{sentence(`same ${name}`).replace(/\.$/, "")}</h2>
        <span class="sub mono">{id}</span>
      </div>
      {mayDo(view.user, "reviews.supervise") && (
        <p class="panel-body small">
          <a href={`/reviews/${page.case.caseId}/linked?by=${encodeURIComponent(entity)}`}>
            Open cases of this {name}, to be closed together
          </a>
        </p>
      )}
      {against && <p class="panel-body soft small">This payment is {against}.</p>}
      {decisions.length === 0 ? (
        <p class="panel-body soft">
          No other payment of this {name} is known in the {entity === "card" ? "half year" : "five weeks"}{" "}
          before.
        </p>
      ) : (
        <>
          <PaymentStrip mine={page.decision} others={decisions} view={view} name={name} />
          {explained && <StripLegend />}
          {entity !== "merchant" && (
            <DecisionTable
              decisions={decisions.slice(0, LISTED)}
              view={view}
              dated
              caption={`The newest other payments of the same ${name}`}
            />
          )}
          {SEARCHED.has(entity) && (
            <p class="panel-foot">
              <a href={`/transactions?q=${encodeURIComponent(id)}`}>All payments of this {name}</a>
            </p>
          )}
        </>
      )}
    </section>
  );
};
