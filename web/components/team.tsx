import type { FC } from "hono/jsx";
import { ROLE_NAMES, ROLES, type Role } from "../../domain/rights.ts";

/** One of the roles. */
export const RoleChoice: FC<{ readonly chosen: Role }> = ({ chosen }) => (
  <div class="field">
    <label for="role">Role</label>
    <select id="role" name="role">
      {ROLES.map((role) => (
        <option value={role} selected={role === chosen}>
          {ROLE_NAMES[role]}
        </option>
      ))}
    </select>
  </div>
);

/** A link that is shown once, with a button to copy it. */
export const ShownLink: FC<{ readonly link: string }> = ({ link }) => (
  <div class="copy">
    <input id="shown-link" class="mono" value={link} readonly aria-label="The link" />
    <button type="button" class="button" data-copy="shown-link">
      Copy
    </button>
  </div>
);
