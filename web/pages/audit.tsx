import { Hono } from "hono";
import type { FC } from "hono/jsx";
import { stream } from "hono/streaming";
import { z } from "zod";
import { recordAct } from "../../pipeline/audit/append.ts";
import {
  AUDIT_CSV_HEADER,
  AUDIT_FORMATS,
  auditCsvLine,
  auditJsonLine,
} from "../../pipeline/audit/formats.ts";
import { type AuditFilter, searchAudit, walkAudit } from "../../pipeline/audit/search.ts";
import { type AuditVerdict, verifyAudit } from "../../pipeline/audit/verify.ts";
import { readQuery } from "../api/body.ts";
import { callerAddress } from "../auth/caller-address.ts";
import { currentUser, mayDo, requireRight } from "../auth/guard.ts";
import { AuditTable } from "../components/audit-table.tsx";
import { formatCount } from "../components/format.ts";
import { SearchIcon } from "../components/icons.tsx";
import { Page } from "../components/layout.tsx";
import { viewOf } from "../components/view.ts";
import { TimesIn } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";

const PER_PAGE = 50;
/** So many of the latest entries are checked while somebody waits: well under a second. */
const CHECKED = 10_000;
const DAY_MS = 86_400_000;

const day = z.iso.date();
const filters = {
  actor: z.string().trim().max(200).optional(),
  act: z.string().trim().max(100).optional(),
  subject: z.string().trim().max(300).optional(),
  from: day.optional(),
  to: day.optional(),
};
const querySchema = z.object({ ...filters, before: z.coerce.number().int().positive().optional() });
const exportSchema = z.object({ ...filters, format: z.enum(AUDIT_FORMATS).default("csv") });

type Filters = Omit<z.output<typeof exportSchema>, "format">;

function filterOf({ actor, act, subject, from, to }: Filters): Omit<AuditFilter, "before" | "after"> {
  return {
    ...(actor ? { actor } : {}),
    ...(act ? { act } : {}),
    ...(subject ? { subject } : {}),
    ...(from ? { since: new Date(from) } : {}),
    ...(to ? { until: new Date(Date.parse(to) + DAY_MS) } : {}),
  };
}

function addressOf(path: string, given: Filters & { readonly before?: number }): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) if (value) query.set(name, String(value));
  return query.size === 0 ? path : `${path}?${query}`;
}

const Checked: FC<{ readonly verdict: AuditVerdict; readonly all: number }> = ({ verdict, all }) => {
  const { fault } = verdict;
  const checked = Math.min(all, CHECKED);
  return (
    <p class="notice" role="status" data-kind={fault ? "error" : "success"}>
      {fault
        ? `Entry ${fault.auditId} ${fault.why}: the log was changed. Keep the database as it is, and run npm run audit -- verify.`
        : checked === all
          ? `All ${formatCount(all)} entries fit, each to the one before it.`
          : `The latest ${formatCount(checked)} of ${formatCount(all)} entries fit, each to the one before it. All of them: npm run audit -- verify.`}
    </p>
  );
};

/** `/audit`: who did what, searched, checked and taken out. */
export function auditRoutes(deps: Deps): Hono<AppEnv> {
  const show = async (c: AppContext, checked?: AuditVerdict): Promise<Response> => {
    const view = viewOf(c);
    const query = readQuery(c, querySchema);
    const { before, ...given } = query;
    const [found, head, snapshot] = await Promise.all([
      searchAudit(deps.db, {
        ...filterOf(given),
        ...(before === undefined ? {} : { before }),
        limit: PER_PAGE + 1,
      }),
      deps.db.selectFrom("audit_head").select("audit_id").executeTakeFirstOrThrow(),
      deps.feed.recent(),
    ]);
    const entries = found.slice(0, PER_PAGE);
    const older = found.length > PER_PAGE ? entries.at(-1)?.auditId : undefined;
    const first = addressOf("/audit", given);
    return await c.html(
      <Page
        title="Audit log"
        heading="Audit log"
        sub={
          <>
            {formatCount(head.audit_id)} acts, each chained to the one before it · <TimesIn view={view} />
          </>
        }
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {checked && <Checked verdict={checked} all={head.audit_id} />}
        <form class="filters" method="get" action="/audit">
          <label class="field">
            <span>Who</span>
            <input type="search" name="actor" value={given.actor} autocomplete="off" spellcheck={false} />
          </label>
          <label class="field">
            <span>Act, or how it begins</span>
            <input type="search" name="act" value={given.act} placeholder="account." spellcheck={false} />
          </label>
          <label class="field">
            <span>On what</span>
            <input
              type="search"
              name="subject"
              value={given.subject}
              placeholder="case:17"
              spellcheck={false}
            />
          </label>
          <label class="field">
            <span>From (UTC)</span>
            <input type="date" name="from" value={given.from} />
          </label>
          <label class="field">
            <span>To (UTC)</span>
            <input type="date" name="to" value={given.to} />
          </label>
          <button type="submit" class="button">
            Search
          </button>
        </form>
        <section class="panel" aria-label="Acts">
          {entries.length === 0 ? (
            <div class="empty">
              <SearchIcon />
              <p>{before === undefined ? "Nothing matches this." : "There is nothing older than this."}</p>
              <a href="/audit">Show everything</a>
            </div>
          ) : (
            <AuditTable entries={entries} view={view} />
          )}
          {(older !== undefined || before !== undefined) && (
            <nav class="pager" aria-label="Pages">
              {before === undefined ? (
                <span></span>
              ) : (
                <a class="button" href={first}>
                  Newest
                </a>
              )}
              {older !== undefined && (
                <a class="button" href={addressOf("/audit", { ...given, before: older })}>
                  Older
                </a>
              )}
            </nav>
          )}
        </section>
        <div class="audit-actions">
          <form method="post" action="/audit/check">
            <button type="submit" class="button">
              Check the chain
            </button>
          </form>
          {mayDo(view.user, "audit.export") &&
            AUDIT_FORMATS.map((format) => (
              <a class="button" href={addressOf(`/audit/export`, { ...given, ...{ format } })} download>
                Export as {format === "csv" ? "CSV" : "JSON lines"}
              </a>
            ))}
        </div>
      </Page>,
    );
  };
  return new Hono<AppEnv>()
    .get("/audit", requireRight("audit.read"), (c) => show(c))
    .post("/audit/check", requireRight("audit.read"), async (c) =>
      show(c, await verifyAudit(deps.db, CHECKED)),
    )
    .get("/audit/export", requireRight("audit.export"), async (c) => {
      const { format, ...given } = readQuery(c, exportSchema);
      const filter = filterOf(given);
      // First the act, then the file: what left is in the log also when the connection breaks.
      await recordAct(deps.db, {
        ...{ actor: currentUser(c).actor, act: "audit.exported", subject: "audit" },
        detail: { format, ...given, address: callerAddress(c, deps.config) },
      });
      const csv = format === "csv";
      c.header("Content-Type", csv ? "text/csv; charset=utf-8" : "application/x-ndjson");
      c.header(
        "Content-Disposition",
        `attachment; filename="paysecure-audit-${new Date().toISOString().slice(0, 10)}.${format}"`,
      );
      const line = csv ? auditCsvLine : auditJsonLine;
      return stream(c, async (out) => {
        if (csv) await out.write(AUDIT_CSV_HEADER);
        for await (const entries of walkAudit(deps.db, filter)) {
          if (out.aborted || deps.stopping.aborted) return;
          await out.write(entries.map(line).join(""));
        }
      });
    });
}
