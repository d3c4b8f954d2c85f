import { Hono } from "hono";
import type { FC } from "hono/jsx";
import { z } from "zod";
import {
  LONGEST_VIEW_NAME,
  MOST_VIEWS,
  QUEUE_COLUMNS,
  QUEUE_SHOWS,
  type SavedQuery,
  USUAL_COLUMNS,
} from "../../domain/queue-views.ts";
import { QUEUE_ORDERS } from "../../domain/review-cases.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import {
  deleteView,
  keepColumns,
  mayChange,
  type QueueView,
  readPersonalQueue,
  renameView,
  saveView,
  setViewColumns,
  shareView,
  updateView,
  type ViewPerson,
} from "../../pipeline/review/views.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { currentPerson, mayDo, requireRight } from "../auth/guard.ts";
import { Field, Refused } from "../components/form.tsx";
import { sentence, TIER_NAME } from "../components/format.ts";
import { Page } from "../components/layout.tsx";
import { Notice } from "../components/notice.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { caseIdParameter } from "../reviews/actions.ts";
import { numberIn, orSayWhy, readFields } from "./form.ts";
import { COLUMN_NAME } from "./queue-cells.tsx";
import { viewHref } from "./queue-head.tsx";
import { openSaved, viewPerson } from "./queue-look.ts";
import { QueryFields } from "./queue-more.tsx";
import { ORDER_NAME, SHOW_NAME } from "./queue-query.ts";
import { several } from "./verdict-fields.ts";

const columnList = several(z.array(z.enum(QUEUE_COLUMNS)).transform((names) => [...new Set(names)]));

const filterFields = {
  show: z.enum(QUEUE_SHOWS),
  tier: z.enum(RISK_TIERS).optional(),
  order: z.enum(QUEUE_ORDERS),
};

const saveForm = z.object({
  ...filterFields,
  name: z.string(),
  columns: columnList,
  shared: z.literal("yes").optional(),
});

const changeForm = z.discriminatedUnion("act", [
  z.object({ act: z.literal("rename"), name: z.string() }),
  z.object({ act: z.literal("update"), ...filterFields }),
  z.object({ act: z.enum(["share", "take back", "delete"]) }),
]);

const columnsForm = z.object({
  act: z.enum(["own", "view", "usual"]),
  columns: columnList,
  view: caseIdParameter.optional(),
  // An address of the queue's and nothing else.
  back: z
    .string()
    .max(300)
    .regex(/^\/reviews(\?[\w=&]*)?$/)
    .catch("/reviews"),
});

interface Shown {
  readonly refused?: DomainError;
  /** What was to be saved. */
  readonly wish?: z.output<typeof saveForm>;
}

/** `/reviews/views`: the queue's views, and what is done with them; `/reviews/columns`. */
export function queueViewRoutes({ db, feed }: Deps): Hono<AppEnv> {
  const show = async (c: AppContext, { refused, wish }: Shown = {}): Promise<Response> => {
    const view = viewOf(c);
    const person = viewPerson(c);
    const [{ views }, snapshot] = await Promise.all([
      readPersonalQueue(db, person?.userId ?? null),
      feed.recent(),
    ]);
    const [own, others] = [true, false].map((mine) =>
      views.filter(({ ownerId }) => (ownerId === person?.userId) === mine),
    );
    return await c.html(
      <Page
        title="Views of the queue"
        heading="Views of the queue"
        sub={`filters, order and columns under a name; at most ${MOST_VIEWS} of your own`}
        crumbs={<a href="/reviews">Review queue</a>}
        view={view}
        reviews={snapshot.stats.reviews}
      >
        {refused && !wish && <Notice notice={{ kind: "problem", text: sentence(refused.message) }} />}
        {wish && <SaveAgain wish={wish} refused={refused} leads={mayDo(view.user, "reviews.supervise")} />}
        <ViewList title="Yours" views={own ?? []} person={person}>
          None so far. Filter the queue as you like it, then press More (v) and give it a name.
        </ViewList>
        <ViewList title="Shared by others" views={others ?? []} person={person}>
          Nobody shares a view. Leads do, with whoever reviews.
        </ViewList>
      </Page>,
    );
  };

  return new Hono<AppEnv>()
    .get("/reviews/views", requireRight("reviews.read"), (c) => show(c))
    .post("/reviews/views", requireRight("reviews.decide"), async (c) => {
      const wish = readFields(saveForm, await c.req.parseBody({ all: true }));
      const by = personOf(c);
      return await orSayWhy(
        async () => {
          const shared = wish.shared === "yes";
          const id = await saveView(db, by, { name: wish.name, query: queryOf(wish), shared });
          return c.redirect(viewHref(id), 303);
        },
        (refused) => show(c, { refused, wish }),
      );
    })
    .post("/reviews/views/:id", requireRight("reviews.decide"), async (c) => {
      const form = readFields(changeForm, await c.req.parseBody());
      const by = personOf(c);
      const id = numberIn(c, "id", "view");
      return await orSayWhy(
        async () => {
          if (form.act === "update") {
            const { columns } = await readView(c, id);
            await updateView(db, by, id, queryOf({ ...form, columns }));
            return c.redirect(viewHref(id), 303);
          }
          if (form.act === "rename") await renameView(db, by, id, form.name);
          else if (form.act === "delete") await deleteView(db, by, id);
          else await shareView(db, by, id, form.act === "share");
          return c.redirect("/reviews/views", 303);
        },
        (refused) => show(c, { refused }),
      );
    })
    .post("/reviews/columns", requireRight("reviews.read"), async (c) => {
      const { act, columns, view, back } = readFields(columnsForm, await c.req.parseBody({ all: true }));
      const by = personOf(c);
      if (act === "view" && view !== undefined) {
        await setViewColumns(db, by, view, queryColumns(columns));
        return c.redirect(viewHref(view), 303);
      }
      await keepColumns(db, by.userId, act === "usual" || columns.length === 0 ? null : columns);
      return c.redirect(back, 303);
    });

  /** What a view keeps now; a change of its filters leaves the columns. */
  async function readView(c: AppContext, id: number) {
    const { views } = await readPersonalQueue(db, viewPerson(c)?.userId ?? null);
    const columns = openSaved(views.find((each) => each.id === id)?.saved ?? {}).columns;
    return { columns: queryColumns(columns ?? []) };
  }
}

