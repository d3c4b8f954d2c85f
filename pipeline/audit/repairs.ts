import type { Actor } from "../../domain/actors.ts";
import type { OnRepair } from "../store/reconcile.ts";
import { appendAudit } from "./append.ts";

/** Differences that an entry names; it counts the rest. */
const NAMED = 10;

/** Writes into the audit log what is set right about counters, in the same transaction: an entry a day, one for the total. */
export function auditRepairs(actor: Actor): OnRepair {
  return async (trx, drift) => {
    const day = drift[0]?.day?.slice(0, 10);
    await appendAudit(trx, {
      ...{ actor, act: "counters.repaired", subject: day === undefined ? "counters" : `counters:${day}` },
      detail: { repaired: drift.length, first: drift.slice(0, NAMED) },
    });
  };
}
