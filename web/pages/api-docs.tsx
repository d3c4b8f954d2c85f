import { Hono } from "hono";
import { CODE_VERSION } from "../../platform/process/version.ts";
import { openApiDocument } from "../api/openapi.ts";
import { accessOf } from "../api/route.ts";
import { API_ROUTES } from "../api/routes.ts";
import { requireRight } from "../auth/guard.ts";
import { Page } from "../components/layout.tsx";
import { viewOf } from "../components/view.ts";
import type { AppEnv, Deps } from "../context.ts";

/** `/api/openapi.json`, and `/api/docs`: read the HTTP API and try it with one's own session. */
export function apiDocsRoutes(deps: Deps): Hono<AppEnv> {
  const document = openApiDocument(API_ROUTES, deps.config, CODE_VERSION);
  return new Hono<AppEnv>()
    .get("/api/openapi.json", (c) => c.json(document))
    .get("/api/docs", requireRight("figures.read"), async (c) => {
      const snapshot = await deps.feed.recent();
      return c.html(
        <Page
          title="API"
          heading="HTTP API"
          sub={
            <>
              JSON over HTTP. Programs send <code>Authorization: Bearer …</code>; here your own session is
              used. <a href="/api/openapi.json">OpenAPI document</a>
            </>
          }
          view={viewOf(c)}
          scripts={["api-docs.js"]}
          reviews={snapshot.stats.reviews}
        >
          <div class="operations">
            {API_ROUTES.map(({ operation }, index) => (
              <details class="panel operation" name="operation" open={index === 0}>
                <summary>
                  <span class="method">{operation.method.toUpperCase()}</span>
                  <code class="strong">{operation.path}</code>
                  <span class="soft">{operation.summary}</span>
                  <span class="tag">{accessOf(operation, deps.config)}</span>
                </summary>
                <form
                  class="operation-body"
                  data-method={operation.method.toUpperCase()}
                  data-path={operation.path}
                >
                  <div class="stack">
                    {operation.description && <p class="soft">{operation.description}</p>}
                    {Object.keys(operation.params?.shape ?? {}).map((name) => (
                      <label class="field">
                        <span>{name}</span>
                        <input name={name} inputmode="numeric" required placeholder="1" />
                      </label>
                    ))}
                    {operation.query && (
                      <label class="field">
                        <span>Query ({Object.keys(operation.query.shape).join(", ")})</span>
                        <input name="query" placeholder="limit=5" autocomplete="off" spellcheck={false} />
                      </label>
                    )}
                    {operation.body && (
                      <label class="field">
                        <span>Body</span>
                        <textarea name="body" spellcheck={false}>
                          {JSON.stringify(operation.body.example, null, 2)}
                        </textarea>
                      </label>
                    )}
                    <div>
                      <button type="submit" class="button primary">
                        Send
                      </button>
                    </div>
                  </div>
                  <div class="stack">
                    <p class="soft small" data-answer-head role="status">
                      The answer appears here.
                    </p>
                    <pre data-answer hidden tabindex={0}></pre>
                  </div>
                </form>
              </details>
            ))}
          </div>
        </Page>,
      );
    });
}
