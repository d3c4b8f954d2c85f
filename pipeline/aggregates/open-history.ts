import type { PaymentRow } from "../../features/offline/payments.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { loadStoreConfig } from "../store/config.ts";
import type { Database } from "../store/schema.ts";
import { storedRows } from "./history.ts";

/** How often progress is said, milliseconds. */
const SAY_EVERY_MS = 2_000;

/** The store's history for a command line. */
export interface OpenHistory {
  readonly rows: AsyncIterable<readonly PaymentRow[]>;
  /** Says on stderr, now and then, how far it is. */
  onRows(taken: number): void;
  close(): Promise<void>;
}

/** Opens the payments of the store that `DATABASE_URL` names: {@link storedRows}. @throws ConfigError */
export function openHistory(): OpenHistory {
  const { DATABASE_URL } = configOrExit(loadStoreConfig);
  const db = openDatabase<Database>(DATABASE_URL, createLogger("history", "warn"), 2);
  let saidAt = performance.now();
  return {
    rows: storedRows(db),
    onRows(taken) {
      if (performance.now() - saidAt < SAY_EVERY_MS) return;
      saidAt = performance.now();
      process.stderr.write(`${taken.toLocaleString("en")} payments of the store\n`);
    },
    close: () => db.destroy(),
  };
}
