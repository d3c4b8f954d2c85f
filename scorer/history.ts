import { completeness } from "../features/online/marks.ts";
import { OnlineFeatures } from "../features/online/online-features.ts";
import { StateStore } from "../features/online/state-store.ts";
import { inTime } from "../platform/process/in-time.ts";
import type { Logger } from "../platform/process/logger.ts";
import { connectRedis } from "../platform/process/redis.ts";
import type { ScorerConfig } from "./config.ts";
import type { ModelCatalog } from "./scoring/model-catalog.ts";

/** What is known of the entities that models with a schema ask for. */
export interface History {
  readonly online: OnlineFeatures;
  /** Streams of the models that serve whose aggregates are not all that was recorded; NaN while nobody can say. */
  readonly incomplete: number;
  /** Asks how complete the aggregates of the models that serve are. */
  look(catalog: ModelCatalog): Promise<void>;
  close(): void;
}

const LOOK_LIMIT_MS = 1_000;
/** A new house's streams are complete from their first payment on: until then there is nothing to be told. */
const TOLD_AFTER_MS = 60_000;

/** Over Redis, where there is one: without, models with aggregates are served as if nothing were known, and it is said. */
export function openHistory(config: ScorerConfig, logger: Logger): History {
  const { REDIS_URL } = config;
  const redis =
    REDIS_URL === undefined ? undefined : connectRedis({ ...config, REDIS_URL }, "producer", logger);
  const store = redis && new StateStore(redis, config.REDIS_PREFIX);
  const online = new OnlineFeatures(store, { budgetMs: config.SCORER_FEATURES_MS, logger });
  let incomplete = 0;
  let since: number | undefined;
  let told = false;
  return {
    online,
    get incomplete() {
      return incomplete;
    },
    async look({ champion, challenger, shadows }) {
      const identities = new Set(
        [champion, challenger, ...shadows].flatMap((model) => model?.inputs.schema?.engine.identities ?? []),
      );
      if (identities.size === 0) incomplete = 0;
      else if (!store?.reachable) incomplete = Number.NaN;
      else {
        const found = await inTime(completeness(store, [...identities]), LOOK_LIMIT_MS).catch(
          () => undefined,
        );
        incomplete = found ? found.filter((state) => state !== "complete").length : Number.NaN;
      }
      if (!(incomplete > 0)) {
        since = undefined;
        told = false;
        return;
      }
      since ??= performance.now();
      if (!told && performance.now() - since >= TOLD_AFTER_MS) {
        told = true;
        logger.warn(
          { streams: incomplete },
          "aggregates lack what was recorded before: npm run features:rebuild",
        );
      }
    },
    close: () => redis?.disconnect(),
  };
}
