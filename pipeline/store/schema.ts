import type { ColumnType, Generated, JSONColumnType, Selectable } from "kysely";
import type { Action } from "../../domain/actions.ts";
import type { Actor } from "../../domain/actors.ts";
import type {
  AlertEvent,
  AlertKind,
  AlertSeverity,
  AlertState,
  ChannelKind,
  MessageState,
} from "../../domain/alerts.ts";
import type { Entities, Fields } from "../../domain/entities.ts";
import type { Conversion } from "../../domain/exchange.ts";
import type { ModelSchema } from "../../domain/features/definition.ts";
import type { DecisionPolicy } from "../../domain/policy/decision-policy.ts";
import type { ListKind } from "../../domain/policy/lists.ts";
import type { RuleHit } from "../../domain/policy/rules.ts";
import type { Reason } from "../../domain/reasons.ts";
import type { CaseEvent, CaseSelection, CaseStatus } from "../../domain/review-cases.ts";
import type { Right, Role } from "../../domain/rights.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import type { ContextColumn } from "../../domain/transaction.ts";
import type { FollowUp, Label, LabelSource, Verdict, VerdictKind } from "../../domain/verdicts.ts";
import type { WatchReport } from "../../domain/watch.ts";
import type { DeliveryState, SentEvent, WebhookEvent } from "../../domain/webhooks.ts";
import type {
  KnownModelsTable,
  ModelComparisonsTable,
  ModelRequestsTable,
  TrainingRunsTable,
} from "./model-tables.ts";
import type { QueueViewsTable } from "./queue-view-table.ts";

/** The tables as Kysely sees them; pipeline/store/migrations makes them. Timestamps are timestamptz. */
export interface Database {
  decisions: DecisionsTable;
  transaction_keys: TransactionKeysTable;
  imported_transactions: ImportedTransactionsTable;
  counter_deltas: CounterDeltasTable;
  counters_total: CountersTotalTable;
  counters_by_day: CountersByDayTable;
  counters_by_minute: CountersByMinuteTable;
  counters_dropped: CountersDroppedTable;
  counters_dropped_total: CountersDroppedTotalTable;
  review_cases: ReviewCasesTable;
  review_events: ReviewEventsTable;
  queue_views: QueueViewsTable;
  labels: LabelsTable;
  outbox: OutboxTable;
  leases: LeasesTable;
  exchange_rates: ExchangeRatesTable;
  audit_log: AuditLogTable;
  audit_head: AuditHeadTable;
  dead_letters: DeadLettersTable;
  users: UsersTable;
  sessions: SessionsTable;
  sign_in_tokens: SignInTokensTable;
  invitations: InvitationsTable;
  passkeys: PasskeysTable;
  sso_identities: SsoIdentitiesTable;
  pending_approvals: PendingApprovalsTable;
  api_keys: ApiKeysTable;
  policies: PoliciesTable;
  policy_lists: PolicyListsTable;
  policy_list_entries: PolicyListEntriesTable;
  policy_state: PolicyStateTable;
  policy_back_tests: PolicyBackTestsTable;
  model_inputs: ModelInputsTable;
  watch_reports: WatchReportsTable;
  model_requests: ModelRequestsTable;
  training_runs: TrainingRunsTable;
  model_comparisons: ModelComparisonsTable;
  known_models: KnownModelsTable;
  legal_holds: LegalHoldsTable;
  erasures: ErasuresTable;
  redaction_progress: RedactionProgressTable;
  redaction_left: RedactionLeftTable;
  privacy_key: PrivacyKeyTable;
  alerts: AlertsTable;
  alert_channels: AlertChannelsTable;
  alert_conditions: AlertConditionsTable;
  alert_settings: AlertSettingsTable;
  alert_messages: AlertMessagesTable;
  alert_notices: AlertNoticesTable;
  alert_readings: AlertReadingsTable;
  webhook_endpoints: WebhookEndpointsTable;
  webhook_deliveries: WebhookDeliveriesTable;
}

type Timestamp = ColumnType<Date, Date | string, Date | string>;
type CreatedAt = ColumnType<Date, Date | string | undefined, never>;
type Count = Generated<number>;
/** Whole minor units of one payment. */
type MinorUnits = ColumnType<number, number | string | bigint, never>;
/** A sum of minor units: exact, as the digits PostgreSQL sends. */
type MinorSum = ColumnType<string, number | string | bigint | undefined, number | string | bigint>;
type ActorColumn = ColumnType<Actor, string, string>;
type OptionalActor = ColumnType<Actor | null, string | null | undefined, string | null>;

