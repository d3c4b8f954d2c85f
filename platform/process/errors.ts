/**
 * The one vocabulary for failure. Rooms throw a {@link DomainError}; each transport maps its code once
 * (scorer/handlers/status.ts to gRPC, web/api/problem.ts to HTTP). `cause` is for the log and never sent out.
 */
export type ErrorCode =
  | "invalid_argument"
  | "unauthenticated"
  | "permission_denied"
  | "not_found"
  | "conflict"
  | "resource_exhausted"
  | "deadline_exceeded"
  | "cancelled"
  | "unavailable"
  | "internal";

/** One wrong field of a request: its path as the contract names it (`transaction.v[3]`) and what is wrong. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

export interface DomainErrorOptions {
  readonly cause?: unknown;
  readonly violations?: readonly FieldViolation[];
  /** When to try again, milliseconds from now; for `resource_exhausted` and `unavailable`. */
  readonly retryAfterMs?: number;
}

/** A failure with a meaning outside the process: its message may be shown to the caller. */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly code: ErrorCode;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: DomainErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.violations = options.violations ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Every throwable as a DomainError: itself, or `internal` with a message that gives nothing away. */
  static from(error: unknown): DomainError {
    if (error instanceof DomainError) return error;
    return new DomainError("internal", "internal error", { cause: error });
  }

  /** `invalid_argument` for the given fields; the message names the first and counts the rest. */
  static invalid(violations: readonly FieldViolation[]): DomainError {
    const first = violations[0];
    const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : "";
    const message = first ? `${first.field}: ${first.description}${more}` : "invalid request";
    return new DomainError("invalid_argument", message, { violations });
  }
}

/** The message of anything thrown, for logs and command lines. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of a failure of the system (`EACCES`), which gives no path away; "unknown" where there is none. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "unknown";
}
