import type { Kysely } from "kysely";
import type { Logger } from "../../platform/process/logger.ts";
import type { MessageOf } from "../outbox/messages.ts";
import type { StoredRates } from "../store/exchange-rates.ts";
import type { Database } from "../store/schema.ts";
import { type RecordedRange, raiseCriticalAmounts } from "./critical-amounts.ts";

/** What the outbox tells alerts, and what alerts do when they left it. Harmless when it happens twice. */
export interface AlertEffects {
  /** Decisions were recorded. */
  recorded(ranges: readonly RecordedRange[]): Promise<void>;
  /** An alert began, is over, or waits for too long: a line of the log, whoever else is told. */
  changed(message: MessageOf<"alert.changed">): void;
}

export interface AlertEffectDependencies {
  readonly db: Kysely<Database>;
  readonly logger: Logger;
  readonly rates: Pick<StoredRates, "current" | "refresh">;
  /** Messages may be due. */
  readonly nudge: () => void;
}

export function alertEffects({ db, logger, rates, nudge }: AlertEffectDependencies): AlertEffects {
  return {
    recorded: (ranges) => raiseCriticalAmounts(db, rates, ranges),
    changed({ alertId, event, severity, title, body }) {
      const about = { alert: alertId, event, severity, body };
      if (event === "resolved") logger.info(about, `over: ${title}`);
      else logger.warn(about, event === "escalated" ? `nobody has acknowledged: ${title}` : title);
      nudge();
    },
  };
}