/**
 * One row for each transaction ever decided and not yet dropped by retention, in monthly partitions of `decided_at`
 * (UTC). {@link TransactionKeysTable} makes transaction_id unique.
 */
export interface DecisionsTable extends Record<ContextColumn, string | null> {
  /** Order of arrival, with decided_at before it: what lists sort by. */
  seq: Generated<number>;
  decided_at: CreatedAt;
  transaction_id: string;
  /** One of domain/sources.ts, or the label a producer of the queue gave. */
  source: string;
  event_time: Timestamp;
  /** Seconds, the model's Time; null for payments of a team's own. */
  time_seconds: number | null;
  /** V1…V28 of the anonymised schema; null for payments of a team's own. */
  v: ColumnType<number[] | null, number[] | null, never>;
  amount_minor: MinorUnits;
  /** ISO 4217. */
  currency: string;
  /** A team's own fields and entities, as they were given. */
  fields: ColumnType<Fields | null, string | null, never>;
  entities: ColumnType<Entities | null, string | null, never>;
  /** What the model read, in the order of {@link ModelInputsTable}'s columns; null where that is `v`, or is not known. */
  features: ColumnType<(number | null)[] | null, (number | null)[] | null | undefined, never>;
  /** The feature store was away: aggregates are what the model's schema says of no payments. */
  without_history: Generated<boolean>;
  fraud_probability: number;
  risk_tier: RiskTier;
  action: Action;
  /** Whether the policy sent it to people: there is a case then. */
  review: boolean;
  fraud_predicted: boolean;
  model_name: string;
  model_version: string;
  policy_version: string;
  /** The rules that fired or failed and what each changed; null where none did. */
  rules: ColumnType<RuleHit[] | null, string | null | undefined, never>;
  /** Names in `fields` that the model read nothing of; null where it read them all, or declares none. */
  unknown_fields: ColumnType<string[] | null, string | null | undefined, never>;
  /** How the model read the amount; null where that was in the model's currency. */
  conversion: ColumnType<Conversion | null, string | null | undefined, never>;
  /** What a job's producer said that nobody reads; null where there was nothing. */
  extra: ColumnType<Record<string, unknown> | null, string | null | undefined, never>;
  /** What the source knows to be true (simulator, replayed labels); null where nobody knows. */
  truth: boolean | null;
  /** When what identifies somebody was taken out of the row; null where it is whole. */
  redacted_at: ColumnType<Date | null, Date | string | null | undefined, Date | string>;
}

/** What versions of models read, by name: said once for each, as a version never changes. */
export interface ModelInputsTable {
  model_name: string;
  model_version: string;
  /** The numbers of the graph in order. */
  columns: string[];
  /** Null for a model without one. */
  schema: ColumnType<ModelSchema | null, string | null, never>;
  seen_at: CreatedAt;
}

/** What watching the payments said, by the time it was said. */
export interface WatchReportsTable {
  at: Timestamp;
  report: JSONColumnType<WatchReport>;
}

/** Every transaction id once, with what makes a repeat a repeat, and where its decision lies. */
export interface TransactionKeysTable {
  transaction_id: string;
  /** First 16 bytes of SHA-256 over the content as sent; null for what an earlier version recorded. */
  content_hash: Buffer | null;
  decided_at: Timestamp;
  seq: number;
}

/**
 * Payments of the past, brought in from files: for training and aggregates alone. Where the same id was decided as well,
 * the decision is the one that counts.
 */
export interface ImportedTransactionsTable {
  /** Order of the file, behind the event's time. */
  seq: ColumnType<number, never, never>;
  transaction_id: string;
  /** What makes a repeat a repeat: pipeline/record/content-hash.ts over what the file says, its label left out. */
  content_hash: Buffer;
  imported_at: CreatedAt;
  /** Of the schema that it was read by. */
  schema_name: string;
  event_time: Timestamp;
  /** With its currency; null where the schema has no amount. */
  amount_minor: ColumnType<number | null, number | string | null, never>;
  currency: string | null;
  /** All other fields by the schema's names, the contract's among them; moments as ISO 8601. */
  fields: ColumnType<Fields | null, string | null, never>;
  entities: ColumnType<Entities | null, string | null, never>;
  /** Null while nobody knows. */
  is_fraud: boolean | null;
  /** From when on the label was known; may lie ahead. */
  label_known_at: Timestamp | null;
  redacted_at: ColumnType<Date | null, Date | string | null | undefined, Date | string>;
}

