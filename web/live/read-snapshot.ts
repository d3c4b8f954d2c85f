import type { Kysely } from "kysely";
import { countAlerts } from "../../pipeline/alerts/lists.ts";
import { readActivePolicy } from "../../pipeline/policy/versions.ts";
import { listQueue } from "../../pipeline/review/queue.ts";
import { listDecisions } from "../../pipeline/store/decision-list.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { readMinuteSeries, readStats } from "../../pipeline/store/stats.ts";
import { readHourReport } from "../../pipeline/store/usual-hours.ts";
import { heldFor } from "../../platform/process/held.ts";
import type { LiveSnapshot } from "./feed.ts";
import type { ScorerWatch } from "./scorer-watch.ts";

/** How far back the dashboard's chart goes. */
const MINUTES = 30;

/** Whole minutes are compared: more often there is nothing new. */
const HOUR_HOLDS_MS = 30_000;

/** Reads what the live pages draw from; whether the scorer serves is what `watch` last knew. */
export function snapshotReader(
  db: Kysely<Database>,
  watch: Pick<ScorerWatch, "serves">,
): () => Promise<Omit<LiveSnapshot, "takenAt" | "mode">> {
  const readHour = heldFor(HOUR_HOLDS_MS, () => readHourReport(db, new Date()));
  return async () => {
    const scorerServes = watch.serves;
    const [stats, latest, minutes, queue, policy, alerts, hour] = await Promise.all([
      readStats(db),
      listDecisions(db, { limit: 10 }),
      readMinuteSeries(db, MINUTES),
      listQueue(db, { limit: 10 }),
      readActivePolicy(db),
      countAlerts(db),
      readHour(),
    ]);
    return {
      ...{ stats, minutes, scorerServes, alerts, hour },
      latest: latest.items,
      nextCases: queue.items,
      tiers: policy.document.tiers,
    };
  };
}
