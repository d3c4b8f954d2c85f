import type { Queue } from "bullmq";
import type { RedisConnection } from "../../platform/process/redis.ts";
import type { AggregateEffects } from "../aggregates/move.ts";
import type { AlertEffects } from "../alerts/effects.ts";
import { publishLive } from "../live.ts";
import type { MessageKind, MessageOf, OutboxMessage } from "../outbox/messages.ts";
import type { Deliver } from "../outbox/relay.ts";
import type { SlaTimer } from "../queues.ts";
import { setTimers } from "./sla-timers.ts";

export interface EffectDependencies {
  readonly timers: Queue<SlaTimer>;
  readonly redis: RedisConnection;
  /** `REDIS_PREFIX` */
  readonly prefix: string;
  readonly alerts: AlertEffects;
  readonly aggregates: AggregateEffects;
  /** Puts dead letters into their queue again. */
  readonly redrive: (ids: readonly number[]) => Promise<void>;
  /** Writes what endpoints of webhooks are to be told. */
  readonly webhooks: (messages: readonly OutboxMessage[]) => Promise<void>;
}

/** What each kind of message does. All are harmless when they happen twice. */
type Effects = { readonly [K in MessageKind]: (messages: readonly MessageOf<K>[]) => Promise<void> };

/** Effects as a relay delivers them; a kind without one does not compile. */
export function createEffects({
  timers,
  redis,
  prefix,
  alerts,
  aggregates,
  redrive,
  webhooks,
}: EffectDependencies): Deliver {
  const effects: Effects = {
    "decisions.recorded": async (messages) => {
      await publishLive(redis, prefix, {
        type: "decisions",
        at: new Date().toISOString(),
        count: messages.reduce((sum, { count }) => sum + count, 0),
        flagged: messages.reduce((sum, { flagged }) => sum + flagged, 0),
      });
      const ranges = messages.flatMap(({ range }) => (range ? [range] : []));
      await aggregates.recorded(ranges);
      await alerts.recorded(ranges);
    },
    "label.given": async (messages) => {
      await aggregates.labelled(messages.map(({ transactionId }) => transactionId));
    },
    "dead_letters.redriven": async (messages) => {
      for (const { ids } of messages) await redrive(ids);
    },
    "case.opened": async (messages) => {
      await setTimers(
        timers,
        messages.map(({ caseId, dueAt }) => ({ caseId, dueAt: new Date(dueAt) })),
      );
    },
    "case.escalated": async (messages) => {
      for (const { at, caseId } of messages) {
        await publishLive(redis, prefix, { type: "review", at, caseId, event: "escalated", actor: "system" });
      }
    },
    "alert.changed": async (messages) => {
      for (const message of messages) {
        alerts.changed(message);
        await publishLive(redis, prefix, {
          ...{ type: "alert", at: new Date().toISOString(), alertId: message.alertId },
        });
      }
    },
    "review.changed": async (messages) => {
      for (const { at, caseId, event, actor } of messages) {
        await publishLive(redis, prefix, { type: "review", at, caseId, event, actor: actor.name });
      }
    },
  };
  const run = <K extends MessageKind>(kind: K, messages: readonly OutboxMessage[]): Promise<void> =>
    effects[kind](messages.filter((message): message is MessageOf<K> => message.kind === kind));
  return async (messages) => {
    // First: they are rows of the store, and must not wait for a Redis that is away.
    await webhooks(messages);
    await run(messages[0].kind, messages);
  };
}