const queryColumns = (columns: SavedQuery["columns"]): SavedQuery["columns"] =>
  columns.length > 0 ? columns : USUAL_COLUMNS;

function queryOf({ show, tier, order, columns }: SavedQuery): SavedQuery {
  return { show, ...(tier ? { tier } : {}), order, columns: queryColumns(columns) };
}

/** @throws DomainError `permission_denied` for a program: views are people's */
function personOf(c: AppContext): ViewPerson {
  const person = currentPerson(c);
  return { userId: person.session.userId, leads: mayDo(person, "reviews.supervise") };
}

interface ListProps {
  readonly title: string;
  readonly views: readonly QueueView[];
  readonly person: ViewPerson | null;
  readonly children?: string;
}

const ViewList: FC<ListProps> = ({ title, views, person, children }) => (
  <section class="panel" aria-label={title}>
    <div class="panel-head">
      <h2>{title}</h2>
    </div>
    {views.length === 0 ? (
      <p class="panel-body soft">{children}</p>
    ) : (
      <ul class="view-list">
        {views.map((view) => (
          <ViewRow view={view} person={person} />
        ))}
      </ul>
    )}
  </section>
);

const ViewRow: FC<{ readonly view: QueueView; readonly person: ViewPerson | null }> = ({ view, person }) => (
  <li>
    <div class="view-words">
      <a href={viewHref(view.id)} class="strong">
        <bdi>{view.name}</bdi>
      </a>
      {view.shared && (
        <span class="tag">{view.ownerId === person?.userId ? "shared" : `shared by ${view.ownerName}`}</span>
      )}
      <p class="faint small">{wordsOf(view.saved)}</p>
    </div>
    {mayChange(view, person) && (
      <form method="post" action={`/reviews/views/${view.id}`} class="view-acts">
        <label class="field">
          <span class="visually-hidden">Name of {view.name}</span>
          <input name="name" value={view.name} maxlength={LONGEST_VIEW_NAME} autocomplete="off" dir="auto" />
        </label>
        <button type="submit" class="button" name="act" value="rename">
          Rename
        </button>
        {person?.leads && (
          <button type="submit" class="button" name="act" value={view.shared ? "take back" : "share"}>
            {view.shared ? "Take back" : "Share"}
          </button>
        )}
        <button type="submit" class="button" name="act" value="delete" aria-label={`Delete ${view.name}`}>
          Delete
        </button>
      </form>
    )}
  </li>
);

/** What a view shows, and what of it there no longer is. */
function wordsOf(saved: QueueView["saved"]): string {
  const { filters, columns, wrong } = openSaved(saved);
  const said = [
    SHOW_NAME[filters.show],
    filters.tier ? TIER_NAME[filters.tier] : "All tiers",
    ...(filters.show === "decided" ? [] : [`by ${ORDER_NAME[filters.order].toLowerCase()}`]),
    columns === null || columns.join() === USUAL_COLUMNS.join()
      ? "usual columns"
      : columns.map((column) => COLUMN_NAME[column]).join(", "),
    ...(wrong.length > 0 ? [`no longer there: ${wrong.join(", ")}`] : []),
  ];
  return said.join(" · ");
}

interface SaveAgainProps {
  readonly wish: z.output<typeof saveForm>;
  readonly refused: DomainError | undefined;
  readonly leads: boolean;
}

/** What could not be saved under that name, to be saved under another. */
const SaveAgain: FC<SaveAgainProps> = ({ wish, refused, leads }) => (
  <section class="panel" aria-label="Save a view">
    <form method="post" action="/reviews/views" class="panel-body stack">
      <h2>The view is not saved yet</h2>
      <Refused refused={refused} />
      <p class="soft small">{wordsOf({ ...queryOf(wish) })}</p>
      <QueryFields query={wish} />
      {wish.columns.map((column) => (
        <input type="hidden" name="columns" value={column} />
      ))}
      <Field
        label="Name"
        name="name"
        value={wish.name}
        autocomplete="off"
        maxlength={LONGEST_VIEW_NAME}
        required
        refused={refused}
      />
      {leads && (
        <label class="check">
          <input type="checkbox" name="shared" value="yes" checked={wish.shared === "yes"} />
          share it with everybody
        </label>
      )}
      <div>
        <button type="submit" class="button primary">
          Save view
        </button>
      </div>
    </form>
  </section>
);
