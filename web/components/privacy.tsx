import type { FC } from "hono/jsx";
import type { Erasure } from "../../pipeline/privacy/erasures.ts";
import type { Found } from "../../pipeline/privacy/find.ts";
import type { Hold } from "../../pipeline/privacy/holds.ts";
import type { Subject } from "../../pipeline/privacy/subject.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { Field, Refused } from "./form.tsx";
import { formatCount } from "./format.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

/** Whose data: the entity and its id. */
export const WhoFields: FC<{
  readonly typed?: Partial<Subject> | undefined;
  readonly refused?: DomainError | undefined;
}> = ({ typed, refused }) => (
  <>
    <Field
      label="Entity"
      name="entity"
      autocomplete="off"
      value={typed?.entity ?? "customer"}
      maxlength={64}
      required
      hint="A name of payments' entities, or card (by its token), or merchant."
      refused={refused}
    />
    <Field
      label="Id"
      name="id"
      autocomplete="off"
      value={typed?.id}
      maxlength={256}
      required
      refused={refused}
    />
  </>
);

/** How much there is of somebody, and what may be done with it. */
export const FoundPanel: FC<{
  readonly subject: Subject;
  readonly found: Found;
  readonly mayErase: boolean;
  readonly mayHold: boolean;
  readonly refused?: DomainError | undefined;
}> = ({ subject, found, mayErase, mayHold, refused }) => {
  const hidden = (
    <>
      <input type="hidden" name="entity" value={subject.entity} />
      <input type="hidden" name="id" value={subject.id} />
    </>
  );
  const counts: [string, number][] = [
    ["Decisions", found.decisions],
    ["… kept by a legal hold", found.held],
    ["… with an open case", found.open],
    ["Cases", found.cases],
    ["Labels", found.labels],
    ["Imported payments", found.imported],
    ["Dead letters that name it", found.deadLetters],
    ["Entries of the policy's lists", found.listEntries],
  ];
  return (
    <section class="panel" aria-labelledby="found-title">
      <div class="panel-head">
        <h2 id="found-title">
          What is held about {subject.entity} {subject.id}
        </h2>
      </div>
      <dl class="facts">
        {counts.map(([name, count]) => (
          <div>
            <dt>{name}</dt>
            <dd>{formatCount(count)}</dd>
          </div>
        ))}
      </dl>
      <div class="panel-body form">
        <Refused refused={refused} />
        <form method="post" action="/privacy/export">
          {hidden}
          <button type="submit" class="button primary">
            Take out as JSON
          </button>
        </form>
        {mayErase && (
          <form method="post" action="/privacy/erase" class="form">
            {hidden}
            <Field
              label="Why it is to be erased"
              name="reason"
              autocomplete="off"
              maxlength={500}
              required
              hint="E.g. the request's number; not the id itself. A second person must agree. What a hold keeps, or has an open case, stays; entries of lists are taken off by hand."
              refused={refused}
            />
            <div>
              <button type="submit" class="button">
                Ask for erasure
              </button>
            </div>
          </form>
        )}
        {mayHold && (
          <form method="post" action="/privacy/holds" class="form">
            {hidden}
            <input type="hidden" name="kind" value="entity" />
            <label class="field">
              <span>Why it must be kept, e.g. a court's file number</span>
              <input name="reason" maxlength={500} autocomplete="off" required />
            </label>
            <div>
              <button type="submit" class="button">
                Put a legal hold
              </button>
            </div>
          </form>
        )}
      </div>
    </section>
  );
};

function heldInWords({ kind, entity, entityId, caseId, since, until }: Hold): string {
  if (kind === "case") return `Case ${caseId}`;
  if (kind === "entity") return `${entity} ${entityId ?? "(no longer said)"}`;
  return `Decided from ${since?.toISOString().slice(0, 10)} to before ${until?.toISOString().slice(0, 10)}`;
}