/** Sums over the decisions of one tier and over what became of their cases. `truth_*` where the truth is known. */
interface Sums {
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
  /** Cases opened with the decision. */
  cases_opened: Count;
  /** Cases that passed their SLA undecided, at that time. */
  cases_escalated: Count;
  /** Verdicts, at the time they were given. */
  verdicts_fraud: Count;
  verdicts_legitimate: Count;
}

interface MoneySums extends Sums {
  risk_tier: RiskTier;
  /** ISO 4217. */
  currency: string;
  amount_minor: MinorSum;
}

/** What was counted and not folded yet: appended by whoever records, taken by the one who folds. Never updated. */
export interface CounterDeltasTable extends MoneySums {
  delta_id: Generated<number>;
  minute: Timestamp;
}

/** Everything ever counted and folded, a row for each tier and currency. Written by the one who folds alone. */
export interface CountersTotalTable extends MoneySums {}

/** … per day in UTC. A closed day was compared with its rows and stays as it is, also when they are dropped. */
export interface CountersByDayTable extends MoneySums {
  /** "2026-11-26" */
  day: ColumnType<Date, string | Date, never>;
  closed_at: Timestamp | null;
}

/** … per minute, all currencies together, for charts; kept for 92 days. */
export interface CountersByMinuteTable extends Sums {
  minute: Timestamp;
  risk_tier: RiskTier;
}

/** What was done to cases that retention dropped, by the minute it was done: what rows say, and this, is what is counted. */
export interface CountersDroppedTable
  extends Pick<Sums, "cases_escalated" | "verdicts_fraud" | "verdicts_legitimate"> {
  minute: Timestamp;
  risk_tier: RiskTier;
  /** ISO 4217. */
  currency: string;
}

/** How many decided cases retention dropped. */
export interface CountersDroppedTotalTable {
  risk_tier: RiskTier;
  verdicts: Count;
}

/** One case for each decision that the policy sends to people. */
export interface ReviewCasesTable {
  case_id: Generated<number>;
  transaction_id: string;
  /** Where the decision lies: its partition and place. */
  decision_at: Timestamp;
  decision_seq: number;
  risk_tier: RiskTier;
  fraud_probability: number;
  amount_minor: MinorUnits;
  /** The decision's, so that the amount never stands without it. */
  currency: string;
  /** What the case is worth looking at (pipeline/review/worth.ts): the order of the queue, without a unit. */
  priority: number;
  status: Generated<CaseStatus>;
  opened_at: CreatedAt;
  /** When the verdict is due: the SLA. */
  due_at: Timestamp;
  /** Set once, when due_at passed with the case still open. */
  escalated_at: Timestamp | null;
  /** The lease: who works on it and until when. */
  claimed_by: OptionalActor;
  claimed_until: Timestamp | null;
  /** Grows with every new holder; a page that shows an older one is out of date. */
  token: Generated<number>;
  /** Not the next case for anybody until then. */
  snoozed_until: Timestamp | null;
  /** Since when it waits for somebody who leads. */
  referred_at: Timestamp | null;
  /** Whose next case it is, and until its deadline passed nobody else's. */
  assigned_to: OptionalActor;
  /** Why people look at it: the policy sends it to them, or it was drawn to see what nobody looks at. */
  selected_by: ColumnType<CaseSelection, CaseSelection | undefined, never>;
  /** How likely that was: a label stands for 1 ÷ chance payments. */
  chance: ColumnType<number, number | undefined, never>;
  reasons: JSONColumnType<Reason[]>;
  verdict: Verdict | null;
  verdict_kind: VerdictKind | null;
  follow_up: ColumnType<FollowUp[], string | undefined, string>;
  /** The label that the verdict took the place of. */
  label_before: ColumnType<Selectable<LabelsTable> | null, string | null | undefined, string | null>;
  note: string | null;
  decided_by: OptionalActor;
  decided_at: Timestamp | null;
}

