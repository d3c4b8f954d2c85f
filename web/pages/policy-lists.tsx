import { Hono } from "hono";
import { z } from "zod";
import { endOfDay, readListFile } from "../../pipeline/policy/list-file.ts";
import {
  addEntries,
  dropList,
  listLists,
  makeList,
  type NewEntry,
  readList,
  removeEntry,
} from "../../pipeline/policy/lists.ts";
import { tellOfPolicy } from "../../pipeline/policy/publish.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { currentPerson, mayDo, requireRight } from "../auth/guard.ts";
import { sentence } from "../components/format.ts";
import { Page } from "../components/layout.tsx";
import { Notice } from "../components/notice.tsx";
import { AddEntries, Entries, Lists, MakeList } from "../components/policy-lists.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { orSayWhy, readForm } from "./form.ts";

const text = z.string().default("");
const makeForm = z.object({ name: text, kind: text, about: text });
const entryForm = z.object({ value: text, reason: text, expires: text });
const removeForm = z.object({ value: text });

/** `/policy/lists`: the lists that rules ask, and what is on them. A change acts within seconds. */
export function policyListRoutes(deps: Deps): Hono<AppEnv> {
  const showAll = async (c: AppContext, refused?: DomainError): Promise<Response> => {
    const view = viewOf(c);
    const [lists, snapshot] = await Promise.all([listLists(deps.db), deps.feed.recent()]);
    return c.html(
      <Page
        title="Lists"
        heading="Lists"
        sub="Values that rules ask for by the list's name; a change acts within seconds"
        crumbs={<a href="/policy">Policy</a>}
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {refused && <Notice notice={{ kind: "problem", text: sentence(refused.message) }} />}
        <div class="team-columns">
          <Lists lists={lists} />
          {mayDo(view.user, "policy.lists") && <MakeList refused={refused} />}
        </div>
      </Page>,
    );
  };
  const showOne = async (c: AppContext, refused?: DomainError): Promise<Response> => {
    const view = viewOf(c);
    const search = c.req.query("q") ?? "";
    const [{ list, entries }, snapshot] = await Promise.all([
      readList(deps.db, c.req.param("name") ?? "", { search }),
      deps.feed.recent(),
    ]);
    const mayChange = mayDo(view.user, "policy.lists");
    return c.html(
      <Page
        title={list.name}
        heading={
          <span class="title-row">
            {list.name} <span class="tag">{list.kind}</span>
          </span>
        }
        sub={list.about}
        crumbs={
          <>
            <a href="/policy">Policy</a>
            <span aria-hidden="true">/</span>
            <a href="/policy/lists">Lists</a>
          </>
        }
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {refused && <Notice notice={{ kind: "problem", text: sentence(refused.message) }} />}
        <div class="team-columns">
          <Entries list={list} entries={entries} search={search} mayChange={mayChange} view={view} />
          {mayChange && (
            <div class="stack-l">
              <AddEntries list={list} refused={refused} />
              <form class="panel" method="post" action={`/policy/lists/${list.name}/drop`}>
                <div class="panel-body form">
                  <p class="soft small">A list that a deciding rule asks cannot be taken away.</p>
                  <button type="submit" class="button">
                    Take the list away
                  </button>
                </div>
              </form>
            </div>
          )}
        </div>
      </Page>,
    );
  };

  /** Does something to lists; scorers know at once. A refusal is shown. */
  const act = (
    c: AppContext,
    work: () => Promise<unknown>,
    to: string,
    again: (refused: DomainError) => Promise<Response>,
  ): Promise<Response> =>
    orSayWhy(async () => {
      await work();
      await tellOfPolicy(deps.db, deps.redis, deps.config.REDIS_PREFIX);
      return c.redirect(to, 303);
    }, again);
  const add = (c: AppContext, entries: () => Promise<readonly NewEntry[]>): Promise<Response> => {
    const name = c.req.param("name") ?? "";
    const work = async () => addEntries(deps.db, currentPerson(c).actor, name, await entries());
    return act(c, work, `/policy/lists/${encodeURIComponent(name)}`, (refused) => showOne(c, refused));
  };

  return new Hono<AppEnv>()
    .get("/policy/lists", requireRight("policy.read"), (c) => showAll(c))
    .post("/policy/lists", requireRight("policy.lists"), async (c) => {
      const form = await readForm(c, makeForm);
      const work = () => makeList(deps.db, currentPerson(c).actor, form);
      return await act(c, work, `/policy/lists/${encodeURIComponent(form.name)}`, (refused) =>
        showAll(c, refused),
      );
    })
    .get("/policy/lists/:name", requireRight("policy.read"), (c) => showOne(c))
    .post("/policy/lists/:name", requireRight("policy.lists"), (c) =>
      add(c, async () => {
        const { value, reason, expires } = await readForm(c, entryForm);
        return [{ value, reason, expiresAt: endOfDay(expires) }];
      }),
    )
    .post("/policy/lists/:name/file", requireRight("policy.lists"), (c) =>
      add(c, async () => {
        const { file, ...form } = await c.req.parseBody();
        if (!(file instanceof File) || file.size === 0) {
          throw DomainError.invalid([{ field: "file", description: "choose a CSV file" }]);
        }
        const { reason, expires } = entryForm.parse({ ...form });
        return readListFile(await file.text(), { reason, expiresAt: endOfDay(expires) });
      }),
    )
    .post("/policy/lists/:name/remove", requireRight("policy.lists"), async (c) => {
      const name = c.req.param("name");
      const { value } = await readForm(c, removeForm);
      const work = () => removeEntry(deps.db, currentPerson(c).actor, name, value);
      return await act(c, work, `/policy/lists/${encodeURIComponent(name)}`, (refused) =>
        showOne(c, refused),
      );
    })
    .post("/policy/lists/:name/drop", requireRight("policy.lists"), (c) => {
      const work = () => dropList(deps.db, currentPerson(c).actor, c.req.param("name"));
      return act(c, work, "/policy/lists", (refused) => showOne(c, refused));
    });
}
