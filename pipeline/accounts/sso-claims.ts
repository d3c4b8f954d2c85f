/** What a provider says of somebody, from outside: anything. */
type Claims = Readonly<Record<string, unknown>>;

const MOST_GROUPS = 10_000;

/**
 * Somebody's groups.
 *
 * @param claim a claim's whole name (`groups`, `https://bank.example/groups`), or the way to one inside another
 *   (`realm_access.roles`)
 * @returns none where the claim is not there or holds something else
 */
export function groupsIn(claims: Claims, claim: string): string[] {
  let found: unknown = claims[claim];
  if (found === undefined) {
    found = claims;
    for (const step of claim.split(".")) found = isRecord(found) ? found[step] : undefined;
  }
  if (typeof found === "string") return [found];
  if (!Array.isArray(found)) return [];
  return found.slice(0, MOST_GROUPS).filter((group) => typeof group === "string");
}

/** Those of the claims that are texts, in this order. */
export function textsIn(claims: Claims, ...names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const text = claims[name];
    return typeof text === "string" && text.trim() !== "" ? [text] : [];
  });
}

function isRecord(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