/** Legal holds, those that stand first. */
export const Holds: FC<{
  readonly holds: readonly Hold[];
  readonly view: View;
  readonly mayHold: boolean;
  readonly refused?: DomainError | undefined;
}> = ({ holds, view, mayHold, refused }) => (
  <section class="panel" aria-labelledby="holds-title">
    <div class="panel-head">
      <h2 id="holds-title">Legal holds</h2>
      <span class="sub">keep what they name from being dropped, redacted or erased</span>
    </div>
    {holds.length === 0 && <p class="panel-body soft">None was ever put.</p>}
    <ul class="rows proposals">
      {holds.map((hold) => (
        <li>
          <div class="grow">
            <strong>{heldInWords(hold)}</strong>: {hold.reason}
            <div class="soft small">
              {`Hold ${hold.id}, put by ${hold.putBy.name}, `}
              <When at={hold.putAt} view={view} style="short" />
              {hold.liftedAt && (
                <>
                  {` · lifted by ${hold.liftedBy?.name}, `}
                  <When at={hold.liftedAt} view={view} style="short" />
                  {`: ${hold.liftedReason}`}
                </>
              )}
            </div>
          </div>
          {mayHold && hold.liftedAt === null && (
            <form method="post" action={`/privacy/holds/${hold.id}/lift`} class="lift">
              <input
                name="reason"
                aria-label={`Why hold ${hold.id} is lifted`}
                placeholder="Why"
                maxlength={500}
                autocomplete="off"
                required
              />
              <button type="submit" class="button">
                Lift
              </button>
            </form>
          )}
        </li>
      ))}
    </ul>
    {mayHold && (
      <form method="post" action="/privacy/holds" class="panel-body filters">
        <Refused refused={refused} />
        <label class="field">
          <span>What</span>
          <select name="kind">
            <option value="case">A case</option>
            <option value="time">A time</option>
          </select>
        </label>
        <label class="field">
          <span>Case</span>
          <input name="case" inputmode="numeric" pattern="[0-9]*" autocomplete="off" />
        </label>
        <label class="field">
          <span>From (UTC)</span>
          <input type="date" name="from" />
        </label>
        <label class="field">
          <span>To, included</span>
          <input type="date" name="to" />
        </label>
        <label class="field grow">
          <span>Why</span>
          <input name="reason" maxlength={500} autocomplete="off" required />
        </label>
        <button type="submit" class="button">
          Put a hold
        </button>
      </form>
    )}
  </section>
);

const STATES: Readonly<Record<Erasure["state"], string>> = {
  proposed: "waits for a second person",
  agreed: "is being done",
  done: "done",
  refused: "refused or taken back",
  expired: "nobody agreed within a week",
};

/** What was asked to be erased, and what became of it. */
export const Erasures: FC<{ readonly erasures: readonly Erasure[]; readonly view: View }> = ({
  erasures,
  view,
}) => (
  <section class="panel" aria-labelledby="erasures-title">
    <div class="panel-head">
      <h2 id="erasures-title">Erasures</h2>
      <span class="sub">whose data it was is forgotten with them</span>
    </div>
    {erasures.length === 0 && <p class="panel-body soft">None was asked for.</p>}
    <ul class="rows">
      {erasures.map(({ id, entity, reason, state, askedBy, askedAt, agreedBy, doneAt, result }) => (
        <li>
          <div class="grow">
            <strong>{`Erasure ${id}, a ${entity}`}</strong>: {STATES[state]}
            <div class="soft small">
              {reason}; asked for by {askedBy.name}, <When at={askedAt} view={view} style="short" />
              {agreedBy && `, agreed by ${agreedBy.name}`}
              {doneAt && (
                <>
                  , done <When at={doneAt} view={view} style="short" />
                </>
              )}
            </div>
            {result && (
              <div class="soft small">
                {Object.entries(result)
                  .map(([name, count]) => `${name.replaceAll("_", " ")} ${formatCount(count)}`)
                  .join(" · ")}
              </div>
            )}
          </div>
        </li>
      ))}
    </ul>
  </section>
);
