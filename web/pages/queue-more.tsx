import type { FC } from "hono/jsx";
import { LONGEST_VIEW_NAME, QUEUE_COLUMNS, type QueueColumn } from "../../domain/queue-views.ts";
import { mayDo } from "../auth/guard.ts";
import type { View } from "../components/view.ts";
import { COLUMN_NAME } from "./queue-cells.tsx";
import type { Look } from "./queue-look.ts";
import { type Query, queueHref } from "./queue-query.ts";

/** The filters and the order of the queue, in a form. */
export const QueryFields: FC<{ readonly query: Pick<Query, "show" | "tier" | "order"> }> = ({ query }) => (
  <>
    <input type="hidden" name="show" value={query.show} />
    {query.tier && <input type="hidden" name="tier" value={query.tier} />}
    <input type="hidden" name="order" value={query.order} />
  </>
);

interface MoreProps {
  readonly look: Look;
  readonly view: View;
}

/** What is done more rarely with the queue: a view saved, other columns. */
export const QueueMore: FC<MoreProps> = ({ look, view }) => {
  if (!view.user?.session) return null;
  return (
    <details class="menu" name="queue-menu">
      <summary class="button" data-key="v" data-key-does="unfold">
        More
      </summary>
      <div class="menu-panel menu-forms">
        {mayDo(view.user, "reviews.decide") && <SaveView look={look} view={view} />}
        <ChooseColumns look={look} />
        <p class="small">
          <a href="/reviews/views">All views: rename, share, delete</a>
        </p>
      </div>
    </details>
  );
};

const SaveView: FC<MoreProps> = ({ look: { query, columns }, view }) => (
  <form method="post" action="/reviews/views" aria-label="Save a view">
    <QueryFields query={query} />
    {columns.map((column) => (
      <input type="hidden" name="columns" value={column} />
    ))}
    <label class="field">
      <span>Save this view as</span>
      <input name="name" required maxlength={LONGEST_VIEW_NAME} autocomplete="off" dir="auto" />
    </label>
    {mayDo(view.user, "reviews.supervise") && (
      <label class="check small">
        <input type="checkbox" name="shared" value="yes" />
        share it with everybody
      </label>
    )}
    <button type="submit" class="button">
      Save view
    </button>
  </form>
);

/** The columns: ticked ones are shown, in this order; assets/menus.js moves them. */
const ChooseColumns: FC<{ readonly look: Look }> = ({ look: { query, columns, view, mayChange } }) => {
  const others = QUEUE_COLUMNS.filter((column) => !columns.includes(column));
  return (
    <form method="post" action="/reviews/columns" class="columns-form" aria-label="Columns">
      {/* Back to the same cases, not through the view: that has columns of its own. */}
      <input
        type="hidden"
        name="back"
        value={queueHref({ ...query, view: undefined }, { page: query.page })}
      />
      {view && mayChange && <input type="hidden" name="view" value={String(view.id)} />}
      <fieldset>
        <legend>Columns, from left to right</legend>
        <ol>
          {[...columns, ...others].map((column) => (
            <ColumnChoice column={column} chosen={columns.includes(column)} />
          ))}
        </ol>
      </fieldset>
      <div class="column-acts">
        {view && mayChange && (
          <button type="submit" class="button" name="act" value="view">
            Keep in view
          </button>
        )}
        <button type="submit" class="button" name="act" value="own">
          Keep for me
        </button>
        <button type="submit" class="button" name="act" value="usual">
          As usual
        </button>
      </div>
    </form>
  );
};

const ColumnChoice: FC<{ readonly column: QueueColumn; readonly chosen: boolean }> = ({ column, chosen }) => (
  <li>
    <label class="check">
      <input type="checkbox" name="columns" value={column} checked={chosen} />
      {COLUMN_NAME[column]}
    </label>
    <button
      type="button"
      class="move"
      data-move="up"
      aria-label={`${COLUMN_NAME[column]} further left`}
      hidden
    >
      ↑
    </button>
    <button
      type="button"
      class="move"
      data-move="down"
      aria-label={`${COLUMN_NAME[column]} further right`}
      hidden
    >
      ↓
    </button>
  </li>
);