/** The timeline of a case; rows are only ever added. */
export interface ReviewEventsTable {
  event_id: Generated<number>;
  case_id: number;
  at: CreatedAt;
  actor: ActorColumn;
  kind: CaseEvent;
  detail: JSONColumnType<Record<string, unknown>>;
}

/** What a transaction turned out to be; the last word wins, kept for retraining and honest metrics. */
export interface LabelsTable {
  transaction_id: string;
  label: Label;
  source: LabelSource;
  labelled_by: ActorColumn;
  labelled_at: Timestamp;
}

/**
 * What is to happen because of something that was committed, written in the same transaction. Delivered at least once,
 * in the order of outbox_id for each key, and deleted then.
 */
export interface OutboxTable {
  outbox_id: Generated<number>;
  /** Which effect: pipeline/outbox/messages.ts. */
  kind: string;
  /** What must stay in order, e.g. "case:17". */
  key: string;
  payload: JSONColumnType<object>;
  created_at: CreatedAt;
  /** Not delivered before: a failed delivery is tried again later. */
  not_before: ColumnType<Date, Date | string | undefined, Date | string>;
  attempts: Generated<number>;
  last_error: string | null;
}

/** Who has a task that one process at a time does. */
export interface LeasesTable {
  name: string;
  holder: string;
  until: Timestamp;
}

/** What one unit of `currency` is worth in units of `base`, from a day on until the next rate. */
export interface ExchangeRatesTable {
  base: string;
  currency: string;
  valid_from: ColumnType<Date, string | Date, never>;
  /** Decimal digits. */
  rate: ColumnType<string, string | number, string | number>;
  set_by: ActorColumn;
  set_at: CreatedAt;
}

/** Who did what, append-only: each row's hash covers the one before it (platform/process/hash-chain.ts). */
export interface AuditLogTable {
  /** 1, 2, 3 … without gaps. */
  audit_id: number;
  at: Timestamp;
  actor: ActorColumn;
  /** e.g. "review.decided" */
  act: string;
  /** e.g. "case:17" */
  subject: string;
  detail: JSONColumnType<Record<string, unknown>>;
  previous_hash: string;
  hash: string;
}

/** The end of the chain: one row, locked by whoever appends. */
export interface AuditHeadTable {
  single: Generated<boolean>;
  audit_id: number;
  hash: string;
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
  state: ColumnType<DeadLetterState, DeadLetterState | undefined, DeadLetterState>;
  /** Whether the payload is not as it came: card numbers masked, characters replaced, cut off. */
  altered: ColumnType<boolean, boolean | undefined, never>;
  handled_at: Timestamp | null;
  handled_by: OptionalActor;
  /** What was handed in instead of the payload. */
  mended: ColumnType<object | null, string | null | undefined, string | null>;
  redacted_at: ColumnType<Date | null, Date | string | null | undefined, Date | string>;
}

/** `waiting` for somebody; `redriven`, handed in again; `discarded`, put aside for good. */
export type DeadLetterState = "waiting" | "redriven" | "discarded";

/** People with an account. */
export interface UsersTable {
  user_id: Generated<number>;
  /** What they sign in as, and what their acts bear. */
  name: string;
  role: Role;
  created_at: CreatedAt;
  display_name: string | null;
  /** Lower case; unique where there is one. */
  email: string | null;
  /** Argon2id as a PHC string; null until a password was chosen. */
  password_hash: string | null;
  password_set_at: Timestamp | null;
  /** Set while the account may not be used. */
  disabled_at: Timestamp | null;
  /** Sealed (pipeline/accounts/secret-box.ts). */
  totp_secret: string | null;
  /** Set once a code of it was shown: only then is it asked for. */
  totp_confirmed_at: Timestamp | null;
  /** The latest time step whose code was used: each works once. */
  totp_last_step: number | null;
  /** SHA-256, hex, of those not used yet. */
  recovery_code_hashes: ColumnType<string[] | null, string | null | undefined, string | null>;
}

/** How a session came to be. */
export type SignInMethod = "link" | "password" | "passkey" | "sso";

/** Tokens are stored as SHA-256, hex; the token itself is only with the browser. */
export interface SessionsTable {
  token_hash: ColumnType<string, string, string>;
  user_id: number;
  created_at: CreatedAt;
  expires_at: Timestamp;
  /** What lists and the audit log call it. */
  session_id: Generated<number>;
  method: Generated<SignInMethod>;
  /** Where from, at its beginning. */
  address: string | null;
  /** The browser's User-Agent, cut to 300. */
  agent: string | null;
  last_seen_at: Timestamp | null;
  /** When who it is was last proved: at sign-in, and before dangerous acts. */
  proved_at: ColumnType<Date, Date | string | undefined, Date | string>;
}

