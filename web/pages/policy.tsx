import { Hono } from "hono";
import type { FC } from "hono/jsx";
import { diffPolicies } from "../../domain/policy/diff.ts";
import { doubtsAbout } from "../../features/policy/compile.ts";
import { listProposals, type Proposal } from "../../pipeline/accounts/approvals.ts";
import { listBackTests } from "../../pipeline/policy/back-tests.ts";
import { checkPolicy, listNames } from "../../pipeline/policy/check.ts";
import { tellOfPolicy } from "../../pipeline/policy/publish.ts";
import { countRules } from "../../pipeline/policy/rule-counts.ts";
import {
  listPolicies,
  type PolicyVersion,
  readActivePolicy,
  readPolicy,
  settlePolicy,
} from "../../pipeline/policy/versions.ts";
import { currentPerson, mayDo, requireRight } from "../auth/guard.ts";
import { Page } from "../components/layout.tsx";
import { AskBackTest, BackTestList } from "../components/policy-back-test.tsx";
import { ExampleResults, PolicyChanges, PolicyCrumbs, PolicyView } from "../components/policy-view.tsx";
import { Proposals } from "../components/proposals.tsx";
import { type View, viewOf } from "../components/view.ts";
import { When } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { numberIn } from "./form.ts";
import { showDraft } from "./policy-draft.tsx";
import { servingNamesOf } from "./serving-names.ts";

const DAY_MS = 86_400_000;

/** `/policy`: what decides now, what waits for a second person, every version; `/policy/:version`: one of them. */
export function policyRoutes(deps: Deps): Hono<AppEnv> {
  const settle = async (c: AppContext, approve: boolean): Promise<Response> => {
    const id = numberIn(c, "id", "proposal");
    const version = await settlePolicy(deps.db, currentPerson(c).actor, id, approve);
    if (approve) await tellOfPolicy(deps.db, deps.redis, deps.config.REDIS_PREFIX);
    return c.redirect(approve ? "/policy" : `/policy/${version}`, 303);
  };
  return new Hono<AppEnv>()
    .get("/policy", requireRight("policy.read"), async (c) => {
      const view = viewOf(c);
      const active = await readActivePolicy(deps.db);
      const [versions, doubts, waiting, counts, snapshot] = await Promise.all([
        listPolicies(deps.db),
        doubtsOf(deps, active),
        listProposals(deps.db, "policy.activate"),
        countRules(deps.db, new Date(Date.now() - DAY_MS)),
        deps.feed.recent(),
      ]);
      return c.html(
        <Page
          title="Policy"
          heading="Policy"
          sub="What is done with a payment: by tier, unless a rule says otherwise"
          view={view}
          live="/live/frame"
          reviews={snapshot.stats.reviews}
        >
          {waiting.length > 0 && (
            <Waiting proposals={waiting} doubts={await doubtsByVersion(deps, waiting)} view={view} />
          )}
          <div class="policy-columns">
            <section class="panel" aria-labelledby="active-title">
              <div class="panel-head">
                <h2 id="active-title">{active.version} decides</h2>
                <span class="sub">
                  {active.activatedAt && (
                    <>
                      since <When at={active.activatedAt} view={view} style="short" />
                    </>
                  )}
                </span>
              </div>
              <PolicyView policy={active.document} counts={counts} doubts={doubts} />
            </section>
            <div class="stack-l">
              <section class="panel" aria-label="What can be done">
                <div class="panel-body form-actions">
                  {mayDo(view.user, "policy.write") && <NewVersion from={active.version} />}
                  <a class="button" href="/policy/lists">
                    Lists
                  </a>
                </div>
              </section>
              <Versions versions={versions} view={view} />
            </div>
          </div>
        </Page>,
      );
    })
    .get("/policy/:version", requireRight("policy.read"), async (c) => {
      const shown = await readPolicy(deps.db, c.req.param("version"));
      if (shown.state === "draft" && mayDo(c.get("user"), "policy.write")) {
        return await showDraft(deps, c, shown);
      }
      return await showVersion(deps, c, shown);
    })
    .post("/policy/proposals/:id/approve", requireRight("policy.activate"), (c) => settle(c, true))
    .post("/policy/proposals/:id/refuse", requireRight("policy.activate"), (c) => settle(c, false));
}

/** What is mostly not meant by a version's rules, by rule. */
async function doubtsOf(deps: Deps, { document }: PolicyVersion): Promise<ReadonlyMap<string, string>> {
  const [lists, serving] = await Promise.all([listNames(deps.db), servingNamesOf(deps.scorer)]);
  return doubtsAbout(document, { lists, serving });
}

async function doubtsByVersion(deps: Deps, proposals: readonly Proposal[]): Promise<DoubtsByVersion> {
  const versions = proposals.map(({ detail }) => String(detail["version"]));
  return new Map(
    await Promise.all(
      versions.map(
        async (version) => [version, await doubtsOf(deps, await readPolicy(deps.db, version))] as const,
      ),
    ),
  );
}

