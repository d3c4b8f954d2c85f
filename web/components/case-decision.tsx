import type { FC } from "hono/jsx";
import { MAX_NOTE, SNOOZE_MINUTES, UNDO_MS } from "../../domain/review-cases.ts";
import { FOLLOW_UPS, VERDICTS } from "../../domain/verdicts.ts";
import type { Assignee } from "../../pipeline/review/assign.ts";
import type { CasePage } from "../../pipeline/review/case-page.ts";
import { mayDo } from "../auth/guard.ts";
import { Assign } from "./assign.tsx";
import { caseHref, type WorkTier } from "./case-links.ts";
import { FOLLOW_UP_NAME, formatCount, formatMinute, formatMoney, KIND_NAME, SNOOZE_NAME } from "./format.ts";
import { Notice, type PageNotice } from "./notice.tsx";
import { KindField, VerdictFields } from "./verdict-fields.tsx";
import { isYours, type View } from "./view.ts";
import { Due, When } from "./when.tsx";

export interface CaseProps {
  readonly page: CasePage;
  readonly view: View;
  readonly tier?: WorkTier;
  readonly notice?: PageNotice | undefined;
  /** What stood in the note's field when the verdict was refused. */
  readonly note?: string | undefined;
  /** Whom the case can be given to; for leads. */
  readonly assignees?: readonly Assignee[] | undefined;
}

/** How the person who looks stands to the case. */
type Standing = "decided" | "mine" | "others" | "lead" | "free";

function standingOf({ case: item }: CasePage, view: View): Standing {
  if (item.status === "decided") return "decided";
  if (item.claimedBy !== null) return isYours(item.claimedBy, view) ? "mine" : "others";
  return item.referredAt !== null && !mayDo(view.user, "reviews.supervise") ? "lead" : "free";
}

/**
 * Claim, note and verdict. The note's field is there in every state, so that a live redraw only moves it: what somebody
 * has half written stays theirs when another takes or decides the case. Whatever comes and goes beside it has an id, or a
 * morph would make the one out of the other.
 */
