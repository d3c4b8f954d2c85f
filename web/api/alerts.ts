import { z } from "zod";
import { ACTOR_KINDS } from "../../domain/actors.ts";
import { ALERT_KIND_NAMES, ALERT_SEVERITIES, ALERT_STATES } from "../../domain/alerts.ts";
import { acknowledgeAlert } from "../../pipeline/alerts/acknowledge.ts";
import { type ListedAlert, listOpenAlerts, listPastAlerts, readAlert } from "../../pipeline/alerts/lists.ts";
import { currentUser } from "../auth/guard.ts";
import { cursorOf } from "./cursor.ts";
import { type ApiRoute, route } from "./route.ts";

const cursor = cursorOf(z.object({ before: z.int().positive() }));

const alertsQuery = z.strictObject({
  state: z
    .enum(["open", "resolved"])
    .default("open")
    .meta({ description: "`open` ones fire or are acknowledged." }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: cursor.parameter.optional().meta({ description: "next_cursor of the page before." }),
});

const at = z.iso.datetime();

const alertJson = z.object({
  alert_id: z.int(),
  kind: z.enum(ALERT_KIND_NAMES),
  subject: z
    .string()
    .meta({ description: "What it is about: case:17. Empty where there is one of its kind at most." }),
  severity: z.enum(ALERT_SEVERITIES),
  title: z.string(),
  body: z.string(),
  link: z.string().meta({ description: "A path of the console." }),
  value: z.number().nullable(),
  threshold: z.number().nullable(),
  state: z.enum(ALERT_STATES),
  fired_at: at,
  acknowledged_at: at.nullable(),
  acknowledged_by: z.object({ kind: z.enum(ACTOR_KINDS), id: z.string(), name: z.string() }).nullable(),
  escalated_at: at.nullable(),
  resolved_at: at.nullable(),
});

const alertsPage = z.object({ items: z.array(alertJson), next_cursor: z.string().nullable() });

const alertId = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, "must be an alert's number")
  .transform(Number);

const iso = (moment: Date | null): string | null => moment?.toISOString() ?? null;

function toJson(alert: ListedAlert): z.output<typeof alertJson> {
  return {
    alert_id: alert.id,
    kind: alert.kind,
    subject: alert.subject,
    severity: alert.severity,
    title: alert.title,
    body: alert.body,
    link: alert.link,
    value: alert.value,
    threshold: alert.threshold,
    state: alert.state,
    fired_at: alert.firedAt.toISOString(),
    acknowledged_at: iso(alert.acknowledgedAt),
    acknowledged_by: alert.acknowledgedBy,
    escalated_at: iso(alert.escalatedAt),
    resolved_at: iso(alert.resolvedAt),
  };
}

/** Alerts for programs: what fires, what was, and that somebody has it. */
export const ALERT_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "get",
      path: "/api/v1/alerts",
      summary: "List alerts, newest first",
      access: "operations.read",
      query: alertsQuery,
      status: 200,
      answer: alertsPage,
    },
    ({ db }) =>
      async ({ query: { state, limit, cursor: after } }) => {
        const list = state === "open" ? listOpenAlerts : listPastAlerts;
        const { items, nextBefore } = await list(db, { limit, before: after?.before });
        return {
          items: items.map(toJson),
          next_cursor: nextBefore === null ? null : cursor.write({ before: nextBefore }),
        };
      },
  ),
  route(
    {
      method: "post",
      path: "/api/v1/alerts/{id}/acknowledge",
      summary: "Acknowledge an alert",
      description:
        "Somebody has it: it is not escalated. What merely happened (a payment, a case, a webhook) is over with that.",
      access: "operations.act",
      params: z.object({ id: alertId }),
      status: 200,
      answer: alertJson,
      failures: [404, 409],
    },
    ({ db, feed }) =>
      async ({ params: { id } }, c) => {
        await acknowledgeAlert(db, currentUser(c).actor, id);
        feed.nudge();
        return toJson(await readAlert(db, id));
      },
  ),
];