async function showVersion(deps: Deps, c: AppContext, shown: PolicyVersion): Promise<Response> {
  const view = viewOf(c);
  const active = await readActivePolicy(deps.db);
  const serving = await servingNamesOf(deps.scorer);
  const [check, backTests, waiting, snapshot] = await Promise.all([
    checkPolicy(deps.db, shown.document, shown.examples, serving),
    listBackTests(deps.db, shown.version),
    listProposals(deps.db, "policy.activate"),
    deps.feed.recent(),
  ]);
  const own = waiting.filter(({ subject }) => subject === `policy:${shown.version}`);
  const mayWrite = mayDo(view.user, "policy.write");
  return c.html(
    <Page
      title={shown.version}
      heading={
        <span class="title-row">
          {shown.version} <span class="tag">{shown.state}</span>
        </span>
      }
      sub={shown.comment}
      crumbs={<PolicyCrumbs version={shown.version} />}
      view={view}
      live="/live/frame"
      reviews={snapshot.stats.reviews}
    >
      {own.length > 0 && (
        <Waiting proposals={own} doubts={new Map([[shown.version, check.doubts]])} view={view} />
      )}
      <div class="policy-columns">
        <section class="panel" aria-labelledby="what-title">
          <div class="panel-head">
            <h2 id="what-title">What it says</h2>
          </div>
          <PolicyView policy={shown.document} doubts={check.doubts} />
        </section>
        <div class="stack-l">
          {shown.state !== "active" && (
            <section class="panel" aria-labelledby="diff-title">
              <div class="panel-head">
                <h2 id="diff-title">What it changes</h2>
                <span class="sub">against {active.version}, which decides now</span>
              </div>
              <PolicyChanges diff={diffPolicies(active.document, shown.document)} />
            </section>
          )}
          {check.examples.length > 0 && (
            <section class="panel" aria-labelledby="bench-title">
              <div class="panel-head">
                <h2 id="bench-title">Test bench</h2>
              </div>
              <ExampleResults results={check.examples} />
            </section>
          )}
          <section class="panel" aria-labelledby="tests-title">
            <div class="panel-head">
              <h2 id="tests-title">On past decisions</h2>
            </div>
            <BackTestList tests={backTests} view={view} />
            {mayWrite && <AskBackTest version={shown.version} />}
          </section>
          {mayWrite && (
            <section class="panel" aria-label="What can be done">
              <div class="panel-body form-actions">
                <NewVersion from={shown.version} />
                {shown.state === "retired" && (
                  <form method="post" action={`/policy/${shown.version}/propose`}>
                    <button type="submit" class="button">
                      Propose it again
                    </button>
                  </form>
                )}
              </div>
            </section>
          )}
        </div>
      </div>
    </Page>,
  );
}

const NewVersion: FC<{ readonly from: string }> = ({ from }) => (
  <form method="post" action="/policy/drafts">
    <input type="hidden" name="from" value={from} />
    <button type="submit" class="button primary">
      New version from {from}
    </button>
  </form>
);

const Versions: FC<{ readonly versions: readonly PolicyVersion[]; readonly view: View }> = ({
  versions,
  view,
}) => (
  <section class="panel" aria-labelledby="versions-title">
    <div class="panel-head">
      <h2 id="versions-title">Versions</h2>
    </div>
    <ul class="rows">
      {versions.map(({ version, state, comment, author, createdAt }) => (
        <li>
          <div class="grow">
            <a class="strong" href={`/policy/${version}`}>
              {version}
            </a>{" "}
            <span class="tag" data-kind={state === "active" ? "legitimate" : undefined}>
              {state}
            </span>
            <div class="soft small">{comment}</div>
            <div class="faint xsmall">
              {author.name}, <When at={createdAt} view={view} style="short" />
            </div>
          </div>
        </li>
      ))}
    </ul>
  </section>
);

/** By version, what is mostly not meant by its rules. */
type DoubtsByVersion = ReadonlyMap<string, ReadonlyMap<string, string>>;

interface WaitingProps {
  readonly proposals: readonly Proposal[];
  readonly doubts: DoubtsByVersion;
  readonly view: View;
}

const Waiting: FC<WaitingProps> = ({ proposals, doubts, view }) => (
  <Proposals
    title="Waits for a second person"
    proposals={proposals}
    view={view}
    at="/policy/proposals"
    agree="Agree: it decides from now on"
    mayAnswer={mayDo(view.user, "policy.activate")}
    what={({ detail }) => (
      <>
        <a class="strong" href={`/policy/${String(detail["version"])}`}>
          {String(detail["version"])}
        </a>{" "}
        is to decide instead of {String(detail["instead"])}
        {[...(doubts.get(String(detail["version"])) ?? [])].map(([rule, doubt]) => (
          <p class="rule-doubt">
            <span class="mono">{rule}</span> {doubt}
          </p>
        ))}
      </>
    )}
  />
);