/** Links that let somebody choose a password: the first one, or another. */
export interface InvitationsTable {
  token_hash: string;
  user_id: number;
  purpose: "invite" | "reset";
  created_by: ActorColumn;
  created_at: CreatedAt;
  expires_at: Timestamp;
  used_at: Timestamp | null;
}

/** WebAuthn credentials. */
export interface PasskeysTable {
  /** base64url */
  credential_id: string;
  user_id: number;
  public_key: Buffer;
  counter: ColumnType<number, number | undefined, number>;
  transports: ColumnType<string[] | null, string | null | undefined, string | null>;
  name: string;
  created_at: CreatedAt;
  last_used_at: Timestamp | null;
  backed_up: ColumnType<boolean, boolean | undefined, boolean>;
}

/** Who somebody is at an OpenID provider. */
export interface SsoIdentitiesTable {
  issuer: string;
  subject: string;
  user_id: number;
  created_at: CreatedAt;
  last_used_at: Timestamp | null;
}

/** What one person asked for and a second one must agree to. */
export interface PendingApprovalsTable {
  approval_id: Generated<number>;
  right_name: Right;
  /** e.g. "account.role" */
  act: string;
  /** e.g. "user:17" */
  subject: string;
  detail: JSONColumnType<Record<string, unknown>>;
  proposed_by: ActorColumn;
  proposed_at: CreatedAt;
  expires_at: Timestamp;
  decided_by: OptionalActor;
  decided_at: Timestamp | null;
  approved: boolean | null;
}

/** One-time sign-in links. */
export interface SignInTokensTable {
  token_hash: string;
  user_id: number;
  created_at: CreatedAt;
  expires_at: Timestamp;
  used_at: Timestamp | null;
}

/** API keys, for HTTP and gRPC alike. The key itself is only with its owner. */
export interface ApiKeysTable {
  /** The readable part of the key: `ps_<key_id>_…`. */
  key_id: string;
  name: string;
  /** Of the whole key, hex. */
  sha256: string;
  scopes: JSONColumnType<Right[]>;
  /** Who made it. */
  owner: ActorColumn;
  created_at: CreatedAt;
  expires_at: Timestamp;
  revoked_at: Timestamp | null;
  /** Written forward once a minute at most. */
  last_used_at: Timestamp | null;
  /** The key that this one takes the place of. */
  rotated_from: string | null;
  /** Transactions a second over gRPC; null is unlimited. */
  rate_per_second: number | null;
}

/** Where a version of the policy stands; at most one is active. */
export type PolicyState = "draft" | "proposed" | "active" | "retired";

/** The versions of the policy. A document does not change once it was proposed. */
export interface PoliciesTable {
  policy_id: Generated<number>;
  /** What decisions keep: "policy-7". */
  version: string;
  document: JSONColumnType<DecisionPolicy, string, string>;
  /** `PolicyExample`s of features/policy/examples.ts. */
  examples: JSONColumnType<unknown[], string, string>;
  /** The version that it was made from. */
  based_on: string | null;
  author: ActorColumn;
  comment: string;
  created_at: CreatedAt;
  state: PolicyState;
  proposed_by: OptionalActor;
  activated_by: OptionalActor;
  activated_at: Timestamp | null;
}

/** Lists that rules ask by name. */
export interface PolicyListsTable {
  name: string;
  kind: ListKind;
  about: string;
  created_by: ActorColumn;
  created_at: CreatedAt;
}

export interface PolicyListEntriesTable {
  list: string;
  value: string;
  expires_at: Timestamp | null;
  reason: string;
  added_by: ActorColumn;
  added_at: CreatedAt;
}

/** Back-tests that people asked for; a worker does one after the other. */
export interface PolicyBackTestsTable {
  back_test_id: Generated<number>;
  version: string;
  /** Decisions decided from here on … */
  since: Timestamp;
  /** … and before here. */
  until: Timestamp;
  asked_by: ActorColumn;
  asked_at: CreatedAt;
  state: Generated<"waiting" | "running" | "done" | "failed">;
  /** Decisions looked at so far, and about how many there are. */
  looked_at: Generated<number>;
  expected: Generated<number>;
  /** When whoever runs it last said so: one that is silent is taken over. */
  beat_at: Timestamp | null;
  /** pipeline/policy/back-test.ts, `BackTest`. */
  result: ColumnType<unknown, string | null | undefined, string | null>;
  error: string | null;
}

