import type { PolicyDecision } from "../../domain/policy/decide.ts";
import { encodePolicyFields } from "./encode-response.ts";

const known = new WeakMap<PolicyDecision, Buffer>();

/** What an answer says of the policy besides rules; of a payment that no rule fired for it is encoded once for each tier. */
export function policyFields(decision: PolicyDecision): Buffer {
  if (decision.rules.length > 0) return encodePolicyFields(decision);
  let found = known.get(decision);
  if (!found) {
    found = encodePolicyFields(decision);
    known.set(decision, found);
  }
  return found;
}

/** The longest of what {@link policyFields} gives for a policy. @param outcomes by tier, before any rule */
export function longestPolicyFields(outcomes: readonly PolicyDecision[]): Buffer {
  const encoded = outcomes.map((outcome) => encodePolicyFields({ ...outcome, review: true }));
  return encoded.reduce((longest, one) => (one.length > longest.length ? one : longest), Buffer.alloc(0));
}
