import { Hono } from "hono";
import { z } from "zod";
import {
  DEFAULT_OVERLAP_HOURS,
  listApiKeys,
  type MadeApiKey,
  makeApiKey,
  revokeApiKey,
  rotateApiKey,
} from "../../pipeline/keys/api-keys.ts";
import { tellOfKeys } from "../../pipeline/keys/publish.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { toHttpFailure } from "../api/problem.ts";
import { currentUser, requireRight } from "../auth/guard.ts";
import type { StoredKeys } from "../auth/stored-keys.ts";
import { sentence } from "../components/format.ts";
import { KeyForm, KeyList, NewKey, type Typed } from "../components/keys.tsx";
import { Page } from "../components/layout.tsx";
import { Notice } from "../components/notice.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";

const many = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const number = z.union([z.literal("").transform(() => undefined), z.coerce.number()]).optional();

/** What the fields may be is decided where the key is made. */
const makeForm = z.object({
  name: z.string().default(""),
  scopes: many.default([]),
  days: number,
  rate: number,
});

const rotateForm = z.object({ overlap: z.coerce.number().default(DEFAULT_OVERLAP_HOURS) });

interface Shown {
  readonly made?: MadeApiKey;
  /** The id of the key that goes on for a while. */
  readonly instead?: string;
  readonly error?: DomainError;
  readonly typed?: Typed;
}

/** `/keys`: API keys, for whoever may manage them. */
export function keyRoutes(deps: Deps, stored: StoredKeys): Hono<AppEnv> {
  const show = async (c: AppContext, { made, instead, error, typed }: Shown = {}): Promise<Response> => {
    const view = viewOf(c);
    const [keys, snapshot] = await Promise.all([listApiKeys(deps.db), deps.feed.recent()]);
    return c.html(
      <Page
        title="API keys"
        heading="API keys"
        sub="One key for the HTTP API and gRPC, for what it is given and no more"
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {error && (
          <Notice notice={{ kind: "problem", text: `Nothing was changed. ${sentence(error.message)}` }} />
        )}
        {made && <NewKey made={made} instead={instead} view={view} />}
        <div class="keys-columns">
          <KeyList keys={keys} view={view} />
          <KeyForm typed={typed} own={currentUser(c).rights} />
        </div>
      </Page>,
      error ? toHttpFailure(error).status : made ? 201 : 200,
    );
  };

  /** Does something to keys; scorers and this process know at once. A refusal is shown, with what was typed. */
  const act = async (
    c: AppContext,
    work: () => Promise<Shown | undefined>,
    typed?: Typed,
  ): Promise<Response> => {
    let shown: Shown | undefined;
    try {
      shown = await work();
    } catch (error) {
      if (!(error instanceof DomainError) || error.code === "unavailable") throw error;
      return await show(c, { error, ...(typed ? { typed } : {}) });
    }
    stored.forget();
    await tellOfKeys(deps.db, deps.redis, deps.config.REDIS_PREFIX);
    return shown ? await show(c, shown) : c.redirect("/keys", 303);
  };

  return new Hono<AppEnv>()
    .get("/keys", requireRight("keys.manage"), (c) => show(c))
    .post("/keys", requireRight("keys.manage"), async (c) => {
      const form = makeForm.safeParse(await c.req.parseBody({ all: true }));
      const { name, scopes, days, rate } = form.success ? form.data : makeForm.parse({});
      const { actor, rights } = currentUser(c);
      const wish = { name, scopes, days, ratePerSecond: rate };
      return await act(c, async () => ({ made: await makeApiKey(deps.db, actor, wish, rights) }), {
        name,
        scopes,
      });
    })
    .post("/keys/:id/rotate", requireRight("keys.manage"), (c) =>
      act(c, async () => {
        const form = rotateForm.safeParse(await c.req.parseBody());
        const overlap = form.success ? form.data.overlap : Number.NaN;
        const id = c.req.param("id");
        const made = await rotateApiKey(deps.db, currentUser(c).actor, id, overlap);
        return overlap > 0 ? { made, instead: id } : { made };
      }),
    )
    .post("/keys/:id/revoke", requireRight("keys.manage"), (c) =>
      act(c, async () => {
        await revokeApiKey(deps.db, currentUser(c).actor, c.req.param("id"));
        return undefined;
      }),
    );
}
