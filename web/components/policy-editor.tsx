import type { FC } from "hono/jsx";
import { ACTIONS } from "../../domain/actions.ts";
import { MAX_SLA_MINUTES } from "../../domain/policy/decision-policy.ts";
import { MAX_PRIORITY, MAX_RULE_NAME, MAX_RULE_REASON, type PolicyRule } from "../../domain/policy/rules.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import type { PolicyExample } from "../../features/policy/examples.ts";
import { readsAs, type ServingNames } from "../../features/policy/serving-names.ts";
import { VARIABLE_HELP } from "../../features/policy/variables.ts";
import type { PolicyCheck } from "../../pipeline/policy/check.ts";
import type { PolicyDraft } from "../../pipeline/policy/versions.ts";
import { ACTION_NAME } from "./format.ts";
import { Tier } from "./risk.tsx";

/** Effects as one choice: `raise:block`, `review`. */
export const EFFECT_CHOICES: readonly (readonly [value: string, words: string])[] = [
  ...ACTIONS.slice(1).map(
    (action) => [`raise:${action}`, `raise to ${ACTION_NAME[action].toLowerCase()}`] as const,
  ),
  ...ACTIONS.slice(0, -1).map(
    (action) => [`lower:${action}`, `lower to ${ACTION_NAME[action].toLowerCase()}`] as const,
  ),
  ["review", "send to review"],
];

/** An effect's value among {@link EFFECT_CHOICES}. */
function choiceOf({ effect }: PolicyRule): string {
  const acting = effect.kind === "shadow" ? effect.would : effect;
  return acting.kind === "review" ? "review" : `${acting.kind}:${acting.to}`;
}

/** An example's payment as people type it: `amount=120, currency=EUR`. */
export function paymentText(payment: PolicyExample["payment"]): string {
  return Object.entries(payment)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}

/** What is said of a condition as it is typed. */
export const ConditionCheck: FC<{
  readonly when: string;
  readonly problem?: { readonly message: string; readonly start: number; readonly end: number } | undefined;
  readonly doubt?: string | undefined;
}> = ({ when, problem, doubt }) => {
  if (!problem) return doubt ? <p class="soft small">It {doubt}</p> : <p class="soft small">Can be read.</p>;
  const { start, end, message } = problem;
  return (
    <>
      <p class="field-wrong">{message}</p>
      <pre class="expression">
        {when.slice(0, start)}
        <mark>{when.slice(start, end) || "…"}</mark>
        {when.slice(end)}
      </pre>
    </>
  );
};

interface EditorProps {
  readonly version: string;
  readonly draft: Omit<PolicyDraft, "basedOn">;
  readonly check: PolicyCheck;
  readonly lists: readonly string[];
  /** What models that serve have to read; undefined where that is not known now. */
  readonly serving: ServingNames | undefined;
}

/** A draft, to be written. One form: whatever button is pressed, all of it is kept. */
export const PolicyEditor: FC<EditorProps> = ({ version, draft, check, lists, serving }) => (
  <form class="policy-editor" method="post" action={`/policy/${version}`}>
    <section class="panel" aria-labelledby="tiers-title">
      <div class="panel-head">
        <h2 id="tiers-title">By tier</h2>
        <span class="sub">what is done where no rule says otherwise</span>
      </div>
      <div class="panel-body tier-fields">
        {RISK_TIERS.map((tier) => {
          const { action, review, slaMinutes } = draft.document.tiers[tier];
          return (
            <fieldset>
              <legend>
                <Tier tier={tier} />
              </legend>
              <label class="field">
                <span>Action</span>
                <select name={`tier.${tier}.action`}>
                  {ACTIONS.map((one) => (
                    <option value={one} selected={one === action}>
                      {ACTION_NAME[one]}
                    </option>
                  ))}
                </select>
              </label>
              <label class="check">
                <input type="checkbox" name={`tier.${tier}.review`} checked={review} /> People look at it
              </label>
              <label class="field">
                <span>Minutes they have</span>
                <input
                  type="number"
                  name={`tier.${tier}.sla`}
                  min="1"
                  max={String(MAX_SLA_MINUTES)}
                  value={slaMinutes === null ? "" : String(slaMinutes)}
                  placeholder="as set"
                />
              </label>
            </fieldset>
          );
        })}
      </div>
    </section>
    <section class="panel" aria-labelledby="rules-title">
      <div class="panel-head">
        <h2 id="rules-title">Rules</h2>
        <span class="sub">the higher the priority, the later applied</span>
      </div>
      <Names lists={lists} serving={serving} />
      {draft.document.rules.map((rule, i) => (
        <RuleFields rule={rule} i={i} check={check} />
      ))}
      <div class="panel-body">
        <button type="submit" class="button" name="then" value="add-rule">
          Add a rule
        </button>
      </div>
    </section>
    <section class="panel" aria-labelledby="examples-title">
      <div class="panel-head">
        <h2 id="examples-title">Test bench</h2>
        <span class="sub">payments that must come out as it says before this is proposed</span>
      </div>
      {draft.examples.map((example, i) => (
        <ExampleFields example={example} i={i} check={check} />
      ))}
      <div class="panel-body">
        <button type="submit" class="button" name="then" value="add-example">
          Add an example
        </button>
      </div>
    </section>
    <section class="panel" aria-label="Save">
      <div class="panel-body form">
        <label class="field">
          <span>What changes, and why</span>
          <textarea name="comment" required maxlength={2000}>
            {draft.comment}
          </textarea>
        </label>
        <div class="form-actions">
          <button type="submit" class="button primary" name="then" value="save">
            Save the draft
          </button>
          <button type="submit" class="button" name="then" value="propose">
            Save and propose it
          </button>
          <button type="submit" class="button" name="then" value="put-away" formnovalidate>
            Put it away
          </button>
        </div>
      </div>
    </section>
  </form>
);

