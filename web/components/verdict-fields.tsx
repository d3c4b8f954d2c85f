import type { FC } from "hono/jsx";
import { VERDICT_KINDS, VERDICTS, type Verdict } from "../../domain/verdicts.ts";
import { KIND_NAME, VERDICT_NAME } from "./format.ts";

/** A verdict and what it is more closely, as fields `verdict` and `kind` of a form. */
export const VerdictFields: FC<{ readonly chosen?: Verdict | undefined }> = ({ chosen }) => (
  <>
    <label class="field">
      Verdict
      <select name="verdict">
        {VERDICTS.map((verdict) => (
          <option value={verdict} selected={verdict === chosen}>
            {VERDICT_NAME[verdict]}
          </option>
        ))}
      </select>
    </label>
    <KindField />
  </>
);

/** What a verdict is more closely, by verdict: the field `kind`. */
export const KindField: FC = () => (
  <label class="field">
    Kind
    <select name="kind">
      <option value="">not said</option>
      {VERDICTS.map((verdict) => (
        <optgroup label={VERDICT_NAME[verdict]}>
          {VERDICT_KINDS[verdict].map((kind) => (
            <option value={kind}>{KIND_NAME[kind]}</option>
          ))}
        </optgroup>
      ))}
    </select>
  </label>
);
