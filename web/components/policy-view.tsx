import type { FC } from "hono/jsx";
import type { DecisionPolicy, TierRule } from "../../domain/policy/decision-policy.ts";
import { isEmptyDiff, type PolicyDiff } from "../../domain/policy/diff.ts";
import { inOrder, type PolicyRule } from "../../domain/policy/rules.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import type { ExampleResult } from "../../features/policy/examples.ts";
import type { RuleCount } from "../../pipeline/policy/rule-counts.ts";
import { ACTION_NAME, formatCount, TIER_NAME } from "./format.ts";
import { effectWords } from "./policy-words.ts";
import { Tier } from "./risk.tsx";

/** What a tier asks for, in a few words. */
function tierWords({ action, review, slaMinutes }: TierRule): string {
  const within = slaMinutes === null ? "" : ` within ${slaMinutes} minutes`;
  return `${ACTION_NAME[action]}${review ? `, reviewed${within}` : ""}`;
}

/** The way back from a version. */
export const PolicyCrumbs: FC<{ readonly version: string }> = ({ version }) => (
  <>
    <a href="/policy">Policy</a>
    <span aria-hidden="true">/</span>
    <span>{version}</span>
  </>
);

/** A policy, to be read. */
export const PolicyView: FC<{
  readonly policy: DecisionPolicy;
  /** Of the last day, by rule; left out where the policy did not decide. */
  readonly counts?: ReadonlyMap<string, RuleCount>;
  /** What is mostly not meant, by rule. */
  readonly doubts?: ReadonlyMap<string, string>;
}> = ({ policy, counts, doubts }) => (
  <>
    <dl class="policy-tiers">
      {RISK_TIERS.map((tier) => (
        <div>
          <dt>
            <Tier tier={tier} />
          </dt>
          <dd>{tierWords(policy.tiers[tier])}</dd>
        </div>
      ))}
    </dl>
    {policy.rules.length === 0 ? (
      <p class="panel-foot">It has no rules: the tier alone decides.</p>
    ) : (
      <ol class="policy-rules">
        {inOrder(policy.rules).map((rule) => (
          <Rule
            rule={rule}
            count={counts && (counts.get(rule.id) ?? { fired: 0, failed: 0 })}
            doubt={doubts?.get(rule.id)}
          />
        ))}
      </ol>
    )}
  </>
);

interface RuleProps {
  readonly rule: PolicyRule;
  readonly count: RuleCount | undefined;
  readonly doubt: string | undefined;
}

const Rule: FC<RuleProps> = ({ rule, count, doubt }) => (
  <li data-off={rule.enabled ? undefined : "true"}>
    <p class="policy-rule-head">
      <strong>{rule.name}</strong> <span class="faint mono small">{rule.id}</span>
      {!rule.enabled && <span class="tag">off</span>}
    </p>
    <pre class="expression">{rule.when}</pre>
    <p class="soft small">
      {effectWords(rule.effect)} · priority {rule.priority}
      {rule.reason && ` · ${rule.reason}`}
      {count && ` · fired ${formatCount(count.fired)} times in 24 hours`}
    </p>
    {doubt && rule.enabled && <p class="rule-doubt">It {doubt}</p>}
    {count && count.failed > 0 && (
      <p class="field-wrong">
        It could not be evaluated {formatCount(count.failed)} times in 24 hours and changed nothing then.
      </p>
    )}
  </li>
);

/** What changes from one policy to another. */
export const PolicyChanges: FC<{ readonly diff: PolicyDiff }> = ({ diff }) =>
  isEmptyDiff(diff) ? (
    <p class="panel-body soft">Nothing.</p>
  ) : (
    <ul class="policy-changes">
      {diff.tiers.map(({ tier, before, after }) => (
        <li>
          <span class="tag">tier</span> {TIER_NAME[tier]}: <del>{tierWords(before)}</del>{" "}
          <ins>{tierWords(after)}</ins>
        </li>
      ))}
      {diff.added.map((rule) => (
        <li>
          <span class="tag" data-kind="legitimate">
            new
          </span>{" "}
          <RuleLine rule={rule} />
        </li>
      ))}
      {diff.changed.map(({ before, after }) => (
        <li>
          <span class="tag">changed</span>{" "}
          <del>
            <RuleLine rule={before} />
          </del>
          <ins>
            <RuleLine rule={after} />
          </ins>
        </li>
      ))}
      {diff.removed.map((rule) => (
        <li>
          <span class="tag" data-kind="fraud">
            gone
          </span>{" "}
          <RuleLine rule={rule} />
        </li>
      ))}
    </ul>
  );

const RuleLine: FC<{ readonly rule: PolicyRule }> = ({ rule }) => (
  <span class="rule-line">
    {rule.name}: <code>{rule.when}</code> → {effectWords(rule.effect)}, priority {rule.priority}
    {rule.enabled ? "" : ", off"}
  </span>
);

/** What came of the test bench. */
export const ExampleResults: FC<{ readonly results: readonly ExampleResult[] }> = ({ results }) => (
  <ul class="policy-changes">
    {results.map(({ example, passed, decision }) => (
      <li>
        <span class="tag" data-kind={passed ? "legitimate" : "fraud"}>
          {passed ? "passes" : "fails"}
        </span>{" "}
        {example.name}: {ACTION_NAME[decision.action]}
        {decision.review ? ", reviewed" : ""}
        {!passed && ` instead of ${ACTION_NAME[example.action]}${example.review ? ", reviewed" : ""}`}
        {decision.rules.length > 0 && (
          <span class="soft small"> by {decision.rules.map(({ rule }) => rule).join(", ")}</span>
        )}
      </li>
    ))}
  </ul>
);
