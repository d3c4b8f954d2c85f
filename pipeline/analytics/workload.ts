import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { Span, Workload, WorkloadRow } from "../../domain/analytics.ts";
import type { Label, Verdict } from "../../domain/verdicts.ts";
import type { Database } from "../store/schema.ts";
import { countedShare, medianOf } from "./shares.ts";

/** Cases that are looked at, the newest decided. */
const CASES = 5_000;
/** Entries of a timeline that are read: a case with more was handed about for weeks. */
const EVENTS = 200;

interface Event {
  readonly case_id: number;
  readonly kind: "claimed" | "decided" | "reopened" | "corrected";
  readonly at: Date;
  readonly actor: Actor;
  readonly verdict: Verdict | null;
  readonly from: Verdict | null;
  /** What a chargeback said. */
  readonly chargeback: Label | null;
}

/** A verdict that stands in a timeline, with what became of it. */
interface Given {
  readonly actor: Actor;
  readonly at: Date;
  readonly verdict: Verdict;
  readonly seconds: number | null;
  corrected: boolean;
}

/**
 * What each person decided in a span. Whoever corrects a verdict moves the case's own time: cases are taken by their last
 * word since the span began, and verdicts by the timeline.
 */
export async function readWorkload(db: Kysely<Database>, span: Span): Promise<Workload> {
  const { rows } = await sql<Event>`
    with judged as (
      select case_id, transaction_id from review_cases
      where status = 'decided' and decided_at >= ${span.from}::timestamptz
      order by decided_at desc, case_id desc
      limit ${sql.lit(CASES + 1)})
    select judged.case_id, e.*,
      (select label from labels l where l.transaction_id = judged.transaction_id and l.source = 'chargeback')
        as chargeback
    from judged
    join lateral (
      select event_id, kind, at, actor, detail ->> 'verdict' as verdict, detail ->> 'from' as "from"
      from review_events
      where case_id = judged.case_id and kind in ('claimed', 'decided', 'reopened', 'corrected')
      order by event_id
      limit ${sql.lit(EVENTS)}) as e on true
    order by judged.case_id desc, e.event_id`.execute(db);
  const timelines = groupsOf(rows, ({ case_id }) => case_id);
  const verdicts = timelines.slice(0, CASES).flatMap((events) => {
    const given = verdictOf(events);
    const inSpan = given && given.at >= span.from && given.at < span.until;
    return inSpan ? [{ given, chargeback: events[0]!.chargeback }] : [];
  });
  const people = groupsOf(verdicts, ({ given: { actor } }) => `${actor.kind} ${actor.id}`);
  return {
    people: people.map(rowOf).sort((a, b) => a.name.localeCompare(b.name, "en") || (a.id < b.id ? -1 : 1)),
    cases: verdicts.length,
    cut: timelines.length > CASES,
  };
}

/** The first verdict that was not taken back at once. */
function verdictOf(events: readonly Event[]): Given | undefined {
  let holder: { readonly actor: Actor; readonly since: Date } | undefined;
  let given: Given | undefined;
  for (const { kind, actor, at, verdict, from } of events) {
    if (kind === "claimed") holder = { actor, since: at };
    else if (kind === "reopened") given = undefined;
    else if (kind === "corrected") {
      if (given && from !== verdict) given.corrected = true;
    } else if (verdict !== null) {
      const own = holder?.actor.kind === actor.kind && holder.actor.id === actor.id;
      const seconds = holder && own ? (at.getTime() - holder.since.getTime()) / 1_000 : null;
      given = { actor, at, verdict, seconds, corrected: false };
    }
  }
  return given;
}

/** Items with the same key, in the order in which they first come. */
function groupsOf<T>(items: readonly T[], keyOf: (item: T) => string | number): T[][] {
  const groups = new Map<string | number, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return [...groups.values()];
}

function rowOf(verdicts: readonly { given: Given; chargeback: Label | null }[]): WorkloadRow {
  const { kind, id } = verdicts[0]!.given.actor;
  const latest = verdicts.reduce((a, b) => (b.given.at > a.given.at ? b : a));
  const times = verdicts.flatMap(({ given: { seconds } }) => (seconds === null ? [] : [seconds]));
  const contradicts = ({ given, chargeback }: { given: Given; chargeback: Label | null }): boolean =>
    chargeback !== null && chargeback !== given.verdict;
  const wrong = verdicts.filter((each) => each.given.corrected || contradicts(each)).length;
  return {
    ...{ kind, id, name: latest.given.actor.name },
    decided: verdicts.length,
    timed: times.length,
    medianSeconds: medianOf(times),
    corrected: verdicts.filter(({ given }) => given.corrected).length,
    contradicted: verdicts.filter(contradicts).length,
    stood: countedShare(verdicts.length - wrong, verdicts.length),
  };
}
