/** What a failed database call means for the work that made it. */
export type DatabaseFailure =
  /** Not the work's fault: the same call may succeed later. */
  | "away"
  /** The data was refused: it never will. */
  | "refused"
  /** Neither is known. */
  | "unknown";

/** SQLSTATE classes and codes, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const AWAY = /^(08|53|57|58|40|55P03|25006|XX000)/;
const REFUSED = /^(22|23|54)/;
const SOCKET = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/;
/** node-postgres and its pool throw these without a code. */
const LOST =
  /connection terminated|connection ended|timeout exceeded when trying to connect|client has encountered a connection error|not queryable/i;

export function classifyDatabaseFailure(error: unknown): DatabaseFailure {
  if (!(error instanceof Error)) return "unknown";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (SOCKET.test(code) || AWAY.test(code) || LOST.test(error.message)) return "away";
  if (REFUSED.test(code)) return "refused";
  // Several addresses tried (localhost as IPv4 and IPv6), each refused.
  if (error instanceof AggregateError) return error.errors.every(isDatabaseAway) ? "away" : "unknown";
  return "unknown";
}

/** The database cannot be reached or asks to come back later. */
export function isDatabaseAway(error: unknown): boolean {
  return classifyDatabaseFailure(error) === "away";
}
