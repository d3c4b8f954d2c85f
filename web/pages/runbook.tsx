import { readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { Hono } from "hono";
import { projectRoot } from "../../platform/process/config.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { requireRight } from "../auth/guard.ts";
import { Page } from "../components/layout.tsx";
import { Markdown } from "../components/markdown.tsx";
import { isRunbookPage, RUNBOOK_PAGES, runbookHref } from "../components/runbook-pages.ts";
import { viewOf } from "../components/view.ts";
import type { AppEnv, Deps } from "../context.ts";

const FILES: ReadonlySet<string> = new Set(Object.values(RUNBOOK_PAGES).map(({ file }) => file));

/** Where a link of a file leads in the console; what is not shown there leads nowhere. */
function linksOf(file: string): (to: string) => string | undefined {
  return (to) => {
    if (to.startsWith("https://") || to.startsWith("#")) return to;
    const [path = "", anchor] = to.split("#");
    const target = normalize(join(dirname(file), path)).replaceAll("\\", "/");
    if (!FILES.has(target)) return undefined;
    return runbookHref(anchor === undefined ? target : `${target}#${anchor}`);
  };
}

/** `/status/runbook/…`: the runbook as it came with this code, for links that need no other server. */
export function runbookRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>().get("/status/runbook/:page", requireRight("operations.read"), async (c) => {
    const view = viewOf(c);
    const page = c.req.param("page");
    if (!isRunbookPage(page)) throw new DomainError("not_found", "the runbook has no such page");
    const { file, name } = RUNBOOK_PAGES[page];
    const text = await readFile(join(projectRoot, file), "utf8").catch(() => {
      throw new DomainError("not_found", `${file} did not come with this installation`);
    });
    return await c.html(
      <Page
        title={name}
        heading={name}
        sub={
          <>
            The runbook, as it came with this code: <code>{file}</code>
          </>
        }
        crumbs={<a href="/status">Status</a>}
        view={view}
        reviews={deps.feed.snapshot?.stats.reviews}
      >
        <div class="segments-row">
          <nav class="segments" aria-label="Pages of the runbook">
            {Object.entries(RUNBOOK_PAGES).map(([each, { name: title }]) => (
              <a href={`/status/runbook/${each}`} aria-current={each === page ? "page" : undefined}>
                {title}
              </a>
            ))}
          </nav>
        </div>
        <article class="panel runbook">
          <Markdown text={text} hrefOf={linksOf(file)} />
        </article>
      </Page>,
    );
  });
}