/** One row: what scorers should know, and by which number they tell whether they do. */
export interface PolicyStateTable {
  single: Generated<boolean>;
  /** Larger after each change of the active policy or of a list. */
  revision: number;
  /** Another after each change, also in a store that was restored from a backup. */
  token: string;
}

/** What a legal hold is about. */
export type HoldKind = "entity" | "case" | "time";

/** What may not be dropped, redacted or erased, and why. A lifted one no longer says whose data it held. */
export interface LegalHoldsTable {
  hold_id: Generated<number>;
  kind: HoldKind;
  entity: string | null;
  entity_id: string | null;
  case_id: number | null;
  /** Of the case. */
  transaction_id: string | null;
  /** Inclusive; until is not. */
  since: Timestamp | null;
  until: Timestamp | null;
  reason: string;
  put_by: ActorColumn;
  put_at: CreatedAt;
  lifted_by: OptionalActor;
  lifted_at: Timestamp | null;
  lifted_reason: string | null;
}

/** `proposed` waits for a second person, `agreed` for a worker; the others are over. */
export type ErasureState = "proposed" | "agreed" | "done" | "refused" | "expired";

/** Whose data is to be erased. Once it is over, whose it was is no longer there. */
export interface ErasuresTable {
  erasure_id: Generated<number>;
  entity: string;
  entity_id: string | null;
  /** Keyed: what the audit log calls them. */
  entity_hash: string;
  /** What stands in the rows in place of the id: "erased:…". */
  pseudonym: string;
  reason: string;
  state: Generated<ErasureState>;
  asked_by: ActorColumn;
  asked_at: CreatedAt;
  agreed_by: OptionalActor;
  done_at: Timestamp | null;
  result: ColumnType<Record<string, number> | null, string | null | undefined, string | null>;
}

/** One row, once anything was redacted for its age: how far. */
export interface RedactionProgressTable {
  single: Generated<boolean>;
  decided_at: Timestamp;
  seq: number;
}

/** Decisions behind that place which were held, or whose case was open: they are looked at again. */
export interface RedactionLeftTable {
  transaction_id: string;
  decided_at: Timestamp;
  seq: number;
}

/** One row: 32 bytes. */
export interface PrivacyKeyTable {
  single: Generated<boolean>;
  key: Buffer;
}

/** What people should know; at most one of a kind and subject is not resolved. */
export interface AlertsTable {
  alert_id: Generated<number>;
  kind: AlertKind;
  /** What it is about, e.g. "case:17"; "" where there is one of its kind at most. */
  subject: string;
  severity: AlertSeverity;
  title: string;
  body: string;
  /** A path of the console. */
  link: string;
  value: number | null;
  threshold: number | null;
  state: Generated<AlertState>;
  fired_at: Generated<Date>;
  acknowledged_at: Timestamp | null;
  acknowledged_by: OptionalActor;
  escalated_at: Timestamp | null;
  resolved_at: Timestamp | null;
}

/** Ways that alerts leave by. A removed one stays for the log of its deliveries, without its secrets. */
export interface AlertChannelsTable {
  channel_id: Generated<number>;
  kind: ChannelKind;
  name: string;
  /** Address and secrets, sealed (pipeline/accounts/secret-box.ts). */
  sealed: string;
  /** What may be shown of the address. */
  hint: string;
  enabled: Generated<boolean>;
  /** Whether it gets what no condition sends elsewhere. */
  by_default: Generated<boolean>;
  /** It gets nothing below. */
  severity: Generated<AlertSeverity>;
  /** Messages in an hour at most; what is more waits and leaves as one. */
  per_hour: Generated<number>;
  /** Whose browser it is; null for channels of the house. */
  user_id: number | null;
  created_by: ActorColumn;
  created_at: CreatedAt;
  disabled_why: string | null;
  removed_at: Timestamp | null;
}

