import { isRole, ROLES, type Role } from "../../domain/rights.ts";

/** What members of a group at the identity provider are here. */
export interface GroupRole {
  readonly group: string;
  readonly role: Role;
}

/**
 * Reads `fraud-leads=lead,fraud-analysts=analyst`. A role follows the last `=`, so that a group may be called
 * `CN=Fraud`; a comma of a group's name is written `\,`.
 *
 * @returns the pairs in the order in which they count, or what is wrong with the text
 */
export function parseGroupRoles(text: string): readonly GroupRole[] | { readonly wrong: string } {
  const pairs: GroupRole[] = [];
  for (const written of text.match(/(?:\\,|[^,])+/g) ?? []) {
    const entry = written.trim().replaceAll("\\,", ",");
    if (entry === "") continue;
    const at = entry.lastIndexOf("=");
    const [group, role] = [entry.slice(0, Math.max(at, 0)).trim(), entry.slice(at + 1).trim()];
    if (group === "") return { wrong: `"${entry}" must be GROUP=ROLE` };
    if (!isRole(role)) return { wrong: `"${role}" is no role: ${ROLES.join(", ")}` };
    if (pairs.some((pair) => pair.group === group)) return { wrong: `the group "${group}" is there twice` };
    pairs.push({ group, role });
  }
  return pairs.length > 0 ? pairs : { wrong: "must have at least one GROUP=ROLE" };
}

/**
 * The role of somebody with these groups: that of the first pair whose group they are in, so that whoever writes the
 * list says which of two counts. Roles have no order of their own: an auditor is no more and no less than a manager.
 *
 * @param groups as the provider spells them; the spelling counts
 * @returns null where no pair's group is among them
 */
export function roleOfGroups(pairs: readonly GroupRole[], groups: readonly string[]): GroupRole | null {
  return pairs.find(({ group }) => groups.includes(group)) ?? null;
}
