import { type Kysely, type Migration, sql } from "kysely";

const STATEMENTS = [
  // How a case came to be reviewed, and how likely that was: what a label stands for.
  sql`alter table review_cases add column selected_by text not null default 'policy'
    constraint review_cases_selected_by_check check (selected_by in ('policy', 'control'))`,
  sql`alter table review_cases add column chance real not null default 1
    constraint review_cases_chance_check check (chance > 0 and chance <= 1)`,
  sql`create table model_requests (
    request_id bigint generated always as identity primary key,
    act text not null,
    model text not null default '',
    share real,
    reason text not null default '',
    asked_by jsonb not null,
    asked_at timestamptz not null default now(),
    state text not null default 'waiting'
      constraint model_requests_state_check check (state in ('waiting', 'running', 'done', 'refused', 'failed')),
    attempts int not null default 0,
    answer text not null default '',
    ended_at timestamptz)`,
  sql`create index model_requests_waiting on model_requests (request_id) where state in ('waiting', 'running')`,
  sql`create table training_runs (
    run_id bigint generated always as identity primary key,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    asked_by jsonb not null,
    state text not null default 'running'
      constraint training_runs_state_check check (state in ('running', 'accepted', 'refused', 'failed')),
    model text not null default '',
    champion text not null,
    seed int not null,
    code jsonb not null,
    data jsonb,
    gate jsonb,
    words text not null default '')`,
  sql`create table model_comparisons (
    at timestamptz not null,
    other text not null,
    report jsonb not null,
    primary key (other, at))`,
  // What whoever has the registry last saw in it.
  sql`create table known_models (
    single boolean primary key default true constraint known_models_single_check check (single),
    seen_at timestamptz not null,
    models jsonb not null)`,
];

/** The loop from verdict to champion: how labels came about, what is asked of models, what trainings said. */
export const models: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
