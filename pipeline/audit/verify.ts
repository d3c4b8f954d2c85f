import type { Kysely } from "kysely";
import { CHAIN_START, chainFault } from "../../platform/process/hash-chain.ts";
import type { Database } from "../store/schema.ts";

const PAGE = 1_000;

/** What a walk along the audit log found. */
export interface AuditVerdict {
  /** Entries that fit, from the first on. */
  readonly sound: number;
  /** The first that does not, and why; undefined when all do and none is missing at the end. */
  readonly fault?: { readonly auditId: number; readonly why: string };
}

/**
 * Walks the chain, in pages; nothing is locked.
 *
 * @param latest only so many entries at the end, which then fit the one before them; from the start when absent
 */
export async function verifyAudit(db: Kysely<Database>, latest?: number): Promise<AuditVerdict> {
  // Read before the walk: what is appended meanwhile is beyond it.
  const head = await db.selectFrom("audit_head").select(["audit_id", "hash"]).executeTakeFirstOrThrow();
  let previous = CHAIN_START;
  let sound = 0;
  if (latest !== undefined && head.audit_id > latest) {
    sound = head.audit_id - latest;
    const before = await db
      .selectFrom("audit_log")
      .select("hash")
      .where("audit_id", "=", sound)
      .executeTakeFirst();
    if (!before) return { sound: sound - 1, fault: { auditId: sound, why: "is missing" } };
    previous = before.hash;
  }
  while (sound < head.audit_id) {
    const page = await db
      .selectFrom("audit_log")
      .selectAll()
      .where("audit_id", ">", sound)
      .where("audit_id", "<=", head.audit_id)
      .orderBy("audit_id")
      .limit(PAGE)
      .execute();
    if (page.length === 0) break;
    for (const { previous_hash, hash, ...entry } of page) {
      if (entry.audit_id !== sound + 1) return { sound, fault: { auditId: sound + 1, why: "is missing" } };
      const why = chainFault(previous, { entry, previous: previous_hash, hash });
      if (why !== undefined) return { sound, fault: { auditId: entry.audit_id, why } };
      previous = hash;
      sound = entry.audit_id;
    }
  }
  if (sound !== head.audit_id) return { sound, fault: { auditId: sound + 1, why: "is missing at the end" } };
  if (previous !== head.hash)
    return { sound, fault: { auditId: sound, why: "is not the end that was written down" } };
  return { sound };
}
