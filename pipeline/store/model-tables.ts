import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type {
  GateReport,
  KnownModels,
  LifeComparison,
  ModelAct,
  RequestState,
  RunData,
  RunState,
} from "../../domain/model-care.ts";

type Timestamp = ColumnType<Date, Date | string, Date | string>;
type CreatedAt = ColumnType<Date, Date | string | undefined, never>;
type ActorColumn = ColumnType<Actor, string, never>;

/** What people and the clock asked to be done with models; whoever has the registry does it. */
export interface ModelRequestsTable {
  request_id: Generated<number>;
  act: ModelAct;
  model: string;
  share: number | null;
  reason: string;
  asked_by: ActorColumn;
  asked_at: CreatedAt;
  state: Generated<RequestState>;
  /** How often it was begun: what kills its worker is not begun for ever. */
  attempts: Generated<number>;
  answer: Generated<string>;
  ended_at: Timestamp | null;
}

/** Trainings out of the store, each kept for good with what it learned from and what the gate said. */
export interface TrainingRunsTable {
  run_id: Generated<number>;
  started_at: CreatedAt;
  ended_at: Timestamp | null;
  asked_by: ActorColumn;
  state: Generated<RunState>;
  model: Generated<string>;
  champion: string;
  seed: number;
  code: JSONColumnType<Record<string, string>>;
  data: ColumnType<RunData | null, string | null | undefined, string | null>;
  gate: ColumnType<GateReport | null, string | null | undefined, string | null>;
  words: Generated<string>;
}

/** How models do beside the champion on payments whose truth became known, by the time it was looked at. */
export interface ModelComparisonsTable {
  at: Timestamp;
  /** "name@version" */
  other: string;
  report: JSONColumnType<LifeComparison>;
}

/** One row: who serves and what there is, as whoever has the registry last saw it. */
export interface KnownModelsTable {
  single: Generated<boolean>;
  seen_at: Timestamp;
  models: JSONColumnType<KnownModels>;
}
