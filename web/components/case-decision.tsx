import type { FC } from "hono/jsx";
import { MAX_NOTE } from "../../domain/review-cases.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import type { CasePage } from "../../pipeline/review/case-page.ts";
import { mayDo } from "../auth/guard.ts";
import { formatCount, formatMinute, formatMoney } from "./format.ts";
import { Notice, type PageNotice } from "./notice.tsx";
import { isYours, type View } from "./view.ts";
import { Due, When } from "./when.tsx";

/** The tier that the person works through; it goes with them from case to case. */
export type WorkTier = RiskTier | undefined;

export interface CaseProps {
  readonly page: CasePage;
  readonly view: View;
  readonly tier?: WorkTier;
  readonly notice?: PageNotice | undefined;
  /** What stood in the note's field when the verdict was refused. */
  readonly note?: string | undefined;
}

/** The address of a case, or of something done to it, with the tier one works through. */
export function caseHref(caseId: number, tier: WorkTier, action?: "claim" | "release" | "decide"): string {
  return `/reviews/${caseId}${action ? `/${action}` : ""}${tier ? `?tier=${tier}` : ""}`;
}

/** How the person who looks stands to the case. */
type Standing = "decided" | "mine" | "others" | "free";

function standingOf({ case: item }: CasePage, view: View): Standing {
  if (item.status === "decided") return "decided";
  if (item.claimedBy === null) return "free";
  return isYours(item.claimedBy, view) ? "mine" : "others";
}

/**
 * Claim, note and verdict. The note's field is there in every state, so that a live redraw only moves it: what somebody
 * has half written stays theirs when another takes or decides the case. Whatever comes and goes beside it has an id, or a
 * morph would make the one out of the other.
 */
export const CaseDecision: FC<CaseProps> = ({ page, view, tier, notice, note }) => {
  const { case: item } = page;
  const mayDecide = mayDo(view.user, "reviews.decide");
  const standing = standingOf(page, view);
  const mayDecideNow = mayDecide && (standing === "mine" || standing === "free");
  const address = caseHref(item.caseId, tier, "decide");
  return (
    <section class="panel case-decide" aria-label="Decision">
      {!mayDecideNow && <Notices notice={notice} />}
      {standing === "decided" ? (
        <Verdict page={page} view={view} />
      ) : (
        <ClaimState page={page} view={view} tier={tier} standing={standing} />
      )}
      <form
        id="decide"
        class="decide"
        method="post"
        action={address}
        hx-post={address}
        hx-target="#case"
        hx-swap="outerMorph"
        hx-sync="drop"
      >
        {standing !== "decided" && (
          <p>
            Deadline: <Due at={item.dueAt} />{" "}
            <span class="faint">· expected loss {formatMoney(item.expectedLoss, item.currency)}</span>
          </p>
        )}
        {!mayDecide && standing !== "decided" && (
          <p class="soft">Your role may look at cases. Analysts, leads and managers decide them.</p>
        )}
        {mayDecide && standing === "others" && (
          <p class="soft">
            You can decide it once {item.claimedBy?.name} has released it, or the claim has run out.
          </p>
        )}
        {mayDecide && (
          <NoteField page={page} view={view} note={note} kept={mayDecideNow ? null : whyKept(page, view)} />
        )}
        {mayDecideNow && <VerdictButtons />}
        {mayDecideNow && <Notices notice={notice} />}
      </form>
      {mayDecide && standing !== "mine" && <NextCase tier={tier} primary={standing === "decided"} />}
    </section>
  );
};

/**
 * Not part of any redraw: a notice goes when it is dismissed. While there are buttons it stands below them, so that they
 * stay under the pointer that pressed them.
 */
const Notices: FC<{ readonly notice: PageNotice | undefined }> = ({ notice }) => (
  <div id="case-notices" hx-morph-skip>
    {notice && <Notice notice={notice} />}
  </div>
);

/** Why a note is not recorded, for the person who wrote it. */
function whyKept({ case: item }: CasePage, view: View): string {
  if (item.status !== "decided")
    return `Not recorded: ${item.claimedBy?.name} has the case. Your note is kept here.`;
  return isYours(item.decidedBy, view)
    ? "Not recorded: you decided the case with another note. This one is kept here."
    : `Not recorded: ${item.decidedBy?.name} decided the case. Your note is kept here.`;
}

const NoteField: FC<CaseProps & { readonly kept: string | null }> = ({ page, view, note, kept }) => (
  <div id="note-field" class="field note" data-kept={kept === null ? undefined : "true"}>
    <label for="note">{kept ?? "Note for the record"}</label>
    {/* The browser's from the first letter on: no redraw may touch what stands in it. */}
    <textarea
      id="note"
      name="note"
      rows={4}
      dir="auto"
      placeholder="What you found, in a sentence"
      data-draft={`note ${view.user?.name} ${page.case.caseId}`}
      data-limit={MAX_NOTE}
      data-key="e"
      data-key-does="focus"
      aria-describedby="note-count"
      hx-morph-skip
    >
      {note}
    </textarea>
    <div class="note-foot">
      <span id="note-count" class="faint small" hx-morph-skip>
        at most {formatCount(MAX_NOTE)} characters
      </span>
      {kept !== null && (
        <button type="button" class="button" data-discard="note">
          Discard it
        </button>
      )}
    </div>
  </div>
);

