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

/**
 * A cell that a spreadsheet takes for text: what it would take for a formula gets an apostrophe in front (OWASP, CSV
 * injection), what has commas, quotes or line ends is quoted.
 */
export function csvCell(value: string | number): string {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
