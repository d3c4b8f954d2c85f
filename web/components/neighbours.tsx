import type { FC } from "hono/jsx";
import type { Neighbours } from "../../pipeline/review/case-page.ts";
import { DecisionTable } from "./decision-table.tsx";
import { sentence } from "./format.ts";
import type { View } from "./view.ts";

/** Other payments of the payment's own entities: the same customer, terminal, device, … around that time. */
export const NeighbourPanels: FC<{ readonly neighbours: readonly Neighbours[]; readonly view: View }> = ({
  neighbours,
  view,
}) => (
  <>
    {neighbours.map(({ entity, id, decisions }) => {
      const name = entity.replaceAll("_", " ");
      const title = `neighbours-${entity}`;
      return (
        <section class="panel case-neighbours" aria-labelledby={title}>
          <div class="panel-head">
            <h2 id={title}>{sentence(`same ${name}`).replace(/\.$/, "")}</h2>
            <span class="sub mono">{id}</span>
          </div>
          {decisions.length === 0 ? (
            <p class="panel-body soft">No other payment of this {name} in the five weeks before.</p>
          ) : (
            <DecisionTable
              decisions={decisions}
              view={view}
              dated
              caption={`Other payments of the same ${name}`}
            />
          )}
        </section>
      );
    })}
  </>
);
