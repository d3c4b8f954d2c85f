import type { FC } from "hono/jsx";
import type { Assignee } from "../../pipeline/review/assign.ts";
import { caseHref, type WorkTier } from "./case-links.ts";

interface AssignProps {
  readonly caseId: number;
  /** What they sign in as whose case it is. */
  readonly assignedTo: string | null;
  readonly assignees: readonly Assignee[];
  readonly tier: WorkTier;
}

/** Whose case it is, for leads to change. */
export const Assign: FC<AssignProps> = ({ caseId, assignedTo, assignees, tier }) => {
  const gone = assignedTo !== null && !assignees.some(({ name }) => name === assignedTo);
  return (
    <div id="assign-case" class="set-aside">
      <details id="assign">
        <summary>{assignedTo === null ? "Assign to a person" : `Assigned to ${assignedTo}`}</summary>
        <form method="post" action={caseHref(caseId, tier, "assign")}>
          <label class="field">
            Whose case is it?
            <select name="to" hx-morph-skip>
              <option value="" selected={assignedTo === null}>
                nobody's
              </option>
              {gone && (
                <option value="" disabled selected>
                  {assignedTo}, who decides no cases now
                </option>
              )}
              {assignees.map(({ name, displayName }) => (
                <option value={name} selected={name === assignedTo}>
                  {displayName === null || displayName === name ? name : `${displayName} (${name})`}
                </option>
              ))}
            </select>
          </label>
          <button type="submit" class="button">
            Assign it
          </button>
        </form>
      </details>
    </div>
  );
};
