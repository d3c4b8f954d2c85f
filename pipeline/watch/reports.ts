import type { Kysely } from "kysely";
import type { WatchReport } from "../../domain/watch.ts";
import type { Database } from "../store/schema.ts";
import { judgeColumns } from "./judge.ts";
import { labelWeeks } from "./labels.ts";
import { columnsOf, commonestCurrency, commonestModel, drawRows } from "./sample.ts";

/** Whole days, so that no hour of the day is on one side alone. */
const HOURS = 24;
const DAYS = 28;
const HOUR_MS = 3_600_000;
const KEPT_DAYS = 92;

/**
 * Holds the payments of the last 24 hours against those of the 28 days before, and keeps what that says.
 *
 * @param at the end of the 24 hours
 */
export async function makeWatchReport(db: Kysely<Database>, at: Date): Promise<WatchReport> {
  const since = new Date(at.getTime() - HOURS * HOUR_MS);
  const first = new Date(since.getTime() - DAYS * 24 * HOUR_MS);
  const lately = await drawRows(db, since, at);
  const earlier = await drawRows(db, first, since);
  const currency = commonestCurrency(lately);
  const [now, before, weeks] = [
    await columnsOf(db, lately, currency),
    await columnsOf(db, earlier, currency),
    await labelWeeks(db, at),
  ];
  const model = commonestModel(lately);
  const report: WatchReport = {
    at: at.toISOString(),
    hours: HOURS,
    days: DAYS,
    model: model ? `${model.name}@${model.version}` : "",
    now: now.payments,
    before: before.payments,
    columns: now.payments > 0 && before.payments > 0 ? judgeColumns(now, before) : [],
    weeks,
  };
  await db
    .insertInto("watch_reports")
    .values({ at, report: JSON.stringify(report) })
    .onConflict((oc) => oc.column("at").doUpdateSet({ report: JSON.stringify(report) }))
    .execute();
  await db
    .deleteFrom("watch_reports")
    .where("at", "<", new Date(at.getTime() - KEPT_DAYS * 24 * HOUR_MS))
    .execute();
  return report;
}

/** The newest report; undefined before the first. */
export async function readWatchReport(db: Kysely<Database>): Promise<WatchReport | undefined> {
  const row = await db
    .selectFrom("watch_reports")
    .select("report")
    .orderBy("at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.report;
}
