import type { Kysely } from "kysely";
import type { FeatureEngine } from "../../features/engine/engine.ts";
import { type Moved, moveAggregates } from "../../features/online/aggregates.ts";
import { completeness, markComplete } from "../../features/online/marks.ts";
import type { StateStore } from "../../features/online/state-store.ts";
import type { Logger } from "../../platform/process/logger.ts";
import type { StoredRates } from "../store/exchange-rates.ts";
import type { Database } from "../store/schema.ts";
import { hasImported } from "./imported-payments.ts";
import type { ServedSchemas } from "./served-schemas.ts";
import {
  paymentsAfter,
  paymentsIn,
  paymentsOf,
  type RecordedRange,
  type StoredPayment,
} from "./stored-payments.ts";

export interface AggregateDependencies {
  readonly db: Kysely<Database>;
  readonly store: StateStore;
  readonly schemas: Pick<ServedSchemas, "engines">;
  readonly logger: Logger;
  /** What the schemas' engines read amounts in other currencies by: what scorers know by now, is known here before. */
  readonly rates?: Pick<StoredRates, "refresh">;
  /** Told what became of payments and labels. */
  readonly onMoved?: (moved: Moved) => void;
}

/** What recorded payments and labels do to aggregates. Harmless when it happens twice; what is in the store counts. */
export interface AggregateEffects {
  /** Payments were recorded. */
  recorded(ranges: readonly RecordedRange[]): Promise<void>;
  /** Something new is known of payments. */
  labelled(transactionIds: readonly string[]): Promise<void>;
}

/** How often it is looked whether states are complete that nobody has called so, milliseconds. */
const ASK_AGAIN_MS = 60_000;

/** Aggregates of the schemas that serve; where none does, nothing is read. */
export function aggregateEffects(deps: AggregateDependencies): AggregateEffects {
  const { db, store, schemas, logger, rates, onMoved = () => {} } = deps;
  let askAgainAt = Number.NEGATIVE_INFINITY;

  const move = async (
    engines: readonly FeatureEngine[],
    payments: readonly StoredPayment[],
  ): Promise<void> => {
    if (payments.length === 0) return;
    await rates?.refresh();
    const identities = [...new Set(engines.flatMap((engine) => engine.identities))];
    const states = await completeness(store, identities);
    // A rebuild that is under way reads them from the store: after all that came before them.
    const building = new Set(identities.filter((_, i) => states[i] === "building"));
    const unknown = identities.filter((_, i) => states[i] === "unknown");
    if (unknown.length > 0 && performance.now() > askAgainAt) {
      askAgainAt = performance.now() + ASK_AGAIN_MS;
      await beginOrWarn(unknown, payments);
    }
    onMoved(await moveAggregates(store, engines, payments, building));
  };

  /** Where nothing was recorded before these payments, their aggregates are complete from the first on. */
  const beginOrWarn = async (
    identities: readonly string[],
    payments: readonly StoredPayment[],
  ): Promise<void> => {
    const [first] = await paymentsAfter(db, undefined, 1);
    const ids = new Set(payments.map(({ payment }) => payment.transactionId));
    if (first && ids.has(first.payment.transactionId) && !(await hasImported(db))) {
      await markComplete(store, identities);
    } else {
      logger.warn(
        { streams: identities.length },
        "aggregates lack what was recorded before: rebuild them, npm run features:rebuild",
      );
    }
  };

  return {
    async recorded(ranges) {
      const engines = await schemas.engines();
      if (engines.length > 0 && ranges.length > 0) await move(engines, await paymentsIn(db, ranges));
    },
    async labelled(transactionIds) {
      const engines = await schemas.engines();
      if (engines.length > 0) await move(engines, await paymentsOf(db, transactionIds));
    },
  };
}
