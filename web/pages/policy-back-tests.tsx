import { Hono } from "hono";
import { z } from "zod";
import type { PolicyDecision } from "../../domain/policy/decide.ts";
import { paymentsBehind, SIDES, type Which } from "../../pipeline/policy/back-test.ts";
import {
  DIFFERENCES,
  type Difference,
  FIGURES,
  goesByTruth,
} from "../../pipeline/policy/back-test-figures.ts";
import { askBackTest, readBackTest } from "../../pipeline/policy/back-tests.ts";
import { loadLists } from "../../pipeline/policy/publish.ts";
import { readPolicy } from "../../pipeline/policy/versions.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { readQuery } from "../api/body.ts";
import { currentPerson, requireRight } from "../auth/guard.ts";
import { transactionHref } from "../components/decision-table.tsx";
import { ACTION_NAME, formatAmount, formatScore, sentence } from "../components/format.ts";
import { Page } from "../components/layout.tsx";
import {
  BackTestProgress,
  BackTestResult,
  behindHref,
  behindWords,
} from "../components/policy-back-test.tsx";
import { Tier } from "../components/risk.tsx";
import { viewOf } from "../components/view.ts";
import { When } from "../components/when.tsx";
import type { AppEnv, Deps } from "../context.ts";
import { numberIn, readForm } from "./form.ts";

const DAY_MS = 86_400_000;

const askForm = z.object({ days: z.coerce.number().int().min(1).max(366) });
const rowsQuery = z.object({
  which: z.enum([...FIGURES, ...DIFFERENCES]),
  by: z.enum(SIDES).default("tried"),
  after: z.coerce.number().int().nonnegative().default(0),
});

const isDifference = (which: string): which is Difference => DIFFERENCES.some((one) => one === which);
const PAGE_SIZE = 50;

/** `/policy/back-tests/:id`: what a version would have made of past decisions, and the payments behind each figure. */
export function policyBackTestRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post("/policy/:version/back-tests", requireRight("policy.write"), async (c) => {
      const { days } = await readForm(c, askForm);
      const until = new Date();
      const span = { since: new Date(until.getTime() - days * DAY_MS), until };
      const id = await askBackTest(deps.db, currentPerson(c).actor, c.req.param("version"), span);
      return c.redirect(`/policy/back-tests/${id}`, 303);
    })
    .get("/policy/back-tests/:id", requireRight("policy.read"), async (c) => {
      const view = viewOf(c);
      const [test, snapshot] = await Promise.all([
        readBackTest(deps.db, numberIn(c, "id", "back-test")),
        deps.feed.recent(),
      ]);
      return c.html(
        <Page
          title="Back-test"
          heading={`${test.version} on past decisions`}
          sub={
            <>
              <When at={test.since} view={view} style="full" /> to{" "}
              <When at={test.until} view={view} style="full" />
            </>
          }
          crumbs={<Crumbs version={test.version} />}
          view={view}
          live="/live/frame"
          reviews={snapshot.stats.reviews}
        >
          <Outcome test={test} />
        </Page>,
      );
    })
    .get("/policy/back-tests/:id/result", requireRight("policy.read"), async (c) =>
      c.html(<Outcome test={await readBackTest(deps.db, numberIn(c, "id", "back-test"))} />),
    )
    .get("/policy/back-tests/:id/payments", requireRight("policy.read"), async (c) => {
      const view = viewOf(c);
      const { which, by, after } = readQuery(c, rowsQuery);
      const difference = isDifference(which);
      const behind: Which = difference ? { difference: which } : { figure: which, by };
      const test = await readBackTest(deps.db, numberIn(c, "id", "back-test"));
      if (!test.result) throw new DomainError("not_found", "this back-test has no result yet");
      const [today, tried, lists, snapshot] = await Promise.all([
        readPolicy(deps.db, test.result.today.version),
        readPolicy(deps.db, test.version),
        loadLists(deps.db),
        deps.feed.recent(),
      ]);
      const payments = await paymentsBehind(
        deps.db,
        { since: test.since, until: test.until, today: today.document, tried: tried.document, lists },
        behind,
        { after, limit: PAGE_SIZE },
      );
      const shown = by === "today" ? today : tried;
      const next = payments.length === PAGE_SIZE ? payments.at(-1)?.seq : undefined;
      return c.html(
        <Page
          title={behindWords(which)}
          heading={behindWords(which)}
          sub={
            difference
              ? `${tried.version} instead of ${today.version}, oldest first`
              : `by ${shown.version}${by === "today" ? ", today's" : ""}, oldest first`
          }
          crumbs={
            <>
              <Crumbs version={test.version} />
              <span aria-hidden="true">/</span>
              <a href={`/policy/back-tests/${test.id}`}>Back-test</a>
            </>
          }
          view={view}
          live="/live/frame"
          reviews={snapshot.stats.reviews}
        >
          <section class="panel" aria-label="Payments">
            {payments.length === 0 ? (
              <p class="empty">There are no more.</p>
            ) : (
              <ul class="rows">
                {payments.map((payment) => (
                  <li>
                    <div class="grow">
                      <a class="strong" href={transactionHref(payment.transactionId)}>
                        {payment.transactionId}
                      </a>
                      <div class="soft small">
                        <When at={payment.decidedAt} view={view} style="short" /> ·{" "}
                        {formatAmount(payment.amount, payment.currency)} · {formatScore(payment.probability)}
                        {fired(payment[difference ? "tried" : by])}
                      </div>
                    </div>
                    <Tier tier={payment.tier} />
                    <span class="nowrap">
                      {ACTION_NAME[payment.today.action]} → {ACTION_NAME[payment.tried.action]}
                    </span>
                  </li>
                ))}
              </ul>
            )}
            {goesByTruth(which) && test.result.simulated > 0 && (
              <p class="panel-foot">
                Payments whose truth only the simulation knows are counted and not listed: the list would
                answer what people are asked.
              </p>
            )}
            {next !== undefined && (
              <nav class="pager" aria-label="Pages">
                <span></span>
                <a
                  class="button"
                  href={`${behindHref(test.id, which, difference ? undefined : by)}&after=${next}`}
                >
                  Later ones
                </a>
              </nav>
            )}
          </section>
        </Page>,
      );
    });
}

/** The rules that fired, to stand at the end of a line. */
function fired({ rules }: PolicyDecision): string {
  const names = rules.flatMap(({ kind, name }) => (kind === "failed" ? [] : [name]));
  return names.length === 0 ? "" : ` · ${names.join(", ")}`;
}

const Crumbs = ({ version }: { readonly version: string }) => (
  <>
    <a href="/policy">Policy</a>
    <span aria-hidden="true">/</span>
    <a href={`/policy/${version}`}>{version}</a>
  </>
);

const Outcome = ({ test }: { readonly test: Awaited<ReturnType<typeof readBackTest>> }) => {
  if (test.result) return <BackTestResult id={test.id} result={test.result} />;
  if (test.state !== "failed") return <BackTestProgress test={test} />;
  return (
    <section class="panel" id="back-test">
      <p class="panel-body">It could not be done. {sentence(test.error ?? "")}</p>
    </section>
  );
};
