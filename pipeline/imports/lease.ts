import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely } from "kysely";
import { DomainError } from "../../platform/process/errors.ts";
import { giveUpLease, takeLease } from "../store/leases.ts";
import type { Database } from "../store/schema.ts";

const NAME = "import";
/** An import that died is followed after this, milliseconds. */
const LEASE_MS = 10_000;

/** The right to import: one at a time, because aggregates are made anew behind it. */
export interface ImportLease {
  /** @throws DomainError `conflict` when another has taken over */
  check(): void;
  giveUp(): Promise<void>;
}

/**
 * Waits for a little longer than one that died could have it.
 *
 * @param onWait told when somebody has it
 * @throws DomainError `conflict` when another import is under way
 */
export async function takeImportLease(db: Kysely<Database>, onWait: () => void): Promise<ImportLease> {
  const holder = randomUUID();
  const end = performance.now() + 1.5 * LEASE_MS;
  for (let said = false; !(await takeLease(db, NAME, holder, LEASE_MS)); said = true) {
    if (performance.now() > end) throw new DomainError("conflict", "another import is under way");
    if (!said) onWait();
    await sleep(500);
  }
  let lost = false;
  const renewal = setInterval(() => {
    takeLease(db, NAME, holder, LEASE_MS).then(
      (mine) => {
        lost ||= !mine;
      },
      // The next statement of the import says what is wrong with the database.
      () => {},
    );
  }, LEASE_MS / 3);
  return {
    check() {
      if (lost) throw new DomainError("conflict", "another import has taken over: start this one again");
    },
    async giveUp() {
      clearInterval(renewal);
      await giveUpLease(db, NAME, holder);
    },
  };
}
