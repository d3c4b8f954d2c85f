/** What people are here, from the least to the most trusted with other people's work. */
export const ROLES = ["viewer", "analyst", "lead", "manager", "data_scientist", "auditor", "admin"] as const;
export type Role = (typeof ROLES)[number];

export function isRole(text: unknown): text is Role {
  return (ROLES as readonly unknown[]).includes(text);
}

/** A role as people read it. */
export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  viewer: "viewer",
  analyst: "analyst",
  lead: "lead",
  manager: "risk manager",
  data_scientist: "data scientist",
  auditor: "auditor",
  admin: "admin",
};

interface RightRow {
  /** What it lets one do, as the docs and a refusal say it. */
  readonly allows: string;
  /** Whom it is given to; an API key is given rights one by one, as scopes. */
  readonly roles: readonly Role[];
  /** A second person with the right must agree before it takes effect. */
  readonly fourEyes?: true;
  /** Whoever acts must have proved who they are within the last minutes. */
  readonly stepUp?: true;
  /** May not be given to an API key. */
  readonly peopleOnly?: true;
}

const EVERYBODY = ROLES;
const REVIEWERS: readonly Role[] = ["analyst", "lead", "manager", "admin"];

/**
 * Right × role: the one table that pages, API, gRPC, keys and docs read. Every route names its right.
 * Roles do not contain each other: a manager is no admin, an auditor changes nothing.
 */
export const RIGHTS = {
  "figures.read": { allows: "see the dashboard, the figures and the business impact", roles: EVERYBODY },
  "truth.read": {
    allows: "see what a simulation or a replayed file knows to be true, which answers an analyst's question",
    roles: ["lead", "manager", "data_scientist", "auditor", "admin"],
    peopleOnly: true,
  },
  "transactions.read": { allows: "see transactions and their decisions", roles: EVERYBODY },
  "reviews.read": { allows: "see the review queue and its cases", roles: EVERYBODY },
  "reviews.decide": { allows: "claim a case and give a verdict", roles: REVIEWERS },
  "reviews.supervise": {
    allows:
      "take over or release a case that somebody else holds, assign cases, decide what was escalated, correct others' verdicts, and close linked cases together",
    roles: ["lead", "manager", "admin"],
  },
  "reviews.bulk": {
    allows: "assign, put off, escalate and close many cases at once",
    roles: ["lead", "manager", "admin"],
  },
  "transactions.score": {
    allows: "score a transaction without recording it",
    roles: [...REVIEWERS, "data_scientist"],
  },
  "transactions.record": { allows: "hand over transactions to be decided and recorded", roles: REVIEWERS },
  "labels.import": {
    allows: "bring in chargebacks, which say what payments turned out to be",
    roles: ["lead", "manager", "admin"],
  },
  "decisions.explain": {
    allows: "ask the scorer what moved a score",
    roles: [...REVIEWERS, "data_scientist"],
  },
  "models.manage": {
    allows: "promote models, set shares and shadows",
    roles: ["data_scientist", "admin"],
    stepUp: true,
  },
  "policy.read": { allows: "see the policy, its versions and its lists", roles: EVERYBODY },
  "policy.write": {
    allows: "write versions of the policy, try them on past decisions and propose them",
    roles: ["lead", "manager", "data_scientist", "admin"],
    peopleOnly: true,
  },
  "policy.lists": {
    allows: "put values on the policy's lists and take them off, which acts at once",
    roles: ["lead", "manager", "admin"],
    stepUp: true,
    peopleOnly: true,
  },
  "policy.activate": {
    allows: "agree to a version of the policy that somebody else proposed, so that it decides",
    roles: ["manager", "admin"],
    fourEyes: true,
    stepUp: true,
    peopleOnly: true,
  },
  "operations.read": {
    allows: "read the figures for monitoring and what each part waits for",
    roles: ["lead", "manager", "data_scientist", "auditor", "admin"],
  },
  "operations.act": {
    allows:
      "hand dead letters in again or put them aside; acknowledge alerts; pause, resume and drain queues",
    roles: ["manager", "admin"],
    stepUp: true,
  },
  "alerts.manage": {
    allows: "say which alerts there are, when they fire, and where they go",
    roles: ["manager", "admin"],
    stepUp: true,
  },
  "audit.read": { allows: "read and search the audit log", roles: ["auditor", "admin"] },
  "audit.export": {
    allows: "take the audit log out as a file",
    roles: ["auditor", "admin"],
    stepUp: true,
  },
  "data.export": {
    allows: "take decisions, cases, labels and the transaction log out as files",
    roles: ["lead", "manager", "data_scientist", "auditor", "admin"],
    stepUp: true,
  },
  "data.retention": {
    allows: "see what is kept until when, and drop and redact now what is old enough",
    roles: ["manager", "admin"],
    stepUp: true,
    peopleOnly: true,
  },
  "privacy.export": {
    allows: "see how much is held about one person, and take it out as a file",
    roles: ["manager", "auditor", "admin"],
    stepUp: true,
  },
  "data.hold": {
    allows: "put and lift legal holds, which keep data from being dropped, redacted or erased",
    roles: ["auditor", "admin"],
    stepUp: true,
    peopleOnly: true,
  },
  "data.erase": {
    allows: "ask for one person's data to be erased, and agree to what somebody else asked for",
    roles: ["manager", "admin"],
    fourEyes: true,
    stepUp: true,
    peopleOnly: true,
  },
  "webhooks.manage": {
    allows: "say which servers are told of decisions, cases and verdicts, and send them what failed again",
    roles: ["manager", "admin"],
    stepUp: true,
  },
  "accounts.manage": {
    allows: "invite people, change roles, disable accounts, end sessions",
    roles: ["admin"],
    stepUp: true,
    peopleOnly: true,
  },
  "accounts.make_admin": {
    allows: "make somebody an admin",
    roles: ["admin"],
    fourEyes: true,
    stepUp: true,
    peopleOnly: true,
  },
  "keys.manage": {
    allows: "make, rotate and revoke API keys",
    roles: ["admin"],
    stepUp: true,
    peopleOnly: true,
  },
} as const satisfies Record<string, RightRow>;

export type Right = keyof typeof RIGHTS;

/** Every right, in the table's order. */
export const ALL_RIGHTS = Object.keys(RIGHTS) as readonly Right[];

/** One row of the table. */
export function rightRow(right: Right): RightRow {
  return RIGHTS[right];
}

/** What `role` may do. */
export function rightsOf(role: Role): readonly Right[] {
  return ALL_RIGHTS.filter((right) => rightRow(right).roles.includes(role));
}

/** What an API key may be given as a scope. */
export const SCOPES: readonly Right[] = ALL_RIGHTS.filter((right) => !rightRow(right).peopleOnly);
