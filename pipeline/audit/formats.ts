import { csvCell } from "../../platform/process/csv/cell.ts";
import type { AuditEntry } from "./search.ts";

/** How the log leaves as a file. */
export const AUDIT_FORMATS = ["csv", "jsonl"] as const;
export type AuditFormat = (typeof AUDIT_FORMATS)[number];

export const AUDIT_CSV_HEADER = "audit_id,at,actor_kind,actor_id,actor_name,act,subject,detail,hash\r\n";

/** One entry, whole, as a line of JSON. */
export function auditJsonLine({ auditId, at, actor, act, subject, detail, hash }: AuditEntry): string {
  return `${JSON.stringify({ audit_id: auditId, at: at.toISOString(), actor, act, subject, detail, hash })}\n`;
}

/** One entry as a line of CSV (RFC 4180); the detail is JSON. */
export function auditCsvLine({ auditId, at, actor, act, subject, detail, hash }: AuditEntry): string {
  const cells = [auditId, at.toISOString(), actor.kind, actor.id, actor.name, act, subject];
  return `${[...cells, JSON.stringify(detail), hash].map(csvCell).join(",")}\r\n`;
}
