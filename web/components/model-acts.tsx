import type { Child, FC } from "hono/jsx";
import type { KnownModels } from "../../domain/model-care.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { sentence } from "./format.ts";
import { Notice } from "./notice.tsx";

/** What the forms ask for; pages/model-asked.ts makes requests of them. */
export const FORM_ACTS = [
  "promote",
  "challenge",
  "end_challenge",
  "shadow",
  "end_shadow",
  "roll_back",
  "retrain",
  "compare",
] as const;
export type FormAct = (typeof FORM_ACTS)[number];

/** What somebody typed, and why it was refused: their form is open again. */
export interface RefusedForm {
  readonly act: string;
  readonly model: string;
  readonly share: string;
  readonly reason: string;
  readonly refused: DomainError;
}

/** Says over a page that what was asked for on it was refused, and why. */
export const AskRefused: FC<{ readonly form: RefusedForm }> = ({ form: { refused } }) => (
  <Notice notice={{ kind: "problem", text: `Nothing was asked for. ${sentence(refused.message)}` }} />
);

interface ActProps {
  /** Where the form goes. */
  readonly to: string;
  readonly act: FormAct;
  readonly model?: string;
  /** On what opens the form. */
  readonly name: string;
  readonly says: Child;
  /** On the button that asks. */
  readonly button: string;
  readonly primary?: boolean;
  /** Of the cards, percent, where a share is asked for. */
  readonly share?: number;
  readonly refused?: RefusedForm | undefined;
}

/** One thing that can be asked for: unfolds to what it does, and asks for a reason. */
export const ModelAct: FC<ActProps> = ({
  to,
  act,
  model = "",
  name,
  says,
  button,
  primary = false,
  share,
  refused,
}) => {
  const own = refused?.act === act && refused.model === model ? refused : undefined;
  const wrong = (field: string): string | undefined =>
    own?.refused.violations.find((violation) => violation.field === field)?.description;
  return (
    <details open={own !== undefined}>
      <summary class={`button${primary ? " primary" : ""}`}>{name}</summary>
      <form method="post" action={to}>
        <input type="hidden" name="act" value={act} />
        {model !== "" && <input type="hidden" name="model" value={model} />}
        <p class="small soft">{says}</p>
        {share !== undefined && (
          <label class="field">
            <span>Share of the cards, percent</span>
            <input
              type="number"
              name="share"
              min="1"
              max="50"
              step="any"
              required
              inputmode="decimal"
              value={own?.share ?? String(share)}
            />
            {wrong("share") && <span class="field-wrong">{sentence(`it ${wrong("share")}`)}</span>}
          </label>
        )}
        <label class="field">
          <span>Reason</span>
          <textarea name="reason" rows={2} required maxlength={500} aria-invalid={wrong("reason") && "true"}>
            {own?.reason ?? ""}
          </textarea>
          {wrong("reason") && <span class="field-wrong">{sentence(wrong("reason") ?? "")}</span>}
        </label>
        <button type="submit" class="button primary">
          {button}
        </button>
      </form>
    </details>
  );
};

interface VersionActsProps {
  readonly to: string;
  readonly model: string;
  readonly known: KnownModels;
  readonly refused?: RefusedForm | undefined;
}

/** What can be asked for a version, by the part it has now. */
export const VersionActs: FC<VersionActsProps> = ({ to, model, known, refused }) => {
  const { champion, challenger, shadows } = known;
  if (model === champion) return <span class="faint">decides now</span>;
  const own = challenger?.model === model ? challenger : undefined;
  const shared = { to, model, refused };
  return (
    <div class="model-acts">
      <ModelAct
        {...shared}
        act="promote"
        name="Promote"
        says={`It decides in place of ${champion}, once it has passed the gate.`}
        button={`Promote ${model}`}
      />
      <ModelAct
        {...shared}
        act="challenge"
        name={own ? "Change share" : "Make challenger"}
        says={
          challenger && !own
            ? `It decides for this share of the cards, in place of ${challenger.model}.`
            : "It decides for this share of the cards."
        }
        button={own ? "Change its share" : `Make ${model} challenger`}
        share={own ? Number((own.share * 100).toFixed(2)) : 5}
      />
      {own && (
        <ModelAct
          {...shared}
          act="end_challenge"
          name="Stop challenging"
          says="The champion decides for all cards."
          button={`Stop ${model}`}
        />
      )}
      {shadows.includes(model) ? (
        <ModelAct
          {...shared}
          act="end_shadow"
          name="Stop shadowing"
          says="It scores no more payments."
          button={`Stop ${model}`}
        />
      ) : (
        !own && (
          <ModelAct
            {...shared}
            act="shadow"
            name="Shadow"
            says="It scores every payment and decides none."
            button={`Have ${model} shadow`}
          />
        )
      )}
    </div>
  );
};