const KINDS = ["features", "fields", "entities"] as const;

/** What a rule may read; assets/expressions.js completes from it. */
const Names: FC<Pick<EditorProps, "lists" | "serving">> = ({ lists, serving }) => (
  <details class="policy-names">
    <summary>What a rule may read</summary>
    <dl id="rule-names">
      {Object.entries(VARIABLE_HELP).map(([name, help]) => (
        <div>
          <dt>{name}</dt>
          <dd>{help}</dd>
        </div>
      ))}
      {KINDS.map((kind) =>
        [...(serving?.[kind] ?? [])].map(([name, help]) => (
          <div>
            <dt>{readsAs(kind, name)}</dt>
            <dd>{help}</dd>
          </div>
        )),
      )}
      {lists.map((name) => (
        <div>
          <dt>{`in_list("${name}", card_token)`}</dt>
          <dd>whether the value is on the list {name} now</dd>
        </div>
      ))}
    </dl>
    {serving && (
      <p class="soft small">
        Features, fields and entities by name are those of {serving.models.join(" and ")}, which serve now.
      </p>
    )}
    <p class="soft small">
      Conditions are <a href="https://cel.dev">CEL</a>: <code>&&</code>, <code>||</code>, <code>!</code>,{" "}
      <code>==</code>, <code>in ["FR", "BE"]</code>, <code>startsWith</code>, <code>contains</code>.
    </p>
  </details>
);

const RuleFields: FC<{ readonly rule: PolicyRule; readonly i: number; readonly check: PolicyCheck }> = ({
  rule,
  i,
  check,
}) => (
  <fieldset class="rule-fields" id={`rule-${i}`}>
    <legend class="visually-hidden">{rule.name}</legend>
    <div class="form columns">
      <label class="field">
        <span>Name</span>
        <input name={`rule.${i}.name`} value={rule.name} required maxlength={MAX_RULE_NAME} />
      </label>
      <label class="field">
        <span>Id, kept with decisions</span>
        <input
          class="mono"
          name={`rule.${i}.id`}
          value={rule.id}
          required
          maxlength={40}
          spellcheck={false}
        />
      </label>
      <label class="field whole">
        <span>When</span>
        <textarea
          class="mono"
          name={`rule.${i}.when`}
          rows={2}
          spellcheck={false}
          autocapitalize="none"
          autocomplete="off"
          placeholder={'currency == "EUR" && amount > 500 && country != "FR"'}
          data-expression="rule-names"
          hx-post={`/policy/check?rule=${i}`}
          hx-trigger="input changed delay:250ms"
          hx-target={`#check-${i}`}
          hx-swap="innerHTML"
        >
          {rule.when}
        </textarea>
      </label>
      <div class="whole" id={`check-${i}`} aria-live="polite">
        <ConditionCheck
          when={rule.when}
          problem={check.problems.find((problem) => problem.rule === rule.id)}
          doubt={check.doubts.get(rule.id)}
        />
      </div>
      <label class="field">
        <span>Then</span>
        <select name={`rule.${i}.effect`}>
          {EFFECT_CHOICES.map(([value, words]) => (
            <option value={value} selected={value === choiceOf(rule)}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Priority</span>
        <input
          type="number"
          name={`rule.${i}.priority`}
          min="0"
          max={String(MAX_PRIORITY)}
          value={String(rule.priority)}
          required
        />
      </label>
      <label class="field whole">
        <span>Why there is such a rule</span>
        <input name={`rule.${i}.reason`} value={rule.reason} maxlength={MAX_RULE_REASON} />
      </label>
    </div>
    <div class="form-actions">
      <label class="check">
        <input type="checkbox" name={`rule.${i}.enabled`} checked={rule.enabled} /> On
      </label>
      <label class="check">
        <input type="checkbox" name={`rule.${i}.shadow`} checked={rule.effect.kind === "shadow"} /> Only watch
      </label>
      <button type="submit" class="button" name="then" value={`remove-rule:${i}`} formnovalidate>
        Take it away
      </button>
    </div>
  </fieldset>
);

const ExampleFields: FC<{
  readonly example: PolicyExample;
  readonly i: number;
  readonly check: PolicyCheck;
}> = ({ example, i, check }) => {
  const result = check.examples[i];
  return (
    <fieldset class="rule-fields">
      <legend class="visually-hidden">{example.name}</legend>
      <div class="form columns">
        <label class="field">
          <span>Name of the example</span>
          <input name={`example.${i}.name`} value={example.name} required maxlength={80} />
        </label>
        <label class="field">
          <span>Must come out as</span>
          <select name={`example.${i}.action`}>
            {ACTIONS.map((action) => (
              <option value={action} selected={action === example.action}>
                {ACTION_NAME[action]}
              </option>
            ))}
          </select>
        </label>
        <label class="field whole">
          <span>Payment</span>
          <input
            class="mono"
            name={`example.${i}.payment`}
            value={paymentText(example.payment)}
            placeholder="amount=120, currency=EUR, country=BE, probability=0.2"
            spellcheck={false}
          />
        </label>
      </div>
      <div class="form-actions">
        <label class="check">
          <input type="checkbox" name={`example.${i}.review`} checked={example.review} /> Reviewed
        </label>
        {result && (
          <span class="tag" data-kind={result.passed ? "legitimate" : "fraud"}>
            {result.passed
              ? "passes"
              : `comes out as ${ACTION_NAME[result.decision.action]}${result.decision.review ? ", reviewed" : ""}`}
          </span>
        )}
        <button type="submit" class="button" name="then" value={`remove-example:${i}`} formnovalidate>
          Take it away
        </button>
      </div>
    </fieldset>
  );
};
