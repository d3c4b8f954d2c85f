import type { FC } from "hono/jsx";
import type { RuleHit } from "../../domain/policy/rules.ts";
import { ACTION_NAME } from "./format.ts";

/** What a rule did to a payment, in a few words. */
function whatItDid({ kind, from, to, review }: RuleHit): string {
  const change = from === to ? null : `${ACTION_NAME[from]} → ${ACTION_NAME[to]}`;
  if (kind === "failed") return "could not be evaluated and changed nothing";
  if (kind === "shadow") {
    const would = change ?? (review ? "sent it to review" : null);
    return would ? `only watches; it would have: ${would}` : "only watches; it would have changed nothing";
  }
  if (review) return "sent it to review";
  return change ?? `changed nothing: it was ${ACTION_NAME[from]} already`;
}

/** The rules of the policy that fired for a payment; nothing where none did. */
export const RuleHits: FC<{ readonly hits: readonly RuleHit[] }> = ({ hits }) =>
  hits.length === 0 ? null : (
    <ul class="rule-hits" aria-label="Rules that fired">
      {hits.map((hit) => (
        <li data-kind={hit.kind}>
          <span class="strong">{hit.name}</span> <span class="faint mono small">{hit.rule}</span>
          <br />
          <span class="soft small">{whatItDid(hit)}</span>
        </li>
      ))}
    </ul>
  );
