import { z } from "zod";
import { ALERT_KIND_NAMES, ALERT_SEVERITIES, ALERT_STATES } from "../../domain/alerts.ts";
import { OBJECTIVES, objectiveAlert } from "../../domain/objectives.ts";
import {
  alertRunbook,
  COUNTED_HERE,
  PART_NAMES,
  PART_STATES,
  promiseOf,
  promiseRunbook,
  STATUS_PARTS,
  type Status,
} from "../../domain/status.ts";
import { type ApiRoute, route } from "./route.ts";

const moment = z.iso.datetime();
const state = z.enum(PART_STATES).describe("From what needs nobody to what needs somebody at once");
const runbook = z.string().describe("A file of the repository and its heading");
const names = OBJECTIVES.map(({ name }) => name);

const spanJson = z.object({ bad: z.number().int(), all: z.number().int() });

const statusJson = z
  .object({
    at: moment,
    state,
    sentence: z.string().describe("For people: what stops most, and how much there is besides"),
    parts: z.array(
      z.object({
        name: z.enum(PART_NAMES),
        title: z.string(),
        state,
        since: moment.nullable().describe("As far as it is known here; null when all is well with it"),
        words: z.string(),
        todo: z.string().nullable(),
        runbook,
      }),
    ),
    alerts: z
      .array(
        z.object({
          alert_id: z.number().int(),
          kind: z.enum(ALERT_KIND_NAMES),
          severity: z.enum(ALERT_SEVERITIES),
          title: z.string(),
          body: z.string(),
          state: z.enum(ALERT_STATES),
          fired_at: moment,
          runbook,
        }),
      )
      .nullable()
      .describe("Not over, the newest 20; null when PostgreSQL cannot be asked"),
    objectives: z.array(
      z.object({
        name: z.enum(names),
        title: z.string(),
        objective: z.number().describe("Share of good events over 30 days"),
        means: z.string(),
        counted_by: z.enum(["store", "prometheus"]).describe("Who alone knows how it is kept"),
        spans: z
          .object({ hour: spanJson, day: spanJson, days_28: spanJson })
          .nullable()
          .describe("Null of what Prometheus alone counts, and when PostgreSQL cannot be asked"),
        alert: z.string().describe("Of Prometheus, when its budget burns"),
        runbook,
      }),
    ),
    code: z.string().describe("Version of this process"),
    versions: z
      .object({
        schema: z.string().nullable().describe("The migration that ran last"),
        policy: z.string().nullable(),
        models: z
          .object({
            champion: z.string(),
            challenger: z.string().nullable(),
            shadows: z.array(z.string()),
            seen_at: moment,
          })
          .nullable()
          .describe("As a worker saw them"),
      })
      .nullable(),
    last_backup: moment.nullable().describe("Of `npm run backup` here; null where nobody knows"),
  })
  .meta({ id: "Status" });

function statusToJson({ at, parts, alerts, promises, versions, lastBackup, ...said }: Status) {
  return {
    ...{ at: at.toISOString(), state: said.state, sentence: said.sentence },
    parts: parts.map(({ name, state: found, since, words }) => {
      const { title, todo, runbook: entry } = STATUS_PARTS[name];
      const needs = found === "failing" || found === "degraded";
      return {
        ...{ name, title, state: found, words, runbook: entry },
        since: since?.toISOString() ?? null,
        todo: needs ? todo : null,
      };
    }),
    alerts:
      alerts?.map(({ id, kind, firedAt, ...alert }) => ({
        ...{ alert_id: id, kind, ...alert },
        fired_at: firedAt.toISOString(),
        runbook: alertRunbook(kind),
      })) ?? null,
    objectives: promises.map(({ name, spans }) => {
      const { title, objective, means } = promiseOf(name);
      return {
        ...{ name, title, objective, means },
        counted_by: COUNTED_HERE.has(name) ? ("store" as const) : ("prometheus" as const),
        spans: spans && { hour: { ...spans.hour }, day: { ...spans.day }, days_28: { ...spans.days } },
        alert: objectiveAlert({ name }),
        runbook: promiseRunbook(name),
      };
    }),
    code: said.code,
    versions: versions && {
      schema: versions.schema,
      policy: versions.policy,
      models: versions.models && {
        champion: versions.models.champion,
        challenger: versions.models.challenger,
        shadows: [...versions.models.shadows],
        seen_at: versions.models.seenAt.toISOString(),
      },
    },
    last_backup: lastBackup?.toISOString() ?? null,
  } satisfies z.output<typeof statusJson>;
}

/** The status for programs. */
export const STATUS_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "get",
      path: "/api/v1/status",
      summary: "How the house is",
      description:
        "In one sentence and by part: state, since when, words, what to do and the runbook's entry. Answered with 200 however the house is: a part that does not answer within two seconds is said to be away, or not to be asked. A load balancer asks /readyz.",
      access: "operations.read",
      status: 200,
      answer: statusJson,
    },
    (deps) => async () => statusToJson(await deps.status()),
  ),
];
