import { Hono } from "hono";
import { diffPolicies } from "../../domain/policy/diff.ts";
import { ExpressionError } from "../../features/expressions/language.ts";
import { doubtAbout, RuleLanguage } from "../../features/policy/compile.ts";
import type { ServingNames } from "../../features/policy/serving-names.ts";
import { listBackTests } from "../../pipeline/policy/back-tests.ts";
import { checkPolicy, listNames } from "../../pipeline/policy/check.ts";
import {
  addDraft,
  changeDraft,
  type PolicyDraft,
  type PolicyVersion,
  proposePolicy,
  readActivePolicy,
  readPolicy,
  retireDraft,
} from "../../pipeline/policy/versions.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { currentPerson, requireRight } from "../auth/guard.ts";
import { sentence } from "../components/format.ts";
import { Page } from "../components/layout.tsx";
import { Notice } from "../components/notice.tsx";
import { AskBackTest, BackTestList } from "../components/policy-back-test.tsx";
import { ConditionCheck, PolicyEditor } from "../components/policy-editor.tsx";
import { PolicyChanges, PolicyCrumbs } from "../components/policy-view.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { orSayWhy } from "./form.ts";
import { draftOf, newExample, newRule } from "./policy-form.ts";
import { servingNamesOf } from "./serving-names.ts";

type Typed = Omit<PolicyDraft, "basedOn">;

/** Writing a version: `POST /policy/drafts` begins one, `POST /policy/:version` keeps a draft, `POST /policy/check` looks at a condition as it is typed. */
export function policyDraftRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post("/policy/check", requireRight("policy.write"), async (c) => {
      const rule = c.req.query("rule") ?? "";
      const { [`rule.${rule}.when`]: typed } = await c.req.parseBody();
      const when = typeof typed === "string" ? typed : "";
      const [lists, serving] = await Promise.all([listNames(deps.db), servingNamesOf(deps.scorer)]);
      return c.html(<ConditionCheck when={when} {...sayOf(when, new RuleLanguage({ lists }), serving)} />);
    })
    .post("/policy/drafts", requireRight("policy.write"), async (c) => {
      const { from } = await c.req.parseBody();
      const before = await readPolicy(deps.db, typeof from === "string" ? from : "");
      const { version } = await addDraft(deps.db, currentPerson(c).actor, {
        ...{ basedOn: before.version, document: contentOf(before), examples: before.examples },
        comment: `From ${before.version}`,
      });
      return c.redirect(`/policy/${version}`, 303);
    })
    .post("/policy/:version", requireRight("policy.write"), async (c) => {
      const { then, ...typed } = await c.req.parseBody();
      const version = c.req.param("version");
      const { actor } = currentPerson(c);
      if (then === "put-away") {
        await retireDraft(deps.db, actor, version);
        return c.redirect("/policy", 303);
      }
      const draft = changed(draftOf(typed), typeof then === "string" ? then : "save");
      const work = async (): Promise<Response> => {
        await changeDraft(deps.db, actor, version, draft);
        if (then === "propose") await proposePolicy(deps.db, actor, version);
        const place = then === "add-rule" ? `#rule-${draft.document.rules.length - 1}` : "";
        return c.redirect(`/policy/${version}${place}`, 303);
      };
      return await orSayWhy(work, async (refused) =>
        showDraft(deps, c, await readPolicy(deps.db, version), { draft, refused }),
      );
    })
    .post("/policy/:version/propose", requireRight("policy.write"), async (c) => {
      const version = c.req.param("version");
      await proposePolicy(deps.db, currentPerson(c).actor, version);
      return c.redirect(`/policy/${version}`, 303);
    });
}

/** A version's document without its name. */
function contentOf({ document: { tiers, rules } }: PolicyVersion) {
  return { tiers, rules };
}

/** A draft after the button that was pressed. */
function changed(draft: Typed, then: string): Typed {
  const { document, examples } = draft;
  const [what, index] = then.split(":");
  const without = <T,>(list: readonly T[]): T[] => list.filter((_, i) => i !== Number(index));
  switch (what) {
    case "add-rule":
      return { ...draft, document: { ...document, rules: [...document.rules, newRule(document.rules)] } };
    case "remove-rule":
      return { ...draft, document: { ...document, rules: without(document.rules) } };
    case "add-example":
      return { ...draft, examples: [...examples, newExample(examples)] };
    case "remove-example":
      return { ...draft, examples: without(examples) };
    default:
      return draft;
  }
}

/** What is to be said of a condition. */
function sayOf(when: string, language: RuleLanguage, serving: ServingNames | undefined) {
  try {
    return { doubt: doubtAbout(language.compile(when), serving) };
  } catch (error) {
    if (error instanceof ExpressionError) return { problem: error };
    throw error;
  }
}

interface Refused {
  readonly draft: Typed;
  readonly refused: DomainError;
}

/** The editor, with a draft as it is kept, or as it was typed and refused. */
export async function showDraft(
  deps: Deps,
  c: AppContext,
  shown: PolicyVersion,
  again?: Refused,
): Promise<Response> {
  const view = viewOf(c);
  const draft = again?.draft ?? shown;
  const active = await readActivePolicy(deps.db);
  const serving = await servingNamesOf(deps.scorer);
  const [check, backTests, lists, snapshot] = await Promise.all([
    checkPolicy(deps.db, { ...draft.document, version: shown.version }, draft.examples, serving),
    listBackTests(deps.db, shown.version),
    listNames(deps.db),
    deps.feed.recent(),
  ]);
  return c.html(
    <Page
      title={shown.version}
      heading={
        <span class="title-row">
          {shown.version} <span class="tag">draft</span>
        </span>
      }
      sub={`Written by ${shown.author.name}${shown.basedOn ? ` from ${shown.basedOn}` : ""}; it decides nothing before a second person agrees`}
      crumbs={<PolicyCrumbs version={shown.version} />}
      view={view}
      live="/live/frame"
      reviews={snapshot.stats.reviews}
    >
      {again && <Notice notice={{ kind: "problem", text: sentence(again.refused.message) }} />}
      <div class="policy-columns">
        <PolicyEditor
          version={shown.version}
          draft={draft}
          check={check}
          lists={[...lists.names]}
          serving={serving}
        />
        <div class="stack-l">
          <section class="panel" aria-labelledby="diff-title">
            <div class="panel-head">
              <h2 id="diff-title">What it changes</h2>
              <span class="sub">against {active.version}, which decides now</span>
            </div>
            <PolicyChanges diff={diffPolicies(active.document, draft.document)} />
          </section>
          <section class="panel" aria-labelledby="tests-title">
            <div class="panel-head">
              <h2 id="tests-title">On past decisions</h2>
              <span class="sub">as the draft was saved last</span>
            </div>
            <BackTestList tests={backTests} view={view} />
            <AskBackTest version={shown.version} />
          </section>
        </div>
      </div>
    </Page>,
  );
}
