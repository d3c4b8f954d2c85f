import { type Kysely, sql, type Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { ALERT_KIND_NAMES, type AlertKind, type AlertSeverity, alertKind } from "../../domain/alerts.ts";
import { DomainError, type FieldViolation } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import type { QuietHours } from "./quiet-hours.ts";

/** What holds for one kind of alert. */
export interface Condition {
  readonly enabled: boolean;
  /** Null where the kind has none. */
  readonly threshold: number | null;
  readonly severity: AlertSeverity;
  /** Channels by id; null for those that get everything. */
  readonly channels: readonly number[] | null;
}

/** When nobody acknowledges: after how long who else is told. */
export interface Escalation {
  readonly minutes: number;
  readonly channelId: number;
}

/** What holds for all of them. */
export interface AlertSettings {
  readonly quiet: QuietHours | undefined;
  readonly groupSeconds: number;
  readonly escalation: Escalation | undefined;
}

type Reader = Kysely<Database> | Transaction<Database>;

/** What holds where nobody has set anything. */
export function usualCondition(kind: AlertKind): Condition {
  const { severity, threshold } = alertKind(kind);
  return { enabled: true, threshold: threshold?.usual ?? null, severity, channels: null };
}

/** What holds for every kind. */
export async function readConditions(db: Reader): Promise<Readonly<Record<AlertKind, Condition>>> {
  const rows = await db.selectFrom("alert_conditions").selectAll().execute();
  const set = new Map(rows.map((row) => [row.kind, row]));
  return Object.fromEntries(
    ALERT_KIND_NAMES.map((kind): [AlertKind, Condition] => {
      const usual = usualCondition(kind);
      const row = set.get(kind);
      if (!row) return [kind, usual];
      const { enabled, severity, channels } = row;
      return [
        kind,
        {
          enabled,
          severity,
          channels,
          threshold: usual.threshold === null ? null : (row.threshold ?? usual.threshold),
        },
      ];
    }),
  ) as Record<AlertKind, Condition>;
}

/** What a worker last found of conditions. */
export async function readReadings(
  db: Reader,
): Promise<
  { readonly kind: AlertKind; readonly at: Date; readonly level: string; readonly words: string }[]
> {
  return await db.selectFrom("alert_readings").select(["kind", "at", "level", "words"]).execute();
}

export async function readAlertSettings(db: Reader): Promise<AlertSettings> {
  const row = await db.selectFrom("alert_settings").selectAll().executeTakeFirst();
  const { quiet_from: from, quiet_until: until, escalate_minutes: minutes, escalate_to: to } = row ?? {};
  return {
    quiet: from && until ? { from, until, timeZone: row?.time_zone ?? "UTC" } : undefined,
    groupSeconds: row?.group_seconds ?? 60,
    escalation: minutes && to ? { minutes, channelId: to } : undefined,
  };
}

/**
 * Says what holds for a kind, in the audit log too.
 *
 * @throws DomainError `invalid_argument` naming the fields
 */
export async function setCondition(
  db: Kysely<Database>,
  actor: Actor,
  kind: AlertKind,
  wish: Condition,
): Promise<void> {
  const { threshold: range } = alertKind(kind);
  const { enabled, severity, channels } = wish;
  const threshold = range ? wish.threshold : null;
  if (range && (threshold === null || !(threshold >= range.least && threshold <= range.most))) {
    throw DomainError.invalid([
      { field: "threshold", description: `must be from ${range.least} to ${range.most} ${range.unit}` },
    ]);
  }
  await db.transaction().execute(async (trx) => {
    await demandChannels(trx, channels ?? []);
    const row = { enabled, threshold, severity, channels: channels && JSON.stringify(channels) };
    await trx
      .insertInto("alert_conditions")
      .values({ kind, ...row })
      .onConflict((conflict) => conflict.column("kind").doUpdateSet(row))
      .execute();
    await appendAudit(trx, {
      ...{ actor, act: "alerts.condition", subject: `alert_kind:${kind}` },
      detail: { enabled, threshold, severity, channels },
    });
  });
}

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

/**
 * Says what holds for all alerts, in the audit log too.
 *
 * @throws DomainError `invalid_argument` naming the fields
 */
export async function setAlertSettings(
  db: Kysely<Database>,
  actor: Actor,
  { quiet, groupSeconds, escalation }: AlertSettings,
): Promise<void> {
  const wrong: FieldViolation[] = [];
  const demand = (field: string, holds: boolean, description: string): void => {
    if (!holds) wrong.push({ field, description });
  };
  if (quiet) {
    demand("quiet_from", CLOCK.test(quiet.from), "must be a time of day, such as 22:00");
    demand("quiet_until", CLOCK.test(quiet.until), "must be a time of day, such as 07:00");
    demand("quiet_until", quiet.from !== quiet.until, "must not be when they begin");
    demand("time_zone", isTimeZone(quiet.timeZone), "must be a time zone, such as Europe/Paris");
  }
  const whole = (value: number, least: number, most: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
  demand("group_seconds", whole(groupSeconds, 0, 86_400), "must be a whole number from 0 to 86400");
  if (escalation)
    demand(
      "escalate_minutes",
      whole(escalation.minutes, 1, 10_080),
      "must be a whole number from 1 to 10080",
    );
  if (wrong.length > 0) throw DomainError.invalid(wrong);
  await db.transaction().execute(async (trx) => {
    await demandChannels(trx, escalation ? [escalation.channelId] : []);
    await trx
      .updateTable("alert_settings")
      .set({
        quiet_from: quiet?.from ?? null,
        quiet_until: quiet?.until ?? null,
        time_zone: quiet?.timeZone ?? "UTC",
        group_seconds: groupSeconds,
        escalate_minutes: escalation?.minutes ?? null,
        escalate_to: escalation?.channelId ?? null,
      })
      .execute();
    await appendAudit(trx, {
      ...{ actor, act: "alerts.settings", subject: "alerts" },
      detail: { quiet: quiet ?? null, group_seconds: groupSeconds, escalation: escalation ?? null },
    });
  });
}

/** @throws DomainError `invalid_argument` when one of them is not there */
async function demandChannels(trx: Transaction<Database>, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const { rows } = await sql<{ id: number }>`
    select channel_id as id from alert_channels
    where removed_at is null and channel_id = any(${[...ids]}::bigint[])`.execute(trx);
  const there = new Set(rows.map(({ id }) => id));
  const missing = ids.filter((id) => !there.has(id));
  if (missing.length > 0)
    throw new DomainError("invalid_argument", `there is no channel ${missing.join(", ")}`);
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
