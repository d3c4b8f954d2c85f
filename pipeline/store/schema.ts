import type { ColumnType, Generated, JSONColumnType, Selectable } from "kysely";

/** The tables as Kysely sees them; pipeline/store/migrations makes them. Timestamps are timestamptz. */
export interface Database {
  decisions: DecisionsTable;
  counters: CountersTable;
  counters_by_minute: CountersByMinuteTable;
  review_cases: ReviewCasesTable;
  review_events: ReviewEventsTable;
  labels: LabelsTable;
  dead_letters: DeadLettersTable;
  users: UsersTable;
  sessions: SessionsTable;
  sign_in_tokens: SignInTokensTable;
}

export type RiskTier = "low" | "medium" | "high" | "critical";
export const RISK_TIERS = ["low", "medium", "high", "critical"] as const satisfies readonly RiskTier[];
export type Action = "approve" | "monitor" | "verify" | "block";
export type Verdict = "fraud" | "legitimate";
/** Where transactions come from by our own doors. Whoever writes into the queue may name another source. */
export const KNOWN_SOURCES = ["simulator", "replay", "api", "grpc"] as const;
export type Role = "viewer" | "analyst" | "admin";

type Timestamp = ColumnType<Date, Date | string, Date | string>;
type CreatedAt = ColumnType<Date, Date | string | undefined, never>;
type Count = Generated<number>;

/** One reason of a decision, as stored with its case. */
export interface StoredReason {
  readonly code: string;
  readonly feature: string;
  readonly value: number;
  readonly contribution: number;
  readonly text: string;
}

/** One row for each transaction ever decided; transaction_id is the idempotency key. */
export interface DecisionsTable {
  /** Order of arrival: what pages and "last 10" sort by. */
  seq: Generated<number>;
  transaction_id: string;
  /** One of {@link KNOWN_SOURCES}, or the label a producer of the queue gave. */
  source: string;
  event_time: Timestamp;
  decided_at: CreatedAt;
  /** Seconds, the model's Time. */
  time_seconds: number;
  v: ColumnType<number[], number[], never>;
  amount: number;
  /** ISO 4217; null when the payment came without one. */
  currency: string | null;
  card_token: string | null;
  merchant_id: string | null;
  merchant_category: string | null;
  country: string | null;
  channel: string | null;
  fraud_probability: number;
  risk_tier: RiskTier;
  action: Action;
  fraud_predicted: boolean;
  model_name: string;
  model_version: string;
  /** What the source knows to be true (simulator, replayed labels); null where nobody knows. */
  truth: boolean | null;
}

/** Sums over the decisions of one tier. `truth_*` count only decisions whose truth is known. */
interface TierSums {
  risk_tier: RiskTier;
  transactions: Count;
  fraud_predicted: Count;
  /** Decisions whose truth is known. */
  truth_known: Count;
  /** … and is fraud. */
  truth_fraud: Count;
  /** … is fraud and was predicted. */
  true_positives: Count;
  /** … is legitimate and was predicted fraud. */
  false_positives: Count;
}

/** Running totals: a row for each tier and currency that occurred. */
export interface CountersTable extends TierSums {
  /** Empty where the payments came without one. */
  currency: string;
  /** Exact, in units of the currency. */
  amount: ColumnType<string, number | string | undefined, number | string>;
}

/** Sums per tier and minute of decided_at, for charts. */
export interface CountersByMinuteTable extends TierSums {
  minute: Timestamp;
}

/** One case for each High or Critical decision. */
export interface ReviewCasesTable {
  case_id: Generated<number>;
  transaction_id: string;
  risk_tier: RiskTier;
  fraud_probability: number;
  amount: number;
  /** The decision's, so that the amount never stands without it. */
  currency: string | null;
  status: "open" | "decided";
  opened_at: CreatedAt;
  /** When the decision is due: the SLA. */
  due_at: Timestamp;
  /** Set once, when due_at passed with the case still open. */
  escalated_at: Timestamp | null;
  /** The lease: who works on it and until when. */
  claimed_by: string | null;
  claimed_until: Timestamp | null;
  reasons: JSONColumnType<StoredReason[]>;
  verdict: Verdict | null;
  note: string | null;
  decided_by: string | null;
  decided_at: Timestamp | null;
}

/** The audit trail of a case; rows are only ever added. */
export interface ReviewEventsTable {
  event_id: Generated<number>;
  case_id: number;
  at: CreatedAt;
  actor: string;
  kind: "opened" | "claimed" | "released" | "decided" | "escalated";
  detail: JSONColumnType<Record<string, unknown>>;
}

/** What a transaction turned out to be; the last word wins, kept for retraining and honest metrics. */
export interface LabelsTable {
  transaction_id: string;
  label: Verdict;
  source: "analyst" | "truth" | "chargeback";
  labelled_by: string;
  labelled_at: Timestamp;
}

/** What could not be decided and why; an operator's place to look. Text that could be a card number is masked. */
export interface DeadLettersTable {
  dead_letter_id: Generated<number>;
  queue: string;
  job_id: string;
  /** Index in the job's chunk; -1 for a whole job. */
  position: number;
  transaction_id: string | null;
  source: string | null;
  error_code: string;
  error: string;
  payload: JSONColumnType<object>;
  at: CreatedAt;
}

export interface UsersTable {
  user_id: Generated<number>;
  name: string;
  role: Role;
  created_at: CreatedAt;
}

/** Tokens are stored as SHA-256, hex; the token itself is only with the browser. */
export interface SessionsTable {
  token_hash: string;
  user_id: number;
  created_at: CreatedAt;
  expires_at: Timestamp;
}

/** One-time sign-in links. */
export interface SignInTokensTable {
  token_hash: string;
  user_id: number;
  created_at: CreatedAt;
  expires_at: Timestamp;
  used_at: Timestamp | null;
}

export type Decision = Selectable<DecisionsTable>;
export type ReviewCase = Selectable<ReviewCasesTable>;
export type ReviewEvent = Selectable<ReviewEventsTable>;