export const CaseDecision: FC<CaseProps> = ({ page, view, tier, notice, note, assignees }) => {
  const { case: item } = page;
  const mayDecide = mayDo(view.user, "reviews.decide");
  const standing = standingOf(page, view);
  const mayDecideNow = mayDecide && (standing === "mine" || standing === "free");
  const address = caseHref(item.caseId, tier, "decide");
  return (
    <section class="panel case-decide" aria-label="Decision">
      {!mayDecideNow && <Notices notice={notice} />}
      {standing === "decided" ? (
        <Verdict page={page} view={view} tier={tier} />
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
        <input type="hidden" name="token" value={String(item.token)} />
        {standing !== "decided" && (
          <p>
            Deadline: <Due at={item.dueAt} />{" "}
            <span class="faint">· expected loss {formatMoney(item.expectedLoss, item.currency)}</span>
          </p>
        )}
        {!mayDecide && standing !== "decided" && (
          <p class="soft">Your role may look at cases. Analysts, leads and managers decide them.</p>
        )}
        {mayDecide && standing === "lead" && (
          <p class="soft">It was escalated: a lead decides it. Your note for them is in the history.</p>
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
      {mayDecideNow && <SetAside page={page} view={view} tier={tier} />}
      {standing !== "decided" && assignees && (
        <Assign
          caseId={item.caseId}
          assignedTo={item.assignedTo?.name ?? null}
          assignees={assignees}
          tier={tier}
        />
      )}
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
  if (item.status !== "decided" && item.claimedBy === null) {
    return "Not recorded: the case waits for a lead. Your note is kept here.";
  }
  if (item.status !== "decided")
    return `Not recorded: ${item.claimedBy?.name} has the case. Your note is kept here.`;
  return isYours(item.decidedBy, view)
    ? "Not recorded: you decided the case with another note. This one is kept here."
    : `Not recorded: ${item.decidedBy?.name} decided the case. Your note is kept here.`;
}

/** What the draft of a note is called in the browser of whoever writes it. */
export function draftOf(caseId: number, { user }: View): string {
  return `note ${user?.name} ${caseId}`;
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
      data-draft={draftOf(page.case.caseId, view)}
      data-limit={MAX_NOTE}
      data-key="w"
      data-key-does="focus"
      aria-describedby="note-count"
      hx-morph-skip
    >
      {note ?? (page.case.status === "open" ? page.case.note : undefined)}
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
    <details id="closer" class="closer">
      <summary>Kind and follow-up</summary>
      <KindField />
      {FOLLOW_UPS.map((followUp) => (
        <label class="check">
          <input type="checkbox" name="follow_up" value={followUp} /> {FOLLOW_UP_NAME[followUp]}
        </label>
      ))}
    </details>
    <div id="decide-buttons" class="decide-buttons">
      <button type="submit" name="verdict" value="fraud" class="button fraud large">
        Fraud <kbd>f</kbd>
      </button>
      <button type="submit" name="verdict" value="legitimate" class="button primary large">
        Legitimate <kbd>a</kbd>
      </button>
    </div>
    {/* What the keys press: the verdict, and on to the next case. */}
    <button type="submit" name="verdict_next" value="fraud" data-key="f" hidden></button>
    <button type="submit" name="verdict_next" value="legitimate" data-key="a" hidden></button>
    <label class="check small" id="go-on">
      <input type="checkbox" name="advance" value="true" data-remember="advance" /> Go on to the next case
    </label>
    <p class="keys">
      <span>
        <kbd>f</kbd> <kbd>a</kbd> and on to the next
      </span>
      <span>
        <kbd>w</kbd> note
      </span>
      <span>
        <kbd>?</kbd> all keys
      </span>
    </p>
  </>
);

/** Not now, or not by me. */
const SetAside: FC<CaseProps> = ({ page: { case: item }, tier }) => {
  const token = <input type="hidden" name="token" value={String(item.token)} />;
  return (
    <div id="set-aside" class="set-aside">
      <details id="snooze">
        <summary data-key="s" data-key-does="unfold">
          Snooze <kbd class="hint">s</kbd>
        </summary>
        <form method="post" action={caseHref(item.caseId, tier, "snooze")}>
          {token}
          <label class="field">
            For
            <select name="minutes">
              {SNOOZE_MINUTES.map((minutes) => (
                <option value={String(minutes)} selected={minutes === 60}>
                  {SNOOZE_NAME[minutes]}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            Why, if it helps whoever sees it next
            <input name="reason" maxlength={MAX_NOTE} hx-morph-skip />
          </label>
          <button type="submit" class="button">
            Snooze it
          </button>
        </form>
      </details>
      {item.referredAt === null && (
        <details id="refer">
          <summary data-key="e" data-key-does="unfold">
            Escalate to a lead <kbd class="hint">e</kbd>
          </summary>
          <form method="post" action={caseHref(item.caseId, tier, "refer")}>
            {token}
            <label class="field">
              What should they look at?
              <input name="reason" required maxlength={MAX_NOTE} hx-morph-skip />
            </label>
            <button type="submit" class="button">
              Escalate it
            </button>
          </form>
        </details>
      )}
    </div>
  );
};

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
      data-renew={
        standing === "mine" || lapsed ? `/reviews/${item.caseId}/renew?token=${item.token}` : undefined
      }
      data-lease-until={standing === "mine" ? item.claimedUntil?.toISOString() : undefined}
    >
      <div role="status">
        <p class="strong">{claimTitle(page, standing, lapsed)}</p>
        <p class="faint small">{claimDetail(page, view, standing, lapsed)}</p>
      </div>
      {standing === "others" && mayAct && (
        <form
          method="post"
          action={caseHref(item.caseId, tier, "take-over")}
          hx-post={caseHref(item.caseId, tier, "take-over")}
          hx-target="#case"
          hx-swap="outerMorph"
        >
          <button type="submit" class="button" data-key="t">
            Take over <kbd>t</kbd>
          </button>
        </form>
      )}
      {mayAct && standing !== "lead" && (
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
  if (standing === "lead") return "This case waits for a lead";
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
    if (item.snoozedUntil) return `put off until ${formatMinute(item.snoozedUntil, view.timeZone)}`;
    if (item.referredAt) return `escalated at ${formatMinute(item.referredAt, view.timeZone)}`;
    if (item.assignedTo)
      return `assigned to ${isYours(item.assignedTo, view) ? "you" : item.assignedTo.name}`;
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

const Verdict: FC<CaseProps> = ({ page, view, tier }) => {
  const { case: item } = page;
  const yours = isYours(item.decidedBy, view);
  return (
    <div id="outcome" class="verdict" data-verdict={item.verdict} data-yours={yours ? "true" : undefined}>
      <p class="soft small">Decided</p>
      <p class="big" id="verdict">
        {item.verdict === "fraud" ? "Fraud" : "Legitimate"}
      </p>
      {(item.verdictKind || item.followUp.length > 0) && (
        <p class="strong" id="verdict-kind">
          {[
            ...(item.verdictKind ? [KIND_NAME[item.verdictKind]] : []),
            ...item.followUp.map((each) => FOLLOW_UP_NAME[each]),
          ].join(" · ")}
        </p>
      )}
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
      {yours && item.decidedAt && <Undo caseId={item.caseId} tier={tier} decidedAt={item.decidedAt} />}
      {(yours || mayDo(view.user, "reviews.supervise")) && mayDo(view.user, "reviews.decide") && (
        <Correct page={page} view={view} tier={tier} />
      )}
    </div>
  );
};

interface UndoProps {
  readonly caseId: number;
  readonly tier: WorkTier;
  readonly decidedAt: Date;
}

/** Takes a verdict back while that is possible; assets/case.js hides it then. Nothing is drawn when it is over. */
export const Undo: FC<UndoProps> = ({ caseId, tier, decidedAt }) => {
  const until = decidedAt.getTime() + UNDO_MS;
  if (until <= Date.now()) return null;
  return (
    <form
      id="undo"
      class="undo"
      method="post"
      action={caseHref(caseId, tier, "undo")}
      data-until={new Date(until).toISOString()}
    >
      <button type="submit" class="button" data-key="u">
        Undo <kbd>u</kbd>
      </button>
      <span class="faint small">for {UNDO_MS / 1000} seconds</span>
    </form>
  );
};

/** Another verdict in the place of this one, with a reason. */
const Correct: FC<CaseProps> = ({ page: { case: item }, tier }) => (
  <details id="correct">
    <summary>Correct the verdict</summary>
    <form method="post" action={caseHref(item.caseId, tier, "correct")}>
      <VerdictFields chosen={VERDICTS.find((verdict) => verdict !== item.verdict)} />
      <label class="field">
        Why
        <input name="reason" required maxlength={MAX_NOTE} hx-morph-skip />
      </label>
      <button type="submit" class="button">
        Correct it
      </button>
    </form>
  </details>
);

const NextCase: FC<{ readonly tier: WorkTier; readonly primary: boolean }> = ({ tier, primary }) => (
  <form id="next-case" class="next-case" method="post" action="/reviews/next">
    {tier && <input type="hidden" name="tier" value={tier} />}
    <button type="submit" class={`button large wide${primary ? " primary" : ""}`} data-key="n">
      Take the next {tier ? `${tier} ` : ""}case <kbd>n</kbd>
    </button>
  </form>
);
