import type { FC } from "hono/jsx";
import { LIST_KINDS } from "../../domain/policy/lists.ts";
import type { ListEntry, PolicyList } from "../../pipeline/policy/lists.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { Field } from "./form.tsx";
import { formatCount } from "./format.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

/** Every list. */
export const Lists: FC<{ readonly lists: readonly PolicyList[] }> = ({ lists }) => (
  <section class="panel" aria-labelledby="lists-title">
    <div class="panel-head">
      <h2 id="lists-title">Lists</h2>
      <span class="sub">
        rules ask them: <code>in_list("name", card_token)</code>
      </span>
    </div>
    {lists.length === 0 ? (
      <p class="empty">There is no list yet.</p>
    ) : (
      <ul class="rows">
        {lists.map(({ name, kind, about, entries, expired }) => (
          <li>
            <div class="grow">
              <a class="strong mono" href={`/policy/lists/${name}`}>
                {name}
              </a>
              <span class="tag">{kind}</span>
              <div class="soft small">{about}</div>
            </div>
            <span class="nowrap">
              {formatCount(entries)} {entries === 1 ? "value" : "values"}
              {expired > 0 && <span class="faint">, {formatCount(expired)} over</span>}
            </span>
          </li>
        ))}
      </ul>
    )}
  </section>
);

/** A new list. */
export const MakeList: FC<{ readonly refused?: DomainError | undefined }> = ({ refused }) => (
  <form class="panel" method="post" action="/policy/lists" aria-labelledby="make-list">
    <div class="panel-head">
      <h2 id="make-list">New list</h2>
    </div>
    <div class="panel-body form">
      <Field
        label="Name that rules use"
        name="name"
        autocomplete="off"
        required
        maxlength={40}
        refused={refused}
      />
      <label class="field">
        <span>Kind</span>
        <select name="kind">
          {LIST_KINDS.map((kind) => (
            <option value={kind}>{kind}</option>
          ))}
        </select>
      </label>
      <Field
        label="What it is for"
        name="about"
        autocomplete="off"
        required
        maxlength={200}
        refused={refused}
      />
      <button type="submit" class="button primary">
        Make the list
      </button>
    </div>
  </form>
);

interface EntriesProps {
  readonly list: PolicyList;
  readonly entries: readonly ListEntry[];
  readonly search: string;
  readonly mayChange: boolean;
  readonly view: View;
}

/** A list's values. */
export const Entries: FC<EntriesProps> = ({ list, entries, search, mayChange, view }) => (
  <section class="panel" aria-labelledby="values-title">
    <div class="panel-head">
      <h2 id="values-title">Values</h2>
      <span class="sub">the newest first</span>
    </div>
    <form class="panel-body form inline" method="get" action={`/policy/lists/${list.name}`}>
      <label class="field">
        <span>Find</span>
        <input type="search" name="q" value={search} autocomplete="off" spellcheck={false} />
      </label>
      <button type="submit" class="button">
        Search
      </button>
    </form>
    {entries.length === 0 ? (
      <p class="empty">{search === "" ? "No value yet." : "Nothing matches this."}</p>
    ) : (
      <ul class="rows">
        {entries.map(({ value, expiresAt, reason, addedBy, addedAt }) => (
          <li>
            <div class="grow">
              <span class="strong mono">{value}</span>
              {expiresAt && expiresAt <= new Date() && <span class="tag">over</span>}
              <div class="soft small">{reason}</div>
              <div class="faint xsmall">
                {addedBy.name}, <When at={addedAt} view={view} style="short" /> ·{" "}
                {expiresAt ? (
                  <>
                    until <When at={expiresAt} view={view} style="short" />
                  </>
                ) : (
                  "for ever"
                )}
              </div>
            </div>
            {mayChange && (
              <form method="post" action={`/policy/lists/${list.name}/remove`}>
                <input type="hidden" name="value" value={value} />
                <button type="submit" class="button" aria-label={`Take ${value} off`}>
                  Take off
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
    )}
  </section>
);

/** Values to be put on a list: one, or a file of them. */
export const AddEntries: FC<{ readonly list: PolicyList; readonly refused?: DomainError | undefined }> = ({
  list,
  refused,
}) => (
  <>
    <form class="panel" method="post" action={`/policy/lists/${list.name}`} aria-labelledby="add-value">
      <div class="panel-head">
        <h2 id="add-value">Put a value on it</h2>
      </div>
      <div class="panel-body form">
        <Field label="Value" name="value" autocomplete="off" required maxlength={128} refused={refused} />
        <Field label="Reason" name="reason" autocomplete="off" required maxlength={200} refused={refused} />
        <Expires />
        <button type="submit" class="button primary">
          Put it on the list
        </button>
      </div>
    </form>
    <form
      class="panel"
      method="post"
      action={`/policy/lists/${list.name}/file`}
      enctype="multipart/form-data"
      aria-labelledby="add-file"
    >
      <div class="panel-head">
        <h2 id="add-file">Or a file of them</h2>
      </div>
      <div class="panel-body form">
        <label class="field">
          <span>CSV file, up to 1 MiB</span>
          <input type="file" name="file" accept=".csv,text/csv" required />
        </label>
        <p class="field-hint">
          Its first line names the columns: <code>value,expires,reason</code>. Only value is needed; what a
          line leaves out is as said here.
        </p>
        <label class="field">
          <span>Reason</span>
          <input name="reason" autocomplete="off" required maxlength={200} />
        </label>
        <Expires />
        <button type="submit" class="button">
          Put them on the list
        </button>
      </div>
    </form>
  </>
);

const Expires: FC = () => (
  <label class="field">
    <span>Until (UTC), for ever when empty</span>
    <input type="date" name="expires" />
  </label>
);
