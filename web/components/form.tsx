import type { Child, FC } from "hono/jsx";
import type { DomainError } from "../../platform/process/errors.ts";
import { sentence } from "./format.ts";

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly type?: "text" | "password" | "email";
  readonly value?: string | null | undefined;
  /** What a password manager or the browser may fill in (HTML's autofill names). */
  readonly autocomplete: string;
  readonly hint?: Child;
  readonly required?: boolean;
  readonly autofocus?: boolean;
  readonly maxlength?: number;
  readonly inputmode?: "numeric";
  /** What was refused: said beside the field that it names. */
  readonly refused?: DomainError | undefined;
}

/** A labelled field with what it wants and what was wrong with it. */
export const Field: FC<FieldProps> = ({ label, name, type = "text", value, hint, refused, ...rest }) => {
  const wrong = refused?.violations.find(({ field }) => field === name);
  const said = [hint && !wrong && `${name}-hint`, wrong && `${name}-wrong`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {type === "password" && (
        <button type="button" class="reveal" data-reveal={name} aria-pressed="false" hidden>
          Show
        </button>
      )}
      <input
        id={name}
        name={name}
        type={type}
        value={value ?? undefined}
        aria-invalid={wrong ? "true" : undefined}
        aria-describedby={said === "" ? undefined : said}
        spellcheck={false}
        autocapitalize="none"
        {...rest}
      />
      {wrong && (
        <p id={`${name}-wrong`} class="field-wrong">
          {sentence(`it ${wrong.description}`)}
        </p>
      )}
      {hint && !wrong && (
        <p id={`${name}-hint`} class="field-hint">
          {hint}
        </p>
      )}
    </div>
  );
};

/** What was refused as a whole; what a field names is said beside the field. */
export const Refused: FC<{ readonly refused: DomainError | undefined }> = ({ refused }) =>
  refused === undefined || refused.violations.length > 0 ? null : (
    <p class="refused" role="alert">
      {sentence(refused.message)}
    </p>
  );

/** A new password, twice. */
export const NewPassword: FC<{ readonly refused?: DomainError | undefined; readonly label?: string }> = ({
  refused,
  label = "Password",
}) => (
  <>
    <Field
      label={label}
      name="password"
      type="password"
      autocomplete="new-password"
      required
      hint="At least 12 characters. A few words that do not belong together make a good one."
      refused={refused}
    />
    <Field
      label="The same again"
      name="again"
      type="password"
      autocomplete="new-password"
      required
      refused={refused}
    />
  </>
);