const VerdictButtons: FC = () => (
  <>
    <div id="decide-buttons" class="decide-buttons">
      <button
        type="submit"
        name="verdict"
        value="fraud"
        class="button fraud large"
        data-key="f"
        data-key-does="focus"
      >
        Fraud <kbd>f</kbd>
      </button>
      <button
        type="submit"
        name="verdict"
        value="legitimate"
        class="button primary large"
        data-key="l"
        data-key-does="focus"
      >
        Legitimate <kbd>l</kbd>
      </button>
    </div>
    <p class="keys">
      <span>
        <kbd>f</kbd> or <kbd>l</kbd>, then <kbd>Enter</kbd>
      </span>
      <span>
        <kbd>e</kbd> note
      </span>
    </p>
  </>
);

const ClaimState: FC<CaseProps & { readonly standing: Standing }> = ({ page, view, tier, standing }) => {
  const item = page.case;
  const lapsed = isYours(item.lapsedFrom, view);
  const key = standing === "free" ? "c" : "r";
  const action = caseHref(item.caseId, tier, key === "c" ? "claim" : "release");
  // Whoever leads may end another's claim.
  const mayAct = mayDo(view.user, standing === "others" ? "reviews.supervise" : "reviews.decide");
  return (
    <div
      id="claim-state"
      class="claim-state"
      data-renew={standing === "mine" || lapsed ? `/reviews/${item.caseId}/renew` : undefined}
      data-lease-until={standing === "mine" ? item.claimedUntil?.toISOString() : undefined}
    >
      <div role="status">
        <p class="strong">{claimTitle(page, standing, lapsed)}</p>
        <p class="faint small">{claimDetail(page, view, standing, lapsed)}</p>
      </div>
      {mayAct && (
        <form method="post" action={action} hx-post={action} hx-target="#case" hx-swap="outerMorph">
          <button type="submit" class="button" data-key={key}>
            {key === "r" ? "Release" : "Claim"} <kbd>{key}</kbd>
          </button>
        </form>
      )}
    </div>
  );
};

function claimTitle({ case: item }: CasePage, standing: Standing, lapsed: boolean): string {
  if (standing === "mine") return "You have this case";
  if (standing === "others") return `${item.claimedBy?.name} has this case`;
  return lapsed ? "Your claim has run out" : "Nobody has this case";
}

function claimDetail(
  { case: item, events }: CasePage,
  view: View,
  standing: Standing,
  lapsed: boolean,
): string {
  if (lapsed && item.lapsedAt) {
    return `at ${formatMinute(item.lapsedAt, view.timeZone)}; nobody has taken the case since`;
  }
  if (!item.claimedUntil) {
    const last = events.at(-1);
    return last?.kind === "released" && last.detail["held_by"] === view.user?.name
      ? `${last.actor.name} released it for you`
      : "claim it so that nobody does it twice";
  }
  const until = `until ${formatMinute(item.claimedUntil, view.timeZone)}`;
  if (standing === "mine") return `${until}, and longer while you work on it`;
  const claim = events.findLast((event) => event.kind === "claimed");
  return claim?.detail["taken_over_from"] === view.user?.name ? `${until}; your claim had run out` : until;
}

const Verdict: FC<{ readonly page: CasePage; readonly view: View }> = ({ page, view }) => {
  const { case: item } = page;
  const yours = isYours(item.decidedBy, view);
  return (
    <div id="outcome" class="verdict" data-verdict={item.verdict} data-yours={yours ? "true" : undefined}>
      <p class="soft small">Decided</p>
      <p class="big" id="verdict">
        {item.verdict === "fraud" ? "Fraud" : "Legitimate"}
      </p>
      <p class="soft">
        by {yours ? "you" : item.decidedBy?.name}
        {item.decidedAt && (
          <>
            , <When at={item.decidedAt} view={view} style="full" />
          </>
        )}
      </p>
      {item.note && (
        <blockquote id="recorded-note" dir="auto" tabindex={0}>
          {item.note}
        </blockquote>
      )}
    </div>
  );
};

const NextCase: FC<{ readonly tier: WorkTier; readonly primary: boolean }> = ({ tier, primary }) => (
  <form id="next-case" class="next-case" method="post" action="/reviews/next">
    {tier && <input type="hidden" name="tier" value={tier} />}
    <button type="submit" class={`button large wide${primary ? " primary" : ""}`} data-key="n">
      Take the next {tier ? `${tier} ` : ""}case <kbd>n</kbd>
    </button>
  </form>
);
