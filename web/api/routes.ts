import { Hono } from "hono";
import type { AppEnv, Deps } from "../context.ts";
import { ALERT_ROUTES } from "./alerts.ts";
import { ANALYTICS_ROUTES } from "./analytics.ts";
import { AUDIT_ROUTES } from "./audit.ts";
import { CHARGEBACK_ROUTES } from "./chargebacks.ts";
import { DECISION_ROUTES } from "./decisions.ts";
import { EXPORT_ROUTES } from "./exports.ts";
import { HAND_IN_ROUTES } from "./hand-in.ts";
import { IMPACT_ROUTES } from "./impact.ts";
import { MODEL_ROUTES } from "./models.ts";
import { PREDICT_ROUTES } from "./predict.ts";
import { PRIVACY_ROUTES } from "./privacy.ts";
import { REVIEW_ROUTES } from "./reviews.ts";
import type { ApiRoute } from "./route.ts";
import { SCORING_ROUTES } from "./scoring.ts";
import { STATS_ROUTES } from "./stats.ts";
import { STATUS_ROUTES } from "./status.ts";
import { WATCH_ROUTES } from "./watch.ts";
import { WEBHOOK_ROUTES } from "./webhooks.ts";

/** The HTTP API, whole, in the order of its document. */
export const API_ROUTES: readonly ApiRoute[] = [
  ...PREDICT_ROUTES,
  ...SCORING_ROUTES,
  ...HAND_IN_ROUTES,
  ...DECISION_ROUTES,
  ...STATS_ROUTES,
  ...IMPACT_ROUTES,
  ...ANALYTICS_ROUTES,
  ...REVIEW_ROUTES,
  ...CHARGEBACK_ROUTES,
  ...EXPORT_ROUTES,
  ...PRIVACY_ROUTES,
  ...ALERT_ROUTES,
  ...STATUS_ROUTES,
  ...WATCH_ROUTES,
  ...MODEL_ROUTES,
  ...WEBHOOK_ROUTES,
  ...AUDIT_ROUTES,
];

/** Registers every route of the API. */
export function apiRoutes(deps: Deps): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  for (const each of API_ROUTES) each.mount(routes, deps);
  return routes;
}
