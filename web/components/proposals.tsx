import type { Child, FC } from "hono/jsx";
import { isSameActor } from "../../domain/actors.ts";
import type { Proposal } from "../../pipeline/accounts/approvals.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

interface ProposalsProps {
  readonly title: string;
  readonly proposals: readonly Proposal[];
  readonly view: View;
  /** Below which an answer goes: `<at>/<id>/approve` and `<at>/<id>/refuse`. */
  readonly at: string;
  /** On the button of who agrees. */
  readonly agree: string;
  /** Whether this person may answer at all. */
  readonly mayAnswer: boolean;
  /** What is proposed. */
  readonly what: (proposal: Proposal) => Child;
}

/** What waits for a second person: who proposed it cannot agree alone, and can take it back. */
export const Proposals: FC<ProposalsProps> = ({ title, proposals, view, at, agree, mayAnswer, what }) => (
  <section class="panel" aria-labelledby="waiting">
    <div class="panel-head">
      <h2 id="waiting">{title}</h2>
      <span class="sub">who proposed it cannot agree alone</span>
    </div>
    <ul class="rows proposals">
      {proposals.map((proposal) => {
        const { id, proposedBy, proposedAt } = proposal;
        const own = view.user !== null && isSameActor(proposedBy, view.user.actor);
        return (
          <li>
            <div class="grow">
              {what(proposal)}
              <div class="soft small">
                Proposed by {proposedBy.name}, <When at={proposedAt} view={view} style="short" />
              </div>
            </div>
            {mayAnswer && !own && (
              <form method="post" action={`${at}/${id}/approve`}>
                <button type="submit" class="button primary">
                  {agree}
                </button>
              </form>
            )}
            {mayAnswer && (
              <form method="post" action={`${at}/${id}/refuse`}>
                <button type="submit" class="button">
                  {own ? "Take back" : "Refuse"}
                </button>
              </form>
            )}
          </li>
        );
      })}
    </ul>
  </section>
);
