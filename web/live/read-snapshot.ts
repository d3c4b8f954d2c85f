import type { Kysely } from "kysely";
import { countAlerts } from "../../pipeline/alerts/lists.ts";
import { readActivePolicy } from "../../pipeline/policy/versions.ts";
import { listQueue } from "../../pipeline/review/queue.ts";
import { listDecisions } from "../../pipeline/store/decision-list.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { readMinuteSeries, readStats } from "../../pipeline/store/stats.ts";
import type { LiveSnapshot } from "./feed.ts";
import type { ScorerWatch } from "./scorer-watch.ts";

/** How far back the dashboard's chart goes. */
const MINUTES = 30;

/** Reads what the live pages draw from; whether the scorer serves is what `watch` last knew. */
export async function readSnapshot(
  db: Kysely<Database>,
  watch: Pick<ScorerWatch, "serves">,
): Promise<Omit<LiveSnapshot, "takenAt" | "mode">> {
  const scorerServes = watch.serves;
  const [stats, latest, minutes, queue, policy, alerts] = await Promise.all([
    readStats(db),
    listDecisions(db, { limit: 10 }),
    readMinuteSeries(db, MINUTES),
    listQueue(db, { limit: 10 }),
    readActivePolicy(db),
    countAlerts(db),
  ]);
  return {
    stats,
    latest: latest.items,
    minutes,
    nextCases: queue.items,
    tiers: policy.document.tiers,
    scorerServes,
    alerts,
  };
}