/** What an operator set of a kind; where there is no row, domain/alerts.ts says. */
export interface AlertConditionsTable {
  kind: AlertKind;
  enabled: boolean;
  threshold: number | null;
  severity: AlertSeverity;
  /** Channels by id; null for those that get everything. */
  channels: ColumnType<number[] | null, string | null, string | null>;
}

/** One row. */
export interface AlertSettingsTable {
  single: Generated<boolean>;
  /** "22:00", with {@link quiet_until}: what is not critical waits until then. */
  quiet_from: string | null;
  quiet_until: string | null;
  /** IANA. */
  time_zone: Generated<string>;
  /** What comes within so many seconds of a channel's last message waits and leaves as one. */
  group_seconds: Generated<number>;
  escalate_minutes: number | null;
  escalate_to: number | null;
  /** The keys that browsers know our pushes by (VAPID), the private one sealed. */
  push_public: string | null;
  push_sealed: string | null;
}

/** One message to one channel: the alerts' own outbox, and its log. */
export interface AlertMessagesTable {
  /** What receivers know a repeat by. */
  message_id: string;
  channel_id: number;
  state: Generated<MessageState>;
  test: Generated<boolean>;
  /** Waits for quiet hours to end. */
  held: Generated<boolean>;
  created_at: Generated<Date>;
  /** When it was meant to leave: grouping and rate go by it. */
  slot_at: Timestamp;
  /** When it is tried next. */
  due_at: Timestamp;
  attempts: Generated<number>;
  /** Whoever sends it has said so by then, or is dead. */
  claimed_until: Timestamp | null;
  sent_at: Timestamp | null;
  /** The last answer, where it is HTTP's. */
  status: number | null;
  said: string | null;
}

/** What a message tells, as it was then: the same however often it is sent. */
export interface AlertNoticesTable {
  notice_id: Generated<number>;
  message_id: string;
  channel_id: number;
  alert_id: number | null;
  event: AlertEvent;
  kind: AlertKind | null;
  severity: AlertSeverity;
  title: string;
  body: string;
  link: string;
  value: number | null;
  threshold: number | null;
  at: Timestamp;
}

/** What a worker last found of each condition. */
export interface AlertReadingsTable {
  kind: AlertKind;
  at: Timestamp;
  level: "over" | "between" | "clear" | "unknown";
  value: number | null;
  words: string;
  over_since: Timestamp | null;
  clear_since: Timestamp | null;
}

/** Where webhooks go. */
export interface WebhookEndpointsTable {
  endpoint_id: Generated<number>;
  url: string;
  description: string;
  events: WebhookEvent[];
  /** Only of payments of these tiers; null is all. */
  tiers: RiskTier[] | null;
  /** Sealed (pipeline/accounts/secret-box.ts). */
  secret: string;
  /** The one before it, which signs too until `earlier_until`. */
  earlier_secret: string | null;
  earlier_until: Timestamp | null;
  owner: ActorColumn;
  created_at: CreatedAt;
  state: Generated<"enabled" | "disabled">;
  disabled_why: string | null;
  /** False from the moment it is disabled by itself until its owner has had word. */
  owner_told: Generated<boolean>;
  /** The first of the failures since the last success. */
  failing_since: Timestamp | null;
  failures: Generated<number>;
  /** It asked to be left alone until then. */
  not_before: Timestamp | null;
  last_success_at: Timestamp | null;
}

/** One message to one endpoint: what it is about, and what became of it. */
export interface WebhookDeliveriesTable {
  delivery_id: Generated<number>;
  endpoint_id: number;
  /** The header webhook-id, the same at every attempt. */
  message_id: string;
  event: SentEvent;
  happened_at: Timestamp;
  /** `DeliveryAbout` of pipeline/webhooks/payload.ts. */
  about: ColumnType<unknown, string, never>;
  /** What makes an event one, where it has a message of its own. */
  event_key: string | null;
  /** The first `seq` of each job whose decisions are in it, of `decision.recorded`. */
  ranges: number[] | null;
  created_at: CreatedAt;
  state: Generated<DeliveryState>;
  attempts: Generated<number>;
  /** When it is due; of one that is being sent, when somebody else may try. */
  next_at: ColumnType<Date, Date | string | undefined, Date | string>;
  last_at: Timestamp | null;
  last_status: number | null;
  last_said: string | null;
}

export type Decision = Selectable<DecisionsTable>;
export type ReviewCase = Selectable<ReviewCasesTable>;
